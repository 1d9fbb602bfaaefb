"""Find the task of a submit whose answer was lost, so that nothing is paid twice.

Two facts decide: has the service fetched this render's own audio link (nobody else knows it), and which tasks does
the service list that none of our renders knows? Where files are uploaded, what a strange task made is heard instead.

Submits are made one at a time, and for some seconds nobody submits after a lost one, longer where the service does not
answer at all: the tasks that are strange by then are its candidates. If they do not decide yet, the order is *judged*
from then on: its candidates are followed, and no others, while other people submit. So a lost submit never claims a
task of a later one.
"""

import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from enum import Enum
from functools import partial

import structlog

from bot.backoff import growing_pauses
from bot.dashscope.errors import AccountError, ServiceError
from bot.dashscope.types import ENDED, ListedTask
from bot.render.ending import End, let_go
from bot.render.patience import deadline
from bot.render.recognition import hear
from bot.render.resources import Resources
from bot.render.strangers import UNPAID, seen_for, strange_tasks
from storage.renders import Render, Stage
from storage.strange_tasks import strange_tasks_of
from storage.tasks import TaskRow

log = structlog.get_logger(__name__)

FETCH_WAIT = 60.0
"""Seconds to wait for a fetch where the service has no list."""

LONGEST_JUDGING = 24 * 3600.0
"""Seconds for which candidates are followed: no task is known for longer."""

Strangers = tuple[ListedTask, ...]


class Undecided(Exception):
    """It is not known yet whether a submit was taken, and others have waited for long enough."""


class SubmitOutcome(Enum):
    """What became of a submit."""

    NOT_ACCEPTED = "not accepted"
    NOT_YET = "not known yet"
    UNKNOWABLE = "cannot be known"


@dataclass(frozen=True)
class Evidence:
    """What can be seen of a lost submit.

    Args:
        looked: seconds for which this process has looked. How old the order is by a clock tells nothing of how long
            the service has had to list its task.
        fetched: whether the service has fetched the render's audio link.
        strangers: listed tasks that no render knows, and no earlier lost submit saw; None where there is no list.
    """

    looked: float
    fetched: bool
    strangers: Strangers | None


def judge(evidence: Evidence, settling: float) -> str | SubmitOutcome:
    """Return the id of the task, or what else the evidence means.

    Args:
        settling: seconds of looking before a list without our task is believed.
    """
    if evidence.strangers is None:
        waits = not evidence.fetched and evidence.looked < FETCH_WAIT
        return SubmitOutcome.NOT_YET if waits else SubmitOutcome.UNKNOWABLE
    alive = [task for task in evidence.strangers if task.state not in UNPAID]
    if evidence.fetched and len(alive) == 1:
        return alive[0].task_id
    if evidence.looked < settling or (not evidence.fetched and any(task.state not in ENDED for task in alive)):
        return SubmitOutcome.NOT_YET  # one that waits, or has just begun to run, may fetch our files yet
    if evidence.fetched and (alive or not evidence.strangers):
        return SubmitOutcome.UNKNOWABLE
    return SubmitOutcome.NOT_ACCEPTED


def judge_by_sound(evidence: Evidence, settling: float, heard: set[str]) -> SubmitOutcome:
    """Return what it means that none of the tasks that were heard made our video."""
    if evidence.strangers is None:
        return SubmitOutcome.UNKNOWABLE
    alive = [task for task in evidence.strangers if task.state not in UNPAID]
    if evidence.looked < settling or any(task.task_id not in heard for task in alive):
        return SubmitOutcome.NOT_YET
    return SubmitOutcome.UNKNOWABLE if alive else SubmitOutcome.NOT_ACCEPTED


async def find_task(resources: Resources, render: Render, lost: TaskRow) -> str | None:
    """Return the id of the task that a submit made, or None when the service never took it. Nobody submits meanwhile.

    Raises:
        Undecided: judge it from now on.
        End: it cannot be known; the person is asked rather than charged twice.
    """
    look = partial(strange_tasks, resources, lost)
    settling, unlisted = resources.timing.settling, deadline(resources.timing.unlisted, None)
    found = await _decide(resources, render, lost, look, settling, deadline(settling, None), unlisted)
    if found is SubmitOutcome.NOT_YET:
        raise Undecided
    return found if isinstance(found, str) else None


async def follow_task(resources: Resources, render: Render, lost: TaskRow) -> str | None:
    """Find the task of a judged submit among its candidates. Others submit meanwhile.

    Raises:
        End: it cannot be known; the person is asked rather than charged twice.
    """
    ends = deadline(LONGEST_JUDGING, lost.judging_since)
    found = await _decide(resources, render, lost, partial(_candidates, resources, lost), 0.0, ends, ends)
    if found is SubmitOutcome.NOT_YET:
        raise End(Stage.UNSURE, "submit_lost")
    return found if isinstance(found, str) else None


async def _candidates(resources: Resources, lost: TaskRow) -> Strangers | None:
    """Return the tasks that were strange when the judging began, as they are now; None: there was no list."""
    task_ids = await strange_tasks_of(resources.database, seen_for(lost))
    service = resources.account_with(lost).service
    tasks = [ListedTask(task_id, (await service.poll(task_id)).state) for task_id in sorted(task_ids)]
    return tuple(tasks) or None


async def _decide(
    resources: Resources,
    render: Render,
    lost: TaskRow,
    look: Callable[[], Awaitable[Strangers | None]],
    settling: float,
    ends: float,
    unlisted: float,
) -> str | SubmitOutcome:
    """Look until it is known what became of a submit, or until a moment of the monotonic clock.

    Args:
        unlisted: the same for a service that has not answered yet.
    """
    began, heard, listed = time.monotonic(), set[str](), False
    for pause in growing_pauses(1.0, 30.0):
        try:
            strangers = await look()
            listed = True
            found = await _weigh(resources, render, lost, strangers, began, settling, heard)
        except (ServiceError, AccountError) as error:
            log.warning("the service does not say what it has", render=render.id, why=str(error))
            found = SubmitOutcome.NOT_YET
        log.info("looking for a task whose answer was lost", render=render.id, found=str(found))
        if found is SubmitOutcome.UNKNOWABLE:
            raise End(Stage.UNSURE, "submit_lost")
        left = (ends if listed else max(ends, unlisted)) - time.monotonic()
        if found is not SubmitOutcome.NOT_YET or left <= 0:
            return found
        await resources.pauses.pause(render.id, min(pause, left))
        await let_go(resources, render)
    raise AssertionError  # pauses never end


async def _weigh(
    resources: Resources,
    render: Render,
    lost: TaskRow,
    strangers: Strangers | None,
    began: float,
    settling: float,
    heard: set[str],
) -> str | SubmitOutcome:
    fetched = lost.audio_link is not None and await resources.links.fetched(lost.audio_link)
    evidence = Evidence(time.monotonic() - began, fetched, strangers)
    if lost.audio_link is not None:
        return judge(evidence, settling)
    ours = await hear(resources, render, lost, strangers or (), heard)
    return ours or judge_by_sound(evidence, settling, heard)
