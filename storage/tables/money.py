"""What was paid, what may be paid, and what is counted against a limit."""

import sqlalchemy as sa

from storage.tables.metadata import BY_ITSELF, Time, metadata

ledger = sa.Table(
    "ledger",
    metadata,
    sa.Column("id", sa.BigInteger().with_variant(sa.Integer, "sqlite"), primary_key=True, autoincrement=True),
    sa.Column("kind", sa.String(16), nullable=False, comment="detect (an image) or video (seconds)"),
    sa.Column("reference", sa.String(512), nullable=False, unique=True, comment="what was paid; paid once"),
    sa.Column("day", sa.String(10), nullable=False, server_default="", comment="of the order, where the operator is"),
    sa.Column("person", sa.String(64), comment="a keyed hash of who asked for it"),
    sa.Column("chat", sa.String(64), comment="a keyed hash of where"),
    sa.Column("account", sa.String(64), nullable=False, server_default="default"),
    sa.Column("engine", sa.String(16), nullable=False, server_default="emo"),
    sa.Column("model", sa.String(64), nullable=False, server_default="emo-v1"),
    sa.Column("quantity", sa.String(32), nullable=False, comment="images or seconds, as a decimal"),
    sa.Column("amount", sa.String(32), nullable=False, comment="CNY, as a decimal"),
    sa.Column("at", Time, nullable=False),
    sa.Index("ledger_days", "day"),
    info=BY_ITSELF,
)

counts = sa.Table(
    "counts",
    metadata,
    sa.Column("kind", sa.String(16), primary_key=True, comment="what is counted, against which limit"),
    sa.Column("who", sa.String(64), primary_key=True, comment="a keyed hash of a person or a chat; empty: all"),
    sa.Column("period", sa.String(10), primary_key=True, comment="a day or a month, where the operator is"),
    sa.Column("used", sa.BigInteger, nullable=False, comment="files, bytes, or billionths of a CNY"),
    info=BY_ITSELF,
)

reservations = sa.Table(
    "reservations",
    metadata,
    sa.Column("reference", sa.String(160), primary_key=True, comment="what may be paid: a look's, or RENDER:PART:TRY"),
    sa.Column("render_id", sa.String(32), comment="of a part that is not ordered yet"),
    sa.Column("day", sa.String(10), nullable=False, comment="whose budgets it is taken from"),
    sa.Column("person", sa.String(64), comment="a keyed hash; empty: somebody who speaks as a chat"),
    sa.Column("chat", sa.String(64), nullable=False, comment="a keyed hash"),
    sa.Column("units", sa.BigInteger, nullable=False, comment="billionths of a CNY that it costs at most"),
    sa.Column(
        "account", sa.String(64), server_default="default", nullable=False, comment="whose key it is called with"
    ),
    sa.Column("at", Time, nullable=False),
    sa.Index("reservations_render", "render_id"),
    info=BY_ITSELF,
)
