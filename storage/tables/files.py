"""The files that the bot keeps, the links to them, and what Telegram keeps of them."""

import sqlalchemy as sa

from storage.tables.metadata import BY_ITSELF, CHAT, OWNER, PERSON, Time, metadata

objects = sa.Table(
    "objects",
    metadata,
    sa.Column("sha", sa.String(64), primary_key=True),
    sa.Column("extension", sa.String(8), nullable=False),
    sa.Column("kind", sa.String(16), nullable=False, comment="portrait, voice or video"),
    sa.Column("size", sa.BigInteger, nullable=False),
    sa.Column("width", sa.Integer),
    sa.Column("height", sa.Integer),
    sa.Column("seconds", sa.Double),
    sa.Column("used_at", Time, nullable=False),
    info=BY_ITSELF,
)

links = sa.Table(
    "links",
    metadata,
    sa.Column("key", sa.String(64), primary_key=True),
    sa.Column("sha", sa.String(64), nullable=False),
    sa.Column("extension", sa.String(8), nullable=False),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("expires_at", Time, nullable=False),
    sa.Column("revoked_at", Time),
    sa.Column("fetched_at", Time, comment="when somebody first got bytes through it"),
    sa.Column("owner", sa.String(64), comment="the machine that made it"),
    sa.Index("links_expiry", "expires_at"),
    info=BY_ITSELF,
)

formats = sa.Table(
    "shapes",
    metadata,
    sa.Column("render_id", sa.String(32), primary_key=True),
    sa.Column("shape", sa.String(16), key="video_format", primary_key=True),
    sa.Column("file_id", sa.String(256), nullable=False, comment="by which Telegram sends it again for nothing"),
    sa.Column("made_at", Time, nullable=False),
    info=BY_ITSELF,
)

stickers = sa.Table(
    "stickers",
    metadata,
    sa.Column("file_id", sa.String(256), primary_key=True, comment="by which Telegram takes it out of its set"),
    sa.Column("chat_id", sa.BigInteger, nullable=False, comment="whose set it stands in; 0 once it must go", info=CHAT),
    sa.Column("portrait_owner_id", sa.BigInteger, comment="whose face it shows", info=OWNER),
    sa.Column("made_at", Time, nullable=False),
    info=BY_ITSELF,
)

sticker_sets = sa.Table(
    "sticker_sets",
    metadata,
    sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False, info=CHAT),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column(
        "owner_id", sa.BigInteger, nullable=False, comment="the person in whose name Telegram keeps it", info=PERSON
    ),
    sa.Column("created_at", Time, nullable=False),
)

showings = sa.Table(
    "showings",
    metadata,
    sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False, info=CHAT),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False, comment="of the message in the chat"),
    sa.Column("render_id", sa.String(32), primary_key=True, comment="whose video it shows, in whatever format"),
    sa.Column("shown_at", Time, nullable=False),
    sa.Index("showings_render", "render_id"),
)
