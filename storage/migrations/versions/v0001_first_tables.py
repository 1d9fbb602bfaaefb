"""The first tables."""

import sqlalchemy as sa
from alembic import op

revision = "0001"
down_revision = None


def upgrade() -> None:
    op.create_table(
        "drafts",
        sa.Column("chat_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("user_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("thread_id", sa.BigInteger(), autoincrement=False, nullable=False, comment="0 outside topics"),
        sa.Column("portrait_sha", sa.String(length=64), nullable=True),
        sa.Column("portrait_message_id", sa.BigInteger(), nullable=True),
        sa.Column("portrait_used", sa.Boolean(), nullable=False, comment="true once a render was made with it"),
        sa.Column("album_id", sa.String(length=64), nullable=True, comment="the album that the last photo came in"),
        sa.Column(
            "album_notice_id",
            sa.BigInteger(),
            nullable=True,
            comment="the answer to that album, edited as its photos are seen",
        ),
        sa.Column("voice_sha", sa.String(length=64), nullable=True),
        sa.Column("voice_message_id", sa.BigInteger(), nullable=True),
        sa.Column("updated_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("chat_id", "user_id", "thread_id"),
    )
    op.create_table(
        "inbox",
        sa.Column("update_id", sa.BigInteger(), autoincrement=False, nullable=False),
        sa.Column("body", sa.Text(), nullable=True, comment="the update as JSON; empty once it is handled"),
        sa.Column("received_at", sa.Double(), nullable=False),
        sa.Column("done_at", sa.Double(), nullable=True),
        sa.Column("tries", sa.Integer(), server_default="1", nullable=False, comment="processes that began with it"),
        sa.PrimaryKeyConstraint("update_id"),
    )
    op.create_table(
        "ledger",
        sa.Column("id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), autoincrement=True, nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="detect (an image) or video (seconds)"),
        sa.Column("reference", sa.String(length=160), nullable=False, comment="what was paid; paid once"),
        sa.Column("chat_id", sa.BigInteger(), nullable=True),
        sa.Column("quantity", sa.String(length=32), nullable=False, comment="images or seconds, as a decimal"),
        sa.Column("amount", sa.String(length=32), nullable=False, comment="CNY, as a decimal"),
        sa.Column("at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("reference"),
    )
    op.create_table(
        "links",
        sa.Column("key", sa.String(length=64), nullable=False),
        sa.Column("sha", sa.String(length=64), nullable=False),
        sa.Column("extension", sa.String(length=8), nullable=False),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("expires_at", sa.Double(), nullable=False),
        sa.Column("revoked_at", sa.Double(), nullable=True),
        sa.Column("fetched_at", sa.Double(), nullable=True, comment="when somebody first got bytes through it"),
        sa.PrimaryKeyConstraint("key"),
    )
    with op.batch_alter_table("links", schema=None) as batch_op:
        batch_op.create_index("links_expiry", ["expires_at"], unique=False)

    op.create_table(
        "objects",
        sa.Column("sha", sa.String(length=64), nullable=False),
        sa.Column("extension", sa.String(length=8), nullable=False),
        sa.Column("kind", sa.String(length=16), nullable=False, comment="portrait, voice or video"),
        sa.Column("size", sa.BigInteger(), nullable=False),
        sa.Column("width", sa.Integer(), nullable=True),
        sa.Column("height", sa.Integer(), nullable=True),
        sa.Column("seconds", sa.Double(), nullable=True),
        sa.Column("used_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("sha"),
    )
    op.create_table(
        "renders",
        sa.Column("id", sa.String(length=32), nullable=False),
        sa.Column("origin", sa.String(length=128), nullable=False, comment="what asked for it; asking twice is once"),
        sa.Column("chat_id", sa.BigInteger(), nullable=False),
        sa.Column("user_id", sa.BigInteger(), nullable=False),
        sa.Column("thread_id", sa.BigInteger(), nullable=False),
        sa.Column("voice_message_id", sa.BigInteger(), nullable=False),
        sa.Column("portrait_sha", sa.String(length=64), nullable=False),
        sa.Column("voice_sha", sa.String(length=64), nullable=False),
        sa.Column("ratio", sa.String(length=8), nullable=False),
        sa.Column("style", sa.String(length=16), nullable=False),
        sa.Column("stage", sa.String(length=16), nullable=False),
        sa.Column(
            "trouble", sa.String(length=32), nullable=True, comment="why it takes longer than it should, while it does"
        ),
        sa.Column("reason", sa.String(length=64), nullable=True, comment="why it ended without a video"),
        sa.Column(
            "opening", sa.Text(), nullable=True, comment="what the card says above all else, for as long as it stands"
        ),
        sa.Column("card_message_id", sa.BigInteger(), nullable=True),
        sa.Column("image_link", sa.String(length=64), nullable=True),
        sa.Column("audio_link", sa.String(length=64), nullable=True),
        sa.Column("submit_intent_at", sa.Double(), nullable=True, comment="written before the paid call"),
        sa.Column("task_id", sa.String(length=128), nullable=True),
        sa.Column("failed_tasks", sa.Integer(), server_default="0", nullable=False, comment="tasks that failed unpaid"),
        sa.Column("task_state", sa.String(length=32), nullable=True),
        sa.Column("task_submitted_at", sa.Double(), nullable=True),
        sa.Column("task_started_at", sa.Double(), nullable=True),
        sa.Column("task_ended_at", sa.Double(), nullable=True),
        sa.Column("video_url", sa.Text(), nullable=True),
        sa.Column("video_sha", sa.String(length=64), nullable=True),
        sa.Column("video_seconds", sa.Double(), nullable=True),
        sa.Column("video_file_id", sa.String(length=256), nullable=True),
        sa.Column("video_message_id", sa.BigInteger(), nullable=True),
        sa.Column("cancel_asked_at", sa.Double(), nullable=True),
        sa.Column("created_at", sa.Double(), nullable=False),
        sa.Column("ended_at", sa.Double(), nullable=True),
        sa.PrimaryKeyConstraint("id"),
        sa.UniqueConstraint("origin"),
        sa.UniqueConstraint("task_id"),
    )
    with op.batch_alter_table("renders", schema=None) as batch_op:
        batch_op.create_index("renders_chat", ["chat_id", "user_id"], unique=False)
        batch_op.create_index("renders_open", ["ended_at", "created_at"], unique=False)
        batch_op.create_index("renders_same", ["portrait_sha", "voice_sha", "ratio", "style"], unique=False)

    op.create_table(
        "verdicts",
        sa.Column("sha", sa.String(length=64), nullable=False),
        sa.Column("ratio", sa.String(length=8), nullable=False),
        sa.Column("passed", sa.Boolean(), nullable=False),
        sa.Column("face_box", sa.JSON(), nullable=True),
        sa.Column("ext_box", sa.JSON(), nullable=True),
        sa.Column("code", sa.String(length=64), nullable=True),
        sa.Column("message", sa.Text(), nullable=True),
        sa.Column("decided_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("sha", "ratio"),
    )
