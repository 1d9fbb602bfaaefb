"""Tasks that the service lists and no render of ours knows: one of them may be that of a lost submit."""

from datetime import UTC, datetime, timedelta

from bot.dashscope.errors import ListUnsupported
from bot.dashscope.types import ListedTask
from bot.render.resources import Resources
from storage.clock import unix_now
from storage.strange_tasks import note_strange_tasks
from storage.tasks import TaskRow
from storage.workload import known_task_ids

CLOCK_SKEW = timedelta(minutes=2)
"""How far the service's clock may be from ours."""

LISTED = timedelta(hours=23)
"""How long after the intent tasks are looked at."""

UNPAID = ("FAILED", "CANCELED")
"""States of tasks that cost nothing: sending again pays once."""


def seen_for(lost: TaskRow) -> str:
    """Return what a lost submit is known by."""
    return lost.audio_link or f"{lost.render_id}:{lost.part}:{lost.attempt}"


async def strange_tasks(resources: Resources, lost: TaskRow) -> tuple[ListedTask, ...] | None:
    """Return the strange tasks that were first seen for this very submit; None where the service has no list.

    Raises:
        ServiceError, AccountError: the service does not list them now.
    """
    try:
        listed, since = await _list(resources, lost)
    except ListUnsupported:
        return None
    known = await known_task_ids(resources.database, [task.task_id for task in listed])
    strange = [
        task
        for task in listed
        if task.task_id not in known
        and task.model in (None, lost.model)
        and (task.created_at is None or task.created_at >= since)
    ]
    new = await note_strange_tasks(resources.database, [task.task_id for task in strange], seen_for(lost))
    return tuple(task for task in strange if task.task_id in new)


def span_of(intent: float, now: float, ahead: float = 0.0) -> tuple[datetime, datetime]:
    """Return between which moments of the service's clock the task of an intent was made, wherever ours was set since.

    An intent that lies ahead was written before our clock was set back: which of the two was right, nobody knows.

    Args:
        ahead: seconds that the service's clock is ahead of ours now; when the intent was written, it may not have been.
    """
    written, today = datetime.fromtimestamp(intent, UTC), datetime.fromtimestamp(now, UTC)
    off = timedelta(seconds=ahead) if abs(ahead) > CLOCK_SKEW.total_seconds() else timedelta()
    early, late = min(off, timedelta()) - CLOCK_SKEW, max(off, timedelta()) + CLOCK_SKEW
    if written <= today:
        return written + early, min(today, written + LISTED) + late
    return today - LISTED + early, written + late


async def _list(resources: Resources, lost: TaskRow) -> tuple[list[ListedTask], datetime]:
    """List the tasks that may be that of an intent, and since when; again where the answer shows another clock."""
    service = resources.account_with(lost).service
    while True:
        ahead = service.clock_ahead
        since, until = span_of(lost.intent_at, unix_now(), ahead)
        tasks = await service.list_tasks(lost.model, since, until)
        if abs(service.clock_ahead - ahead) <= CLOCK_SKEW.total_seconds():
            return tasks, since
