"""Processes that work on one database or wait to, what they hold and share, and which versions its tables suit."""

import sqlalchemy as sa

from storage.tables.metadata import BY_ITSELF, Time, metadata

machines = sa.Table(
    "machines",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True, comment="of one life of a process; never used again"),
    sa.Column("number", sa.Integer, nullable=False, comment="in the order of their starts; the lowest one leads"),
    sa.Column("name", sa.String(128), nullable=False, comment="host and process, for the operator"),
    sa.Column("version", sa.String(16), nullable=False, comment="of its workflows"),
    sa.Column("seen_at", Time, nullable=False, comment="its last sign of life, by the database's clock"),
    sa.Column("tables", sa.String(16), nullable=False, server_default="0017", comment="the newest that it knows"),
    sa.Column(
        "misses",
        sa.String(64),
        nullable=False,
        server_default="",
        comment="what it does not reach, such as `Telegram`, with commas between",
    ),
    info=BY_ITSELF,
)

cut_off_machines = sa.Table(
    "cut_off_machines",
    metadata,
    sa.Column("name", sa.String(128), primary_key=True, comment="host and process, for the operator"),
    sa.Column("misses", sa.String(64), nullable=False, comment="what it does not reach, with commas between"),
    sa.Column("seen_at", Time, nullable=False, comment="when it last said so, by the database's clock"),
    info=BY_ITSELF,
)

claims = sa.Table(
    "claims",
    metadata,
    sa.Column("key", sa.String(160), primary_key=True, comment="what one machine does at a time"),
    sa.Column("owner", sa.String(64), nullable=False, comment="the machine that does it"),
    info=BY_ITSELF,
)

kept_secrets = sa.Table(
    "kept_secrets",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True),
    sa.Column("wrapped", sa.Text, nullable=False, comment="encrypted under the bot's token"),
    info=BY_ITSELF,
)

compatibility = sa.Table(
    "compatibility",
    metadata,
    sa.Column("oldest", sa.String(16), primary_key=True, comment="version of the tables that code must know"),
    info=BY_ITSELF,
)
