"""What one machine has met of an account's trouble, all know."""

import sqlalchemy as sa
from alembic import op

revision = "0019"
down_revision = "0018"


def upgrade() -> None:
    op.create_table(
        "account_troubles",
        sa.Column("account", sa.String(64), primary_key=True),
        sa.Column("reason", sa.String(32), primary_key=True, comment="why it cannot be used"),
        sa.Column("advice", sa.Text, nullable=False, comment="what to do"),
        sa.Column("refuses_orders", sa.Boolean, nullable=False, comment="that it looks at photos tells nothing"),
        sa.Column("seen_at", sa.Double, nullable=False, comment="when it was last met, by the database's clock"),
    )
