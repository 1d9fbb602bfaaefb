"""Whose face and voice it is, and who may use them."""

import sqlalchemy as sa

from storage.tables.metadata import BY_ITSELF, CHAT, OWNER, PERSON, Time, metadata

consents = sa.Table(
    "consents",
    metadata,
    sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False, info=CHAT),
    sa.Column("file", sa.String(64), primary_key=True, comment="Telegram's file_unique_id of a photo or a voice"),
    sa.Column(
        "owner_id",
        sa.BigInteger,
        primary_key=True,
        autoincrement=False,
        comment="who is asked",
        info=OWNER,
    ),
    sa.Column("kind", sa.String(8), nullable=False, comment="photo or voice"),
    sa.Column("question", sa.String(64), nullable=False, comment="by which buttons call it; several files share one"),
    sa.Column("answer", sa.String(8), comment="allow or no; vouched, where the owner cannot be asked"),
    sa.Column("asked_at", Time, nullable=False),
    sa.Column("sent_at", Time, comment="when the question was sent; empty: a kill came between"),
    sa.Column("message_id", sa.BigInteger, comment="of the question, in its chat"),
    sa.Index("consents_question", "chat_id", "question"),
)

wishes = sa.Table(
    "wishes",
    metadata,
    sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False, info=CHAT),
    sa.Column("question", sa.String(64), primary_key=True, comment="that must be answered first"),
    sa.Column(
        "asker_id", sa.BigInteger, primary_key=True, autoincrement=False, comment="who wants to use it", info=PERSON
    ),
    sa.Column("body", sa.Text, nullable=False, comment="the update that wants it, as JSON, handled again then"),
    sa.Column("wished_at", Time, nullable=False),
)

sightings = sa.Table(
    "sightings",
    metadata,
    sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False, info=CHAT),
    sa.Column("file", sa.String(64), primary_key=True, comment="Telegram's file_unique_id of a photo or a voice"),
    sa.Column("owner_id", sa.BigInteger, nullable=False, comment="who posted it first here", info=OWNER),
    sa.Column("message_id", sa.BigInteger, nullable=False, comment="in which they did"),
    sa.Column("seen_at", Time, nullable=False),
)

refusals = sa.Table(
    "refusals",
    metadata,
    sa.Column("mark", sa.String(64), primary_key=True, comment="keyed hash of what nobody else may use"),
    sa.Column("owner", sa.String(64), nullable=False, comment="keyed hash of who said no"),
    sa.Column("refused_at", Time, nullable=False),
    sa.Index("refusals_owner", "owner"),
    info=BY_ITSELF,
)

likenesses = sa.Table(
    "likenesses",
    metadata,
    sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False, info=CHAT),
    sa.Column("owner_id", sa.BigInteger, primary_key=True, autoincrement=False, comment="who said no", info=OWNER),
    sa.Column("likeness", sa.String(16), primary_key=True, comment="of the refused picture, by its look; in hex"),
    sa.Column("refused_at", Time, nullable=False),
)

opt_outs = sa.Table(
    "opt_outs",
    metadata,
    sa.Column("person", sa.String(64), primary_key=True, comment="keyed hash of somebody whom nobody else may use"),
    sa.Column("since", Time, nullable=False),
    info=BY_ITSELF,
)
