"""A reservation knows whose key the call is made with, so that a lost look is on the bill of the right account."""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"


def upgrade() -> None:
    column = sa.Column(
        "account", sa.String(64), server_default="default", nullable=False, comment="whose key it is called with"
    )
    op.add_column("reservations", column)
