"""What Telegram was told about the bot is told again only when it changed."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"


def upgrade() -> None:
    op.create_table(
        "announcements",
        sa.Column("what", sa.String(64), primary_key=True, comment="such as `commands:en`"),
        sa.Column("fingerprint", sa.String(64), nullable=False, comment="of the bot, and of what it told Telegram"),
    )
