"""A render remembers since when it is in trouble, over restarts; ids of tasks may be as long as gateways make them."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"

LONG, WAS = sa.String(512), sa.String(128)


def upgrade() -> None:
    since = sa.Column("trouble_since", sa.Double, comment="since when it is in trouble, by whatever name")
    op.add_column("renders", since)
    with op.batch_alter_table("tasks") as batch:
        batch.alter_column("task_id", type_=LONG, existing_type=WAS, existing_nullable=True)
    with op.batch_alter_table("strange_tasks") as batch:
        batch.alter_column("task_id", type_=LONG, existing_type=WAS, existing_nullable=False)
    with op.batch_alter_table("ledger") as batch:
        batch.alter_column("reference", type_=LONG, existing_type=sa.String(160), existing_nullable=False)
