"""Every table, in one place.

Times are Unix seconds (UTC). A `sha` names an object: the SHA-256 of its bytes, in hex.
"""

from typing import Any

import sqlalchemy as sa

metadata = sa.MetaData()

Time = sa.Double

CHAT, PERSON, OWNER, FILE = {"names": "chat"}, {"names": "person"}, {"names": "owner"}, {"names": "file"}
"""The `info` of a column that names a chat, a person, whose face or voice it is, or a file that is kept for as long as
the row is.

A chat's column may hold a person's id, which is also that of the private chat. A person's may hold a group's id: an
anonymous admin speaks in the group's name.
"""

BY_ITSELF = {"forget": "by itself"}
"""The `info` of a table that `storage.forget` handles separately: it holds files, updates or money."""


def columns_naming(*what: dict[str, str], table: sa.Table | None = None) -> list[sa.Column[Any]]:
    """Return the columns that name a chat, a person, an owner or a file; of one table, or of all."""
    tables = metadata.sorted_tables if table is None else [table]
    return [column for each in tables for column in each.c if column.info in what]


inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("update_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("body", sa.Text, comment="the update as JSON; empty once it is handled"),
    sa.Column("received_at", Time, nullable=False),
    sa.Column("done_at", Time),
    sa.Column("tries", sa.Integer, nullable=False, server_default="1", comment="processes that began with it"),
    info=BY_ITSELF,
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
    info=BY_ITSELF,
)

drafts = sa.Table(
    "drafts",
    metadata,
    sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False, info=CHAT),
    sa.Column("user_id", sa.BigInteger, primary_key=True, autoincrement=False, info=PERSON),
    sa.Column("thread_id", sa.BigInteger, primary_key=True, autoincrement=False, comment="0 outside topics"),
    sa.Column("portrait_sha", sa.String(64), info=FILE),
    sa.Column("portrait_file", sa.String(64), comment="Telegram's file_unique_id of the photo as it was sent"),
    sa.Column("portrait_owner_id", sa.BigInteger, comment="whose face it is; empty: a presenter's", info=OWNER),
    sa.Column("portrait_message_id", sa.BigInteger),
    sa.Column("portrait_used", sa.Boolean, nullable=False, comment="true once a render was made with it"),
    sa.Column("album_id", sa.String(64), comment="the album that the last photo came in"),
    sa.Column("album_notice_id", sa.BigInteger, comment="the answer to that album, edited as its photos are seen"),
    sa.Column("voice_sha", sa.String(64), info=FILE),
    sa.Column("voice_file", sa.String(64), comment="Telegram's file_unique_id of the voice as it was sent"),
    sa.Column("voice_owner_id", sa.BigInteger, comment="whose voice it is", info=OWNER),
    sa.Column("voice_message_id", sa.BigInteger),
    sa.Column("updated_at", Time, nullable=False),
)

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
    sa.Column("task_id", sa.String(128), unique=True, comment="the service's"),
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
    info=BY_ITSELF,
)

ledger = sa.Table(
    "ledger",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("kind", sa.String(16), nullable=False, comment="detect (an image) or video (seconds)"),
    sa.Column("reference", sa.String(160), nullable=False, unique=True, comment="what was paid; paid once"),
    sa.Column("day", sa.String(10), nullable=False, server_default="", comment="of the order, where the operator is"),
    sa.Column("person", sa.String(64), comment="a keyed hash of who asked for it"),
    sa.Column("chat", sa.String(64), comment="a keyed hash of where"),
    sa.Column("account", sa.String(64), nullable=False, server_default="default"),
    sa.Column("engine", sa.String(16), nullable=False, server_default="emo"),
    sa.Column("model", sa.String(64), nullable=False, server_default="emo-v1"),
    sa.Column("quantity", sa.String(32), nullable=False, comment="images or seconds, as a decimal"),
    sa.Column("amount", sa.String(32), nullable=False, comment="CNY, as a decimal"),
    sa.Column("at", Time, nullable=False),
    sa.Index("ledger_days", "day"),
    info=BY_ITSELF,
)

counts = sa.Table(
    "counts",
    metadata,
    sa.Column("kind", sa.String(16), primary_key=True, comment="what is counted, against which limit"),
    sa.Column("who", sa.String(64), primary_key=True, comment="a keyed hash of a person or a chat; empty: all"),
    sa.Column("period", sa.String(10), primary_key=True, comment="a day or a month, where the operator is"),
    sa.Column("used", sa.BigInteger, nullable=False, comment="files, bytes, or billionths of a CNY"),
    info=BY_ITSELF,
)

