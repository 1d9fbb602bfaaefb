"""A long voice is made in parts, and a costly video waits for a yes."""

import sqlalchemy as sa
from alembic import op

revision = "0009"
down_revision = "0008"

_PARTS = sa.Column(
    "parts", sa.Integer, server_default="1", nullable=False, comment="of its voice, each a task of its own"
)
_PRICE = sa.Column("asked_price", sa.String(32), comment="CNY that the person is asked about, if so; a decimal")
_AGREED = sa.Column("agreed_at", sa.Double, comment="when the person said yes to its price, if that was asked")


def upgrade() -> None:
    with op.batch_alter_table("renders") as batch:
        batch.add_column(_PARTS)
        batch.add_column(_PRICE)
        batch.add_column(_AGREED)
    op.create_table(
        "voice_parts",
        sa.Column("render_id", sa.String(32), primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True, autoincrement=False, comment="counted from 1"),
        sa.Column("chat_id", sa.BigInteger, nullable=False),
        sa.Column("user_id", sa.BigInteger, nullable=False),
        sa.Column("voice_sha", sa.String(64), nullable=False),
    )
