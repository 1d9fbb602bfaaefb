"""A face gets its name by an answer to a question: which message asks, and about whom."""

import sqlalchemy as sa
from alembic import op

revision = "0015"
down_revision = "0014"


def upgrade() -> None:
    op.create_table(
        "name_questions",
        sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False),
        sa.Column("number", sa.BigInteger, primary_key=True, autoincrement=False, comment="of the message that asks"),
        sa.Column("user_id", sa.BigInteger, nullable=False, comment="who is asked"),
        sa.Column("key", sa.String(64), comment="of the face that gets another name; empty: a new one"),
        sa.Column("portrait_sha", sa.String(64), comment="of a new face"),
        sa.Column("portrait_file", sa.String(64), comment="Telegram's file_unique_id of the photo as it was sent"),
        sa.Column("portrait_owner_id", sa.BigInteger, comment="whose face it is; empty: a presenter's"),
        sa.Column("asked_at", sa.Double, nullable=False),
    )
