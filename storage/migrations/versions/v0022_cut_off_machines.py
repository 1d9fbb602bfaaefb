"""A machine that waits until it reaches what others do says so, and one of these tells the admins."""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"


def upgrade() -> None:
    op.create_table(
        "cut_off_machines",
        sa.Column("name", sa.String(128), primary_key=True, comment="host and process, for the operator"),
        sa.Column("misses", sa.String(64), nullable=False, comment="what it does not reach, with commas between"),
        sa.Column("seen_at", sa.Double, nullable=False, comment="when it last said so, by the database's clock"),
    )
