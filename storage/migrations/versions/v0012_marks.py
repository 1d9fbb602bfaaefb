"""A render knows the mark in its picture: videos with different ones are not the same."""

import sqlalchemy as sa
from alembic import op

revision = "0012"
down_revision = "0011"


def upgrade() -> None:
    op.add_column(
        "renders",
        sa.Column("mark", sa.String(16), server_default="", nullable=False, comment="in the picture: start:zh"),
    )
