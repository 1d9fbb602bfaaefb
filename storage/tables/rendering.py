"""A render, its parts and tasks, and what was found out about pictures."""

import sqlalchemy as sa

from storage.tables.metadata import BY_ITSELF, CHAT, FILE, OWNER, PERSON, Time, metadata

renders = sa.Table(
    "renders",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("origin", sa.String(128), nullable=False, unique=True, comment="what asked for it; asking twice is once"),
    sa.Column("chat_id", sa.BigInteger, nullable=False, info=CHAT),
    sa.Column("user_id", sa.BigInteger, nullable=False, info=PERSON),
    sa.Column("thread_id", sa.BigInteger, nullable=False),
    sa.Column("voice_message_id", sa.BigInteger, nullable=False),
    sa.Column("portrait_sha", sa.String(64), nullable=False, info=FILE),
    sa.Column("portrait_file", sa.String(64), comment="Telegram's file_unique_id of the photo as it was sent"),
    sa.Column("portrait_owner_id", sa.BigInteger, comment="whose face it is; empty: a presenter's", info=OWNER),
    sa.Column("voice_sha", sa.String(64), nullable=False, info=FILE),
    sa.Column("voice_file", sa.String(64), comment="Telegram's file_unique_id of the voice as it was sent"),
    sa.Column("voice_owner_id", sa.BigInteger, comment="whose voice it is", info=OWNER),
    sa.Column("engine", sa.String(16), nullable=False, server_default="emo", comment="that is asked for the video"),
    sa.Column("model", sa.String(64), nullable=False, server_default="emo-v1", comment="by the service's name"),
    sa.Column("ratio", sa.String(8), nullable=False),
    sa.Column("style", sa.String(16), nullable=False),
    sa.Column("resolution", sa.String(8), nullable=False, server_default=""),
    sa.Column("language", sa.String(8), nullable=False, server_default="en", comment="in which it is spoken of"),
    sa.Column("mark", sa.String(16), nullable=False, server_default="", comment="in the picture: start:zh"),
    sa.Column("parts", sa.Integer, nullable=False, server_default="1", comment="of its voice, each a task of its own"),
    sa.Column("asked_price", sa.String(32), comment="CNY that the person is asked about, if so; a decimal"),
    sa.Column("agreed_at", Time, comment="when the person said yes to its price, if that was asked"),
    sa.Column("owner", sa.String(64), comment="the process that leads it"),
    sa.Column("epoch", sa.Integer, nullable=False, server_default="0", comment="how often it found an owner"),
    sa.Column("stage", sa.String(16), nullable=False),
    sa.Column("trouble", sa.String(32), comment="why it takes longer than it should, while it does"),
    sa.Column("trouble_since", Time, comment="since when it is in trouble, by whatever name"),
    sa.Column("reason", sa.String(64), comment="why it ended without a video"),
    sa.Column("opening", sa.Text, comment="what the card says above all else, for as long as it stands"),
    sa.Column("card_message_id", sa.BigInteger),
    sa.Column("video_sha", sa.String(64), info=FILE),
    sa.Column("video_seconds", sa.Double),
    sa.Column("video_file_id", sa.String(256)),
    sa.Column("video_message_id", sa.BigInteger),
    sa.Column("cancel_asked_at", Time),
    sa.Column("restored_at", Time, comment="when it came back with a backup; what became of it since, nobody knows"),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("ended_at", Time),
    sa.Index("renders_open", "ended_at", "created_at"),
    sa.Index("renders_same", "portrait_sha", "voice_sha", "ratio", "style"),
    sa.Index("renders_chat", "chat_id", "user_id"),
)
OWNED = renders.c.owner.is_not(None)
"""Somebody leads it, or did until now: from its turn until all is tidied up after it."""
sa.Index("renders_owner", renders.c.owner, sqlite_where=OWNED, postgresql_where=OWNED)

ASKING, QUEUED = (sa.literal_column(f"'{stage}'", sa.String) for stage in ("asking", "queued"))
"""Stages of a render that has not begun, as they stand in the indexes: of other words these would not be used."""


