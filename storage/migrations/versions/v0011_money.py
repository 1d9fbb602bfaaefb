"""Money is reserved and counted by keyed hashes; who may use the bot, alerts and words to all are kept.

What was counted of today's files begins anew. The ledger lets go of the chats that it named: the key of the hashes is
not known here.
"""

from datetime import UTC, datetime

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0010"

_DAY = sa.Column("day", sa.String(10), server_default="", nullable=False, comment="of the order, where the operator is")
_LEDGER = sa.table("ledger", sa.column("id"), sa.column("at"), sa.column("day"))


def upgrade() -> None:
    op.drop_table("intake")
    with op.batch_alter_table("ledger") as batch:
        batch.drop_column("chat_id")
        batch.add_column(_DAY)
        batch.add_column(sa.Column("person", sa.String(64), comment="a keyed hash of who asked for it"))
        batch.add_column(sa.Column("chat", sa.String(64), comment="a keyed hash of where"))
    connection = op.get_bind()
    for row in connection.execute(sa.select(_LEDGER.c.id, _LEDGER.c.at)).all():
        day = datetime.fromtimestamp(row.at, UTC).date().isoformat()
        connection.execute(sa.update(_LEDGER).where(_LEDGER.c.id == row.id).values(day=day))
    op.create_index("ledger_days", "ledger", ["day"])
    create_money()
    create_admins()


def create_money() -> None:
    op.create_table(
        "counts",
        sa.Column("kind", sa.String(16), primary_key=True, comment="what is counted, against which limit"),
        sa.Column("who", sa.String(64), primary_key=True, comment="a keyed hash of a person or a chat; empty: all"),
        sa.Column("period", sa.String(10), primary_key=True, comment="a day or a month, where the operator is"),
        sa.Column("used", sa.BigInteger, nullable=False, comment="files, bytes, or billionths of a CNY"),
    )
    op.create_table(
        "reservations",
        sa.Column(
            "reference", sa.String(160), primary_key=True, comment="what may be paid: a look's, or RENDER:PART:TRY"
        ),
        sa.Column("render_id", sa.String(32), comment="of a part that is not ordered yet"),
        sa.Column("day", sa.String(10), nullable=False, comment="whose budgets it is taken from"),
        sa.Column("person", sa.String(64), comment="a keyed hash; empty: somebody who speaks as a chat"),
        sa.Column("chat", sa.String(64), nullable=False, comment="a keyed hash"),
        sa.Column("units", sa.BigInteger, nullable=False, comment="billionths of a CNY that it costs at most"),
        sa.Column("at", sa.Double, nullable=False),
    )
    op.create_index("reservations_render", "reservations", ["render_id"])


def create_admins() -> None:
    op.create_table(
        "access",
        sa.Column("who", sa.String(64), primary_key=True, comment="a keyed hash of a person or a chat"),
        sa.Column("state", sa.String(16), nullable=False, comment="asked, allowed, refused or blocked"),
        sa.Column("at", sa.Double, nullable=False),
    )
    op.create_table(
        "alerts",
        sa.Column("cause", sa.String(64), primary_key=True),
        sa.Column("detail", sa.String(256), nullable=False, server_default=""),
        sa.Column("since", sa.Double, nullable=False),
        sa.Column("told_at", sa.Double, comment="when the admins were told"),
    )
    op.create_table(
        "switches",
        sa.Column("name", sa.String(32), primary_key=True, comment="on while the row is there: `paused`"),
        sa.Column("at", sa.Double, nullable=False),
    )
    op.create_table(
        "broadcasts",
        sa.Column("id", sa.String(32), primary_key=True),
        sa.Column("admin_id", sa.BigInteger, nullable=False, comment="who sends it"),
        sa.Column("text", sa.Text, nullable=False),
        sa.Column("state", sa.String(16), nullable=False, comment="preview, sending, stopped or done"),
        sa.Column("notice_id", sa.BigInteger, comment="the message that tells its admin how far it is"),
        sa.Column("sent", sa.Integer, nullable=False, server_default="0"),
        sa.Column("failed", sa.Integer, nullable=False, server_default="0"),
        sa.Column("created_at", sa.Double, nullable=False),
    )
    op.create_table(
        "broadcast_chats",
        sa.Column("broadcast_id", sa.String(32), primary_key=True),
        sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False, comment="still to be told"),
    )
