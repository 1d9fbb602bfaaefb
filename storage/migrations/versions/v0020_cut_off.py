"""A machine says what it does not reach, so that another one goes on with what it has in hand."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"


def upgrade() -> None:
    comment = "what it does not reach, such as `Telegram`, with commas between"
    op.add_column("machines", sa.Column("misses", sa.String(64), nullable=False, server_default="", comment=comment))
