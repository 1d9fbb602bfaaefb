"""What people and groups keep: choices, consents, the cast, duets, shapes, business answers, intake."""

import sqlalchemy as sa
from alembic import op

revision = "0002"
down_revision = "0001"


def upgrade() -> None:
    op.create_table(
        "business_answers",
        sa.Column("agent_chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "notice_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="answered by a reply to it"
        ),
        sa.Column("connection_id", sa.String(length=128), nullable=False),
        sa.Column("customer_chat_id", sa.BigInteger(), nullable=False),
        sa.Column("customer_name", sa.String(length=128), nullable=False),
        sa.Column("customer_language", sa.String(length=8), nullable=True),
        sa.Column("customer_message_id", sa.BigInteger(), nullable=False),
        sa.Column(
            "voice_message_id", sa.BigInteger(), nullable=True, comment="the agent's answer, of which a preview is made"
        ),
        sa.Column(
            "sent_message_id", sa.BigInteger(), nullable=True, comment="what went to the customer; 0 while nobody knows"
        ),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("agent_chat_id", "notice_id"),
    )
    op.create_table(
        "business_connections",
        sa.Column("id", sa.String(length=128), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False, comment="whose account it is"),
        sa.Column("user_chat_id", sa.BigInteger(), nullable=False, comment="that person's private chat with the bot"),
        sa.Column("may_reply", sa.Boolean(), nullable=False),
        sa.Column("enabled", sa.Boolean(), nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True, comment="the owner's"),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_table(
        "cast",
        sa.Column(
            "chat_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="0: a presenter, for everybody"
        ),
        sa.Column("key", sa.String(length=64), nullable=False, comment="the name without case, by which it is found"),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("portrait_sha", sa.String(length=64), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False, comment="who saved it"),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "key"),
    )
    op.create_table(
        "chats",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("language", sa.String(length=8), nullable=True, comment="empty: each person's own"),
        sa.Column("ratio", sa.String(length=8), server_default="1:1", nullable=False),
        sa.Column("style", sa.String(length=16), server_default="normal", nullable=False),
        sa.Column(
            "shape",
            sa.String(length=16),
            server_default="video",
            nullable=False,
            comment="video, round, sticker or loop",
        ),
        sa.Column("who", sa.String(length=16), server_default="all", nullable=False, comment="all or admins"),
        sa.Column(
            "consent", sa.Boolean(), server_default=sa.true(), nullable=False, comment="whose photo it is, is asked"
        ),
        sa.Column("told_at", sa.Double(), nullable=True, comment="when the chat was told what becomes of files"),
        sa.PrimaryKeyConstraint("chat_id"),
    )
    op.create_table(
        "consents",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("photo", sa.String(length=64), nullable=False, comment="Telegram's file_unique_id"),
        sa.Column("message_id", sa.BigInteger(), nullable=False, comment="the photo's"),
        sa.Column("owner_id", sa.BigInteger(), nullable=False, comment="who posted it, and is asked"),
        sa.Column("asker_id", sa.BigInteger(), nullable=False, comment="who wants to use it"),
        sa.Column(
            "asker_message",
            sa.Text(),
            nullable=True,
            comment="the message that wants it, as JSON, until it is answered",
        ),
        sa.Column("answer", sa.String(length=8), nullable=True, comment="allow or no"),
        sa.Column("asked_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "photo"),
    )
    op.create_table(
        "duets",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=False),
        sa.Column("layout", sa.String(length=16), nullable=False, comment="side (by side) or turn"),
        sa.Column("first_portrait_sha", sa.String(length=64), nullable=False),
        sa.Column("second_portrait_sha", sa.String(length=64), nullable=False),
        sa.Column("first_name", sa.String(length=64), nullable=False),
        sa.Column("second_name", sa.String(length=64), nullable=False),
        sa.Column("first_voice_sha", sa.String(length=64), nullable=True),
        sa.Column("first_message_id", sa.BigInteger(), nullable=True, comment="the first voice's"),
        sa.Column("second_voice_sha", sa.String(length=64), nullable=True),
        sa.Column("second_message_id", sa.BigInteger(), nullable=True),
        sa.Column("language", sa.String(length=8), server_default="en", nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
    )
    op.create_index("duets_person", "duets", ["chat_id", "user_id"], unique=False)
    op.create_table(
        "intake",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("day", sa.Integer(), autoincrement=False, nullable=False, comment="days since 1970, UTC"),
        sa.Column("files", sa.Integer(), nullable=False),
        sa.Column("bytes", sa.BigInteger(), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "user_id", "day"),
    )
    op.create_table(
        "people",
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column(
            "opted_out_at", sa.Double(), nullable=True, comment="nobody else may use a photo that this person posts"
        ),
        sa.Column("told_at", sa.Double(), nullable=True, comment="when the person was told what becomes of files"),
        sa.PrimaryKeyConstraint("user_id"),
    )
    op.create_table(
        "shapes",
        sa.Column("render_id", sa.String(length=32), nullable=False),
        sa.Column("shape", sa.String(length=16), nullable=False),
        sa.Column(
            "file_id", sa.String(length=256), nullable=False, comment="by which Telegram sends it again for nothing"
        ),
        sa.Column("made_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("render_id", "shape"),
    )
    op.create_table(
        "sticker_sets",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("name", sa.String(length=64), nullable=False),
        sa.Column("owner_id", sa.BigInteger(), nullable=False, comment="the person in whose name Telegram keeps it"),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("chat_id"),
    )
    op.add_column(
        "renders",
        sa.Column(
            "language", sa.String(length=8), server_default="en", nullable=False, comment="in which it is spoken of"
        ),
    )