def is_at_work(table: sa.FromClause) -> sa.ColumnElement[bool]:
    """Match renders that have begun, and have not ended."""
    return sa.and_(table.c.ended_at.is_(None), table.c.stage.not_in([ASKING, QUEUED]))


WAITS = sa.and_(renders.c.ended_at.is_(None), renders.c.stage == QUEUED)
AT_WORK = is_at_work(renders)
sa.Index("renders_waiting", renders.c.created_at, renders.c.id, sqlite_where=WAITS, postgresql_where=WAITS)
sa.Index("renders_at_work", renders.c.chat_id, sqlite_where=AT_WORK, postgresql_where=AT_WORK)

voice_parts = sa.Table(
    "voice_parts",
    metadata,
    sa.Column("render_id", sa.String(32), primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True, autoincrement=False, comment="counted from 1"),
    sa.Column("chat_id", sa.BigInteger, nullable=False, info=CHAT),
    sa.Column("user_id", sa.BigInteger, nullable=False, info=PERSON),
    sa.Column("voice_sha", sa.String(64), nullable=False, info=FILE),
)

tasks = sa.Table(
    "tasks",
    metadata,
    sa.Column("render_id", sa.String(32), primary_key=True),
    sa.Column("part", sa.Integer, primary_key=True, autoincrement=False, comment="of the voice, counted from 1"),
    sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False, comment="counted from 1 for each part"),
    sa.Column("account", sa.String(64), nullable=False, comment="whose key it was ordered with"),
    sa.Column("engine", sa.String(16), nullable=False),
    sa.Column("model", sa.String(64), nullable=False),
    sa.Column("second_price", sa.String(32), nullable=False, comment="CNY, a decimal, as it was when ordered"),
    sa.Column("image_link", sa.String(64)),
    sa.Column("audio_link", sa.String(64)),
    sa.Column("intent_at", Time, nullable=False, comment="written before the paid call"),
    sa.Column("judging_since", Time, comment="since when nobody knows whether the service took it"),
    sa.Column("task_id", sa.String(512), unique=True, comment="the service's"),
    sa.Column("state", sa.String(32), comment="the service's word, or NOT_TAKEN"),
    sa.Column("submitted_at", Time),
    sa.Column("started_at", Time),
    sa.Column("worked_until", Time, comment="when the service had the video ready"),
    sa.Column("ended_at", Time, comment="when it brought a video, or was known not to"),
    sa.Column("video_url", sa.Text),
    sa.Column("video_seconds", sa.Double),
    sa.Index("tasks_worked", "worked_until"),
    sa.Index("tasks_image_links", "image_link"),
    sa.Index("tasks_audio_links", "audio_link"),
    info=BY_ITSELF,
)
OPEN_SUBMIT = sa.and_(tasks.c.task_id.is_(None), tasks.c.judging_since.is_(None), tasks.c.ended_at.is_(None))
"""An intent whose answer may be on its way: one at a time for each account."""
sa.Index("tasks_open_submit", tasks.c.account, unique=True, sqlite_where=OPEN_SUBMIT, postgresql_where=OPEN_SUBMIT)

verdicts = sa.Table(
    "verdicts",
    metadata,
    sa.Column("sha", sa.String(64), primary_key=True),
    sa.Column("ratio", sa.String(8), primary_key=True, comment="empty where the picture keeps its own"),
    sa.Column("model", sa.String(64), primary_key=True, comment="that looked at it"),
    sa.Column("passed", sa.Boolean, nullable=False),
    sa.Column("face_box", sa.JSON),
    sa.Column("ext_box", sa.JSON),
    sa.Column("code", sa.String(64)),
    sa.Column("message", sa.Text),
    sa.Column("decided_at", Time, nullable=False),
    info=BY_ITSELF,
)

strange_tasks = sa.Table(
    "strange_tasks",
    metadata,
    sa.Column("task_id", sa.String(512), primary_key=True, comment="listed by the service, of no render of ours"),
    sa.Column("link", sa.String(64), nullable=False, comment="the audio link of the lost submit it was first seen for"),
    sa.Column("seen_at", Time, nullable=False),
    info=BY_ITSELF,
)
