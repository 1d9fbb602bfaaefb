"""Versions may work side by side: the tables know which of them they suit, and a machine says which tables it knows."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"

oldest = "0018"
"""Code that was made for older tables does not ask whether these suit it, and does not start."""


def upgrade() -> None:
    op.create_table(
        "compatibility",
        sa.Column("oldest", sa.String(16), primary_key=True, comment="version of the tables that code must know"),
    )
    op.add_column(
        "machines",
        sa.Column("tables", sa.String(16), nullable=False, server_default="0017", comment="the newest that it knows"),
    )
