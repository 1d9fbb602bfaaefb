"""Who waits is found in their order, and renders at work are found among many that wait, or are over."""

import sqlalchemy as sa
from alembic import op

revision = "0021"
down_revision = "0020"


def upgrade() -> None:
    waits = sa.text("ended_at IS NULL AND stage = 'queued'")
    op.create_index("renders_waiting", "renders", ["created_at", "id"], sqlite_where=waits, postgresql_where=waits)
    at_work = sa.text("ended_at IS NULL AND stage NOT IN ('asking', 'queued')")
    op.create_index("renders_at_work", "renders", ["chat_id"], sqlite_where=at_work, postgresql_where=at_work)
