"""What the operator steers, and is told."""

import sqlalchemy as sa

from storage.tables.metadata import BY_ITSELF, CHAT, PERSON, Time, metadata

access = sa.Table(
    "access",
    metadata,
    sa.Column("who", sa.String(64), primary_key=True, comment="a keyed hash of a person or a chat"),
    sa.Column("state", sa.String(16), nullable=False, comment="asked, allowed, refused or blocked"),
    sa.Column("at", Time, nullable=False),
    info=BY_ITSELF,
)

alerts = sa.Table(
    "alerts",
    metadata,
    sa.Column("cause", sa.String(64), primary_key=True),
    sa.Column("detail", sa.String(256), nullable=False, server_default=""),
    sa.Column("since", Time, nullable=False),
    sa.Column("told_at", Time, comment="when the admins were told"),
    info=BY_ITSELF,
)

account_troubles = sa.Table(
    "account_troubles",
    metadata,
    sa.Column("account", sa.String(64), primary_key=True),
    sa.Column("reason", sa.String(32), primary_key=True, comment="why it cannot be used"),
    sa.Column("advice", sa.Text, nullable=False, comment="what to do"),
    sa.Column("refuses_orders", sa.Boolean, nullable=False, comment="that it looks at photos tells nothing"),
    sa.Column("seen_at", Time, nullable=False, comment="when it was last met, by the database's clock"),
    info=BY_ITSELF,
)

switches = sa.Table(
    "switches",
    metadata,
    sa.Column("name", sa.String(32), primary_key=True, comment="on while the row is there: `paused`"),
    sa.Column("at", Time, nullable=False),
    info=BY_ITSELF,
)

broadcasts = sa.Table(
    "broadcasts",
    metadata,
    sa.Column("id", sa.String(32), primary_key=True),
    sa.Column("admin_id", sa.BigInteger, nullable=False, comment="who sends it", info=PERSON),
    sa.Column("text", sa.Text, nullable=False),
    sa.Column("state", sa.String(16), nullable=False, comment="preview, sending, stopped or done"),
    sa.Column("notice_id", sa.BigInteger, comment="the message that tells its admin how far it is"),
    sa.Column("sent", sa.Integer, nullable=False, server_default="0"),
    sa.Column("failed", sa.Integer, nullable=False, server_default="0"),
    sa.Column("created_at", Time, nullable=False),
)

broadcast_chats = sa.Table(
    "broadcast_chats",
    metadata,
    sa.Column("broadcast_id", sa.String(32), primary_key=True),
    sa.Column("chat_id", sa.BigInteger, primary_key=True, autoincrement=False, comment="still to be told", info=CHAT),
)

announcements = sa.Table(
    "announcements",
    metadata,
    sa.Column("what", sa.String(64), primary_key=True, comment="such as `commands:en`"),
    sa.Column("fingerprint", sa.String(64), nullable=False, comment="of the bot, and of what it told Telegram"),
    info=BY_ITSELF,
)
