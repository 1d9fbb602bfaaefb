"""Finding the task of a submit whose answer was lost, so that nothing is paid twice.

Two facts decide: has the service fetched this render's own audio link (nobody else knows it), and which tasks does
the service list that none of our renders knows? Submits are made one at a time, and none before it is known what
became of the last one. So a lost one is at most one of the strange tasks, and none that was seen for an earlier one.
"""

import time
from dataclasses import dataclass
from enum import Enum

import structlog

from bot.backoff import growing_pauses
from bot.dashscope.types import ENDED, ListedTask
from bot.render.ending import End
from bot.render.parts import Parts
from bot.render.recognition import recognise_task
from bot.render.strangers import UNPAID, strange_tasks
from storage.renders import Render, Stage
from storage.tasks import TaskRow

log = structlog.get_logger(__name__)

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


async def find_task(parts: Parts, render: Render, lost: TaskRow) -> str | None:
    """The id of the task that a lost submit made, or None when the service never took it.

    Raises:
        End: it cannot be known; the person is asked rather than charged twice.
    """
    if lost.audio_link is None:
        return await recognise_task(parts, render, lost)
    began = time.monotonic()
    for pause in growing_pauses(1.0, 30.0):
        evidence = await _gather_evidence(parts, render, lost, time.monotonic() - began)
        found = judge(evidence, parts.timing.settling)
        log.info("looking for a task whose answer was lost", render=render.id, found=str(found))
        if isinstance(found, str):
            return found
        if found is SubmitOutcome.NOT_ACCEPTED:
            return None
        if found is SubmitOutcome.UNKNOWABLE:
            raise End(Stage.UNSURE, "submit_lost")
        await parts.pauses.pause(render.id, pause)
    raise AssertionError  # pauses never end


async def _gather_evidence(parts: Parts, render: Render, lost: TaskRow, looked: float) -> Evidence:
    strange = await strange_tasks(parts, render, lost, lost.audio_link or "")
    fetched = lost.audio_link is not None and await parts.links.fetched(lost.audio_link)
    return Evidence(max(time.time() - lost.intent_at, looked), fetched, strange)
