"""A render that came back with a backup is known as one: nobody knows what became of it since."""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"


def upgrade() -> None:
    op.add_column(
        "renders",
        sa.Column(
            "restored_at", sa.Double, comment="when it came back with a backup; what became of it since, nobody knows"
        ),
    )
