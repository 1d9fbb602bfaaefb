"""Several processes may work on one database: who lives, and which of them has what in hand."""

import sqlalchemy as sa
from alembic import op

revision = "0014"
down_revision = "0013"


def upgrade() -> None:
    create_tables()
    op.add_column(
        "inbox", sa.Column("turn", sa.String(64), comment="whose updates take turns; empty once it is handled")
    )
    op.add_column("inbox", sa.Column("owner", sa.String(64), comment="the machine that has it in hand"))
    op.add_column("links", sa.Column("owner", sa.String(64), comment="the machine that made it"))
    create_indexes()


def create_tables() -> None:
    op.create_table(
        "machines",
        sa.Column("id", sa.String(32), primary_key=True, comment="of one life of a process; never used again"),
        sa.Column("number", sa.Integer, nullable=False, comment="in the order of their starts; the lowest one leads"),
        sa.Column("name", sa.String(128), nullable=False, comment="host and process, for the operator"),
        sa.Column("version", sa.String(16), nullable=False, comment="of its workflows"),
        sa.Column("seen_at", sa.Double, nullable=False, comment="its last sign of life, by the database's clock"),
    )
    op.create_table(
        "claims",
        sa.Column("key", sa.String(160), primary_key=True, comment="what one machine does at a time"),
        sa.Column("owner", sa.String(64), nullable=False, comment="the machine that does it"),
    )
    op.create_table(
        "kept_secrets",
        sa.Column("name", sa.String(32), primary_key=True),
        sa.Column("wrapped", sa.Text, nullable=False, comment="encrypted under the bot's token"),
    )


def create_indexes() -> None:
    undone, owned = sa.text("done_at IS NULL"), sa.text("owner IS NOT NULL")
    op.create_index("inbox_undone", "inbox", ["turn", "update_id"], sqlite_where=undone, postgresql_where=undone)
    op.create_index("renders_owner", "renders", ["owner"], sqlite_where=owned, postgresql_where=owned)
