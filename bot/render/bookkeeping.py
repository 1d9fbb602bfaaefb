"""Write down what was paid. Whatever goes wrong with that ends no render: the video is worth more than its row."""

import structlog

from bot.render.resources import Resources
from storage.ledger import note_video
from storage.passing import PASSING
from storage.renders import Render
from storage.tasks import TaskRow

log = structlog.get_logger(__name__)


async def book_video(resources: Resources, render: Render, task: TaskRow, seconds: float) -> None:
    """Note the video of a task; twice is once."""
    try:
        await note_video(resources.database, resources.money.book, task, seconds)
    except PASSING:
        raise
    except Exception:
        log.exception("a video that was paid for is not in the ledger", render=render.id, task=task.task_id)
