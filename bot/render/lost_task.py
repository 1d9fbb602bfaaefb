"""Finding the task of a submit whose answer was lost, so that nothing is paid twice.

Two facts decide: has the service fetched this render's own audio link (nobody else knows it), and which tasks does
the service list that none of our renders knows? Submits are made one at a time, and none before it is known what
became of the last one. So a lost one is at most one of the strange tasks, and none that was seen for an earlier one.
"""

import time
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from enum import Enum
from functools import partial

import structlog

from bot.backoff import growing_pauses
from bot.dashscope.errors import ListUnsupported
from bot.dashscope.types import ENDED, ListedTask
from bot.render.ending import End, let_go
from bot.render.parts import Parts
from bot.render.retry import retry_call
from storage.renders import Render, Stage
from storage.strange_tasks import note_strange_tasks
from storage.tasks import TaskRow, known_task_ids

log = structlog.get_logger(__name__)

CLOCK_SKEW = timedelta(minutes=2)
"""How far the service's clock may be from ours."""

LISTED = timedelta(hours=23)
"""How long after the intent tasks are looked at."""

UNPAID = ("FAILED", "CANCELED")
"""States of tasks that cost nothing: sending again pays once."""

FETCH_WAIT = 60.0
"""Seconds to wait for a fetch where the service has no list."""


class SubmitOutcome(Enum):
    """What became of a submit."""

    NOT_ACCEPTED = "not accepted"
    NOT_YET = "not known yet"
    UNKNOWABLE = "cannot be known"


@dataclass(frozen=True)
class Evidence:
    """What can be seen of a lost submit.

    Args:
        age: seconds since the intent was written, or for which it was looked, whichever is longer: a clock that is set
            back must not keep a lost submit, and with it everybody's, waiting until it has caught up.
        fetched: whether the service has fetched the render's audio link.
        strangers: listed tasks that no render knows, and no earlier lost submit saw; None where there is no list.
    """

    age: float
    fetched: bool
    strangers: tuple[ListedTask, ...] | None


def judge(evidence: Evidence, settling: float) -> str | SubmitOutcome:
    """The id of the task, or what else the evidence means.

    Args:
        settling: seconds after the intent before a list without our task is believed.
    """
    if evidence.strangers is None:
        return SubmitOutcome.NOT_YET if not evidence.fetched and evidence.age < FETCH_WAIT else SubmitOutcome.UNKNOWABLE
    alive = [task for task in evidence.strangers if task.state not in UNPAID]
    if evidence.fetched and len(alive) == 1:
        return alive[0].task_id
    if evidence.age < settling or (not evidence.fetched and any(task.state not in ENDED for task in alive)):
        return SubmitOutcome.NOT_YET  # one that waits, or has just begun to run, may fetch our files yet
    if evidence.fetched and (alive or not evidence.strangers):
        return SubmitOutcome.UNKNOWABLE
    return SubmitOutcome.NOT_ACCEPTED


async def find_task(parts: Parts, render: Render, task: TaskRow) -> str | None:
    """The id of the task that a lost submit made, or None when the service never took it.

    Raises:
        End: it cannot be known; the person is asked rather than charged twice.
    """
    pauses, began = growing_pauses(1.0, 30.0), time.monotonic()
    while True:
        evidence = await _gather_evidence(parts, render, task, time.monotonic() - began)
        found = judge(evidence, parts.timing.settling)
        log.info("looking for a task whose answer was lost", render=render.id, found=str(found))
        if isinstance(found, str):
            return found
        if found is SubmitOutcome.NOT_ACCEPTED:
            return None
        if found is SubmitOutcome.UNKNOWABLE:
            raise End(Stage.UNSURE, "submit_lost")
        await parts.pauses.pause(render.id, next(pauses))


def span_of(intent: float, now: float, ahead: float = 0.0) -> tuple[datetime, datetime]:
    """Between which moments of the service's clock the task of an intent was made, wherever ours was set since.

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


async def _list(parts: Parts, render: Render, lost: TaskRow) -> tuple[list[ListedTask], datetime]:
    """The tasks that may be that of an intent, and since when; again where the answer shows another clock."""
    while True:
        ahead = parts.service.clock_ahead
        since, until = span_of(lost.intent_at, time.time(), ahead)
        call = partial(parts.service.list_tasks, lost.model, since, until)
        tasks = await retry_call(parts, render, call, when_cancelled=let_go)
        if abs(parts.service.clock_ahead - ahead) <= CLOCK_SKEW.total_seconds():
            return tasks, since


async def _gather_evidence(parts: Parts, render: Render, lost: TaskRow, looked: float) -> Evidence:
    strangers: tuple[ListedTask, ...] | None
    try:
        listed, since = await _list(parts, render, lost)
    except ListUnsupported:
        strangers = None
    else:
        known = await known_task_ids(parts.database, [task.task_id for task in listed])
        strange = [
            task
            for task in listed
            if task.task_id not in known
            and task.model in (None, lost.model)
            and (task.created_at is None or task.created_at >= since)
        ]
        new = await note_strange_tasks(parts.database, [task.task_id for task in strange], lost.audio_link or "")
        strangers = tuple(task for task in strange if task.task_id in new)
    fetched = lost.audio_link is not None and await parts.links.fetched(lost.audio_link)
    return Evidence(max(time.time() - lost.intent_at, looked), fetched, strangers)