reservations = sa.Table(
    "reservations",
    metadata,
    sa.Column("reference", sa.String(160), primary_key=True, comment="what may be paid: a look's, or RENDER:PART:TRY"),
    sa.Column("render_id", sa.String(32), comment="of a part that is not ordered yet"),
    sa.Column("day", sa.String(10), nullable=False, comment="whose budgets it is taken from"),
    sa.Column("person", sa.String(64), comment="a keyed hash; empty: somebody who speaks as a chat"),
    sa.Column("chat", sa.String(64), nullable=False, comment="a keyed hash"),
    sa.Column("units", sa.BigInteger, nullable=False, comment="billionths of a CNY that it costs at most"),
    sa.Column("at", Time, nullable=False),
    sa.Index("reservations_render", "render_id"),
    info=BY_ITSELF,
)

access = sa.Table(
    "access",
    metadata,
    sa.Column("who", sa.String(64), primary_key=True, comment="a keyed hash of a person or a chat"),
    sa.Column("state", sa.String(16), nullable=False, comment="asked, allowed, refused or blocked"),
    sa.Column("at", Time, nullable=False),
    info=BY_ITSELF,
)

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("cause", sa.String(64), primary_key=True),
    sa.Column("detail", sa.String(256), nullable=False, server_default=""),
    sa.Column("since", Time, nullable=False),
    sa.Column("told_at", Time, comment="when the admins were told"),
    info=BY_ITSELF,
)

switches = sa.Table(
    "switches",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True, comment="on while the row is there: `paused`"),
    sa.Column("at", Time, nullable=False),
    info=BY_ITSELF,
)

broadcasts = sa.Table(
    "broadcasts",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("admin_id", sa.BigInteger, nullable=False, comment="who sends it", info=PERSON),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False, comment="preview, sending, stopped or done"),
    sa.Column("notice_id", sa.BigInteger, comment="the message that tells its admin how far it is"),
    sa.Column("sent", sa.Integer, nullable=False, server_default="0"),
    sa.Column("failed", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", Time, nullable=False),
)

broadcast_chats = sa.Table(
    "broadcast_chats",
    metadata,
    sa.Column("broadcast_id", sa.String(32), primary_key=True),
    sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False, comment="still to be told", info=CHAT),
)

chats = sa.Table(
    "chats",
    metadata,
    sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False, info=CHAT),
    sa.Column("language", sa.String(8), comment="empty: each person's own"),
    sa.Column("ratio", sa.String(8), nullable=False, server_default="1:1"),
    sa.Column("style", sa.String(16), nullable=False, server_default="normal"),
    sa.Column(
        "shape",
        sa.String(16),
        key="video_format",
        nullable=False,
        server_default="video",
        comment="video, round, sticker or loop",
    ),
    sa.Column("who", sa.String(16), nullable=False, server_default="all", comment="all or admins"),
    sa.Column("consent", sa.Boolean, nullable=False, server_default=sa.true(), comment="whose photo it is, is asked"),
    sa.Column("told_at", Time, comment="when the chat was told what becomes of files"),
)

people = sa.Table(
    "people",
    metadata,
    sa.Column("user_id", sa.BigInteger, primary_key=True, autoincrement=False, info=PERSON),
    sa.Column("opted_out_at", Time, comment="of older versions: moved to opt_outs at the start"),
    sa.Column("told_at", Time, comment="when the person was told what becomes of files"),
)

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

cast = sa.Table(
    "cast",
    metadata,
    sa.Column(
        "chat_id",
        sa.BigInteger,
        primary_key=True,
        autoincrement=False,
        comment="0: a presenter, for everybody",
        info=CHAT,
    ),
    sa.Column("key", sa.String(64), primary_key=True, comment="the name without case, by which it is found"),
    sa.Column("name", sa.String(64), nullable=False),
    sa.Column("portrait_sha", sa.String(64), nullable=False, info=FILE),
    sa.Column("portrait_file", sa.String(64), comment="Telegram's file_unique_id of the photo as it was sent"),
    sa.Column("portrait_owner_id", sa.BigInteger, comment="whose face it is; empty: a presenter's", info=OWNER),
    sa.Column("user_id", sa.BigInteger, nullable=False, comment="who saved it", info=PERSON),
    sa.Column("created_at", Time, nullable=False),
)

