"""Tasks become rows of their own; renders, verdicts and the ledger say which engine and model they are of.

All that was there so far was EMO's, with the one account that there was.
"""

import sqlalchemy as sa
from alembic import op

revision = "0006"
down_revision = "0005"

MOVED = (
    *("image_link", "audio_link", "submit_intent_at", "task_id", "failed_tasks", "task_state"),
    *("task_submitted_at", "task_started_at", "task_ended_at", "video_url"),
)
"""Columns of `renders` that are now those of its tasks."""


_ENGINE = sa.Column(
    "engine", sa.String(16), server_default="emo", nullable=False, comment="that is asked for the video"
)
_MODEL = sa.Column("model", sa.String(64), server_default="emo-v1", nullable=False, comment="by the service's name")
_EPOCH = sa.Column("epoch", sa.Integer, server_default="0", nullable=False, comment="how often it found an owner")


def upgrade() -> None:
    create_tasks()
    op.execute(
        """
        INSERT INTO tasks (render_id, part, attempt, account, engine, model, second_price, image_link, audio_link,
                           intent_at, task_id, state, submitted_at, started_at, worked_until, ended_at, video_url,
                           video_seconds)
        SELECT id, 1, failed_tasks + 1, 'default', 'emo', 'emo-v1',
               CASE ratio WHEN '3:4' THEN '0.16' ELSE '0.08' END, image_link, audio_link,
               COALESCE(submit_intent_at, task_submitted_at, created_at), task_id, task_state, task_submitted_at,
               task_started_at, task_ended_at,
               CASE WHEN video_url IS NOT NULL OR ended_at IS NOT NULL
                    THEN COALESCE(task_ended_at, ended_at, task_submitted_at, created_at) END,
               video_url, video_seconds
        FROM renders WHERE task_id IS NOT NULL OR submit_intent_at IS NOT NULL
        """
    )
    op.drop_index("renders_done", "renders")
    with op.batch_alter_table("renders") as batch:
        batch.add_column(_ENGINE)
        batch.add_column(_MODEL)
        batch.add_column(sa.Column("resolution", sa.String(8), server_default="", nullable=False))
        batch.add_column(sa.Column("owner", sa.String(64), comment="the process that leads it"))
        batch.add_column(_EPOCH)
        for name in MOVED:
            batch.drop_column(name)
    with op.batch_alter_table("ledger") as batch:
        batch.add_column(sa.Column("account", sa.String(64), server_default="default", nullable=False))
        batch.add_column(sa.Column("engine", sa.String(16), server_default="emo", nullable=False))
        batch.add_column(sa.Column("model", sa.String(64), server_default="emo-v1", nullable=False))
    op.execute("UPDATE ledger SET model = 'emo-detect-v1' WHERE kind = 'detect'")
    renew_verdicts()


def create_tasks() -> None:
    op.create_table(
        "tasks",
        sa.Column("render_id", sa.String(32), primary_key=True),
        sa.Column("part", sa.Integer, primary_key=True, autoincrement=False, comment="of the voice, counted from 1"),
        sa.Column("attempt", sa.Integer, primary_key=True, autoincrement=False, comment="counted from 1 for each part"),
        sa.Column("account", sa.String(64), nullable=False, comment="whose key it was ordered with"),
        sa.Column("engine", sa.String(16), nullable=False),
        sa.Column("model", sa.String(64), nullable=False),
        sa.Column("second_price", sa.String(32), nullable=False, comment="CNY, a decimal, as it was when ordered"),
        sa.Column("image_link", sa.String(64)),
        sa.Column("audio_link", sa.String(64)),
        sa.Column("intent_at", sa.Double, nullable=False, comment="written before the paid call"),
        sa.Column("judging_since", sa.Double, comment="since when nobody knows whether the service took it"),
        sa.Column("task_id", sa.String(128), unique=True, comment="the service's"),
        sa.Column("state", sa.String(32), comment="the service's word, or NOT_TAKEN"),
        sa.Column("submitted_at", sa.Double),
        sa.Column("started_at", sa.Double),
        sa.Column("worked_until", sa.Double, comment="when the service had the video ready"),
        sa.Column("ended_at", sa.Double, comment="when it brought a video, or was known not to"),
        sa.Column("video_url", sa.Text),
        sa.Column("video_seconds", sa.Double),
    )
    op.create_index("tasks_worked", "tasks", ["worked_until"])
    op.create_index("tasks_image_links", "tasks", ["image_link"])
    op.create_index("tasks_audio_links", "tasks", ["audio_link"])
    open_submit = sa.text("task_id IS NULL AND judging_since IS NULL AND ended_at IS NULL")
    op.create_index(
        "tasks_open_submit", "tasks", ["account"], unique=True, sqlite_where=open_submit, postgresql_where=open_submit
    )


def renew_verdicts() -> None:
    """A verdict is one model's: the primary key grows, which takes a new table on SQLite."""
    op.create_table(
        "verdicts_of_models",
        sa.Column("sha", sa.String(64), primary_key=True),
        sa.Column("ratio", sa.String(8), primary_key=True, comment="empty where the picture keeps its own"),
        sa.Column("model", sa.String(64), primary_key=True, comment="that looked at it"),
        sa.Column("passed", sa.Boolean, nullable=False),
        sa.Column("face_box", sa.JSON),
        sa.Column("ext_box", sa.JSON),
        sa.Column("code", sa.String(64)),
        sa.Column("message", sa.Text),
        sa.Column("decided_at", sa.Double, nullable=False),
    )
    columns = "sha, ratio, passed, face_box, ext_box, code, message, decided_at"
    op.execute(
        f"INSERT INTO verdicts_of_models (model, {columns}) SELECT 'emo-detect-v1', {columns} FROM verdicts"  # noqa: S608
    )
    op.drop_table("verdicts")
    op.rename_table("verdicts_of_models", "verdicts")
