"""What comes in, and what a chat or a person is known by."""

import sqlalchemy as sa

from storage.tables.metadata import BY_ITSELF, CHAT, FILE, OWNER, PERSON, Time, metadata

inbox = sa.Table(
    "inbox",
    metadata,
    sa.Column("update_id", sa.BigInteger, primary_key=True, autoincrement=False),
    sa.Column("body", sa.Text, comment="the update as JSON; empty once it is handled"),
    sa.Column("received_at", Time, nullable=False),
    sa.Column("done_at", Time),
    sa.Column("tries", sa.Integer, nullable=False, server_default="1", comment="processes that began with it"),
    sa.Column("turn", sa.String(64), comment="whose updates take turns; empty once it is handled"),
    sa.Column("owner", sa.String(64), comment="the machine that has it in hand"),
    info=BY_ITSELF,
)
UNDONE = inbox.c.done_at.is_(None)
sa.Index("inbox_undone", inbox.c.turn, inbox.c.update_id, sqlite_where=UNDONE, postgresql_where=UNDONE)

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
    sa.Column("used_at", Time, comment="when a video was last asked for with it"),
)

name_questions = sa.Table(
    "name_questions",
    metadata,
    sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False, info=CHAT),
    sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False, comment="of the message that asks"),
    sa.Column("user_id", sa.BigInteger, nullable=False, comment="who is asked", info=PERSON),
    sa.Column("key", sa.String(64), comment="of the face that gets another name; empty: a new one"),
    sa.Column("portrait_sha", sa.String(64), comment="of a new face", info=FILE),
    sa.Column("portrait_file", sa.String(64), comment="Telegram's file_unique_id of the photo as it was sent"),
    sa.Column("portrait_owner_id", sa.BigInteger, comment="whose face it is; empty: a presenter's", info=OWNER),
    sa.Column("asked_at", Time, nullable=False),
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