duets = sa.Table(
    "duets",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("chat_id", sa.BigInteger, nullable=False, info=CHAT),
    sa.Column("user_id", sa.BigInteger, nullable=False, info=PERSON),
    sa.Column("thread_id", sa.BigInteger, nullable=False),
    sa.Column("layout", sa.String(16), nullable=False, comment="side (by side) or turn"),
    sa.Column("first_portrait_sha", sa.String(64), nullable=False, info=FILE),
    sa.Column("first_portrait_file", sa.String(64), comment="Telegram's file_unique_id of the photo as it was sent"),
    sa.Column("first_portrait_owner_id", sa.BigInteger, comment="whose face it is; empty: a presenter's", info=OWNER),
    sa.Column("second_portrait_sha", sa.String(64), nullable=False, info=FILE),
    sa.Column("second_portrait_file", sa.String(64), comment="Telegram's file_unique_id of the photo as it was sent"),
    sa.Column("second_portrait_owner_id", sa.BigInteger, comment="whose face it is; empty: a presenter's", info=OWNER),
    sa.Column("first_name", sa.String(64), nullable=False),
    sa.Column("second_name", sa.String(64), nullable=False),
    sa.Column("first_voice_sha", sa.String(64), info=FILE),
    sa.Column("first_voice_file", sa.String(64), comment="Telegram's file_unique_id of the voice as it was sent"),
    sa.Column("first_voice_owner_id", sa.BigInteger, comment="whose voice it is", info=OWNER),
    sa.Column("first_message_id", sa.BigInteger, comment="the first voice's"),
    sa.Column("second_voice_sha", sa.String(64), info=FILE),
    sa.Column("second_voice_file", sa.String(64), comment="Telegram's file_unique_id of the voice as it was sent"),
    sa.Column("second_voice_owner_id", sa.BigInteger, comment="whose voice it is", info=OWNER),
    sa.Column("second_message_id", sa.BigInteger),
    sa.Column("language", sa.String(8), nullable=False, server_default="en"),
    sa.Column("created_at", Time, nullable=False),
    sa.Column("ended_at", Time),
    sa.Index("duets_person", "chat_id", "user_id"),
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

showings = sa.Table(
    "showings",
    metadata,
    sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False, info=CHAT),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False, comment="of the message in the chat"),
    sa.Column("render_id", sa.String(32), primary_key=True, comment="whose video it shows, in whatever format"),
    sa.Column("shown_at", Time, nullable=False),
    sa.Index("showings_render", "render_id"),
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

business_connections = sa.Table(
    "business_connections",
    metadata,
    sa.Column("id", sa.String(128), primary_key=True),
    sa.Column("user_id", sa.BigInteger, nullable=False, comment="whose account it is", info=PERSON),
    sa.Column(
        "user_chat_id", sa.BigInteger, nullable=False, comment="that person's private chat with the bot", info=CHAT
    ),
    sa.Column("may_reply", sa.Boolean, nullable=False),
    sa.Column("enabled", sa.Boolean, nullable=False),
    sa.Column("language", sa.String(8), comment="the owner's"),
)

business_answers = sa.Table(
    "business_answers",
    metadata,
    sa.Column("agent_chat_id", sa.BigInteger, primary_key=True, autoincrement=False, info=CHAT),
    sa.Column("notice_id", sa.BigInteger, primary_key=True, autoincrement=False, comment="answered by a reply to it"),
    sa.Column("connection_id", sa.String(128), nullable=False),
    sa.Column("customer_chat_id", sa.BigInteger, nullable=False, info=CHAT),
    sa.Column("customer_name", sa.String(128), nullable=False),
    sa.Column("customer_language", sa.String(8)),
    sa.Column("customer_message_id", sa.BigInteger, nullable=False),
    sa.Column("voice_message_id", sa.BigInteger, comment="the agent's answer, of which a preview is made"),
    sa.Column("sent_message_id", sa.BigInteger, comment="what went to the customer; 0 while nobody knows"),
    sa.Column("created_at", Time, nullable=False),
)

strange_tasks = sa.Table(
    "strange_tasks",
    metadata,
    sa.Column("task_id", sa.String(128), primary_key=True, comment="listed by the service, of no render of ours"),
    sa.Column("link", sa.String(64), nullable=False, comment="the audio link of the lost submit it was first seen for"),
    sa.Column("seen_at", Time, nullable=False),
    info=BY_ITSELF,
)

announcements = sa.Table(
    "announcements",
    metadata,
    sa.Column("what", sa.String(64), primary_key=True, comment="such as `commands:en`"),
    sa.Column("fingerprint", sa.String(64), nullable=False, comment="of the bot, and of what it told Telegram"),
    info=BY_ITSELF,
)
