"""Tasks at the service that belong to no render."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"


def upgrade() -> None:
    op.create_table(
        "strange_tasks",
        sa.Column(
            "task_id", sa.String(length=128), nullable=False, comment="listed by the service, of no render of ours"
        ),
        sa.Column(
            "link",
            sa.String(length=64),
            nullable=False,
            comment="the audio link of the lost submit it was first seen for",
        ),
        sa.Column("seen_at", sa.Double(), nullable=False),
        sa.PrimaryKeyConstraint("task_id"),
    )
