"""The latest finished tasks are found without reading all renders."""

from alembic import op

revision = "0004"
down_revision = "0003"


def upgrade() -> None:
    op.create_index("renders_done", "renders", ["task_ended_at"])
