"""Every table, in one place.

Times are Unix seconds (UTC). A `sha` names an object: the SHA-256 of its bytes, in hex.
"""

import sqlalchemy as sa

metadata = sa.MetaData()

Time = sa.Double

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("update_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("body", sa.Text, comment="the update as JSON; empty once it is handled"),
    sa.Column("received_at", Time, nullable=False),
    sa.Column("done_at", Time),
    sa.Column("tries", sa.Integer, nullable=False, server_default="1", comment="processes that began with it"),
)

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
)

drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("user_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("thread_id", sa.BigInteger, primary_key=True, autoincrement=False, comment="0 outside topics"),
    sa.Column("portrait_sha", sa.String(64)),
    sa.Column("portrait_message_id", sa.BigInteger),
    sa.Column("portrait_used", sa.Boolean, nullable=False, comment="true once a render was made with it"),
    sa.Column("album_id", sa.String(64), comment="the album that the last photo came in"),
    sa.Column("album_notice_id", sa.BigInteger, comment="the answer to that album, edited as its photos are seen"),
    sa.Column("voice_sha", sa.String(64)),
    sa.Column("voice_message_id", sa.BigInteger),
    sa.Column("updated_at", Time, nullable=False),
)

verdicts = sa.Table(
    "verdicts",
    metadata,
    sa.Column("sha", sa.String(64), primary_key=True),
    sa.Column("ratio", sa.String(8), primary_key=True),
    sa.Column("passed", sa.Boolean, nullable=False),
    sa.Column("face_box", sa.JSON),
    sa.Column("ext_box", sa.JSON),
    sa.Column("code", sa.String(64)),
    sa.Column("message", sa.Text),
    sa.Column("decided_at", Time, nullable=False),
)

renders = sa.Table(
    "renders",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("origin", sa.String(128), nullable=False, unique=True, comment="what asked for it; asking twice is once"),
    sa.Column("chat_id", sa.BigInteger, nullable=False),
    sa.Column("user_id", sa.BigInteger, nullable=False),
    sa.Column("thread_id", sa.BigInteger, nullable=False),
    sa.Column("voice_message_id", sa.BigInteger, nullable=False),
    sa.Column("portrait_sha", sa.String(64), nullable=False),
    sa.Column("voice_sha", sa.String(64), nullable=False),
    sa.Column("ratio", sa.String(8), nullable=False),
    sa.Column("style", sa.String(16), nullable=False),
    sa.Column("stage", sa.String(16), nullable=False),
    sa.Column("trouble", sa.String(32), comment="why it takes longer than it should, while it does"),
    sa.Column("reason", sa.String(64), comment="why it ended without a video"),
    sa.Column("opening", sa.Text, comment="what the card says above all else, for as long as it stands"),
    sa.Column("card_message_id", sa.BigInteger),
    sa.Column("image_link", sa.String(64)),
    sa.Column("audio_link", sa.String(64)),
    sa.Column("submit_intent_at", Time, comment="written before the paid call"),
    sa.Column("task_id", sa.String(128), unique=True),
    sa.Column("failed_tasks", sa.Integer, nullable=False, server_default="0", comment="tasks that failed unpaid"),
    sa.Column("task_state", sa.String(32)),
    sa.Column("task_submitted_at", Time),
    sa.Column("task_started_at", Time),
    sa.Column("task_ended_at", Time),
    sa.Column("video_url", sa.Text),
    sa.Column("video_sha", sa.String(64)),
    sa.Column("video_seconds", sa.Double),
    sa.Column("video_file_id", sa.String(256)),
    sa.Column("video_message_id", sa.BigInteger),
    sa.Column("cancel_asked_at", Time),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("ended_at", Time),
    sa.Index("renders_open", "ended_at", "created_at"),
    sa.Index("renders_same", "portrait_sha", "voice_sha", "ratio", "style"),
    sa.Index("renders_chat", "chat_id", "user_id"),
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
    sa.Index("links_expiry", "expires_at"),
)

ledger = sa.Table(
    "ledger",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("kind", sa.String(16), nullable=False, comment="detect (an image) or video (seconds)"),
    sa.Column("reference", sa.String(160), nullable=False, unique=True, comment="what was paid; paid once"),
    sa.Column("chat_id", sa.BigInteger),
    sa.Column("quantity", sa.String(32), nullable=False, comment="images or seconds, as a decimal"),
    sa.Column("amount", sa.String(32), nullable=False, comment="CNY, as a decimal"),
    sa.Column("at", Time, nullable=False),
)
