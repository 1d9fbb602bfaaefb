"""Whether an order was taken: note it where that is known, and judge it where it is not, which holds up nobody."""

import time
from functools import partial
from typing import NoReturn

import structlog

from bot.render.account import come_back
from bot.render.ending import End, let_go, refuse_cancelled
from bot.render.lost_task import LONGEST_JUDGING, Undecided, find_task, follow_task
from bot.render.patience import deadline
from bot.render.resources import Resources
from storage.clock import unix_now
from storage.passing import until_written
from storage.renders import Render, Stage, read_render, update_render
from storage.tasks import NOT_TAKEN, TaskRow, end_task, update_task

log = structlog.get_logger(__name__)

KEY_PAUSE = 120.0
"""Seconds between two looks whether a person has cancelled what waits for a key."""


async def note_taken(resources: Resources, render: Render, task: TaskRow, task_id: str) -> TaskRow:
    """Note the id of a task; take back one whose render has ended meanwhile for its person, for nobody else does."""
    note = partial(update_task, resources.database, task, task_id=task_id, submitted_at=unix_now())
    taken = await until_written(note)
    account = resources.account_with(taken)
    account.note_working(order=True)
    log.info("task submitted", render=render.id, task=task_id)
    now = await read_render(resources.database, render.id)
    if now is None or now.ended:
        await account.service.cancel(task_id)
    return taken


async def settle_in_turn(resources: Resources, render: Render, lost: TaskRow) -> TaskRow:
    """Find out within seconds what became of an order whose answer was lost, while nobody else submits.

    Returns:
        The order: with its task's id, ended, or judged from now on.
    """
    try:
        task_id = await find_task(resources, render, lost)
    except Undecided:
        return await update_task(resources.database, lost, judging_since=unix_now())
    if task_id is not None:
        return await note_taken(resources, render, lost, task_id)
    return await end_task(resources.database, lost, NOT_TAKEN)


async def judge(resources: Resources, render: Render, lost: TaskRow) -> None:
    """Find out what became of an order without a turn and without a slot: it may take long."""
    resources.slots.free(render.id)
    await update_render(resources.database, render.id, trouble="service")
    task_id = await follow_task(resources, render, lost)
    await update_render(resources.database, render.id, trouble=None)
    if task_id is not None:
        resources.slots.take(render, lost.account)
        await note_taken(resources, render, lost, task_id)
        return
    await end_task(resources.database, lost, NOT_TAKEN)
    resources.slots.set_aside(render)
    await come_back(resources, render, refuse_cancelled)


async def wait_for_key(resources: Resources, render: Render, lost: TaskRow) -> NoReturn:
    """Let an order whose answer was lost wait without a slot: the key of its account may be there at the next start.

    Raises:
        End: the service knows nothing of it any more.
    """
    resources.slots.free(render.id)
    await update_render(resources.database, render.id, trouble="account")
    ends = deadline(LONGEST_JUDGING, lost.intent_at)
    while time.monotonic() < ends:
        await resources.pauses.pause(render.id, KEY_PAUSE)
        await let_go(resources, render)
    raise End(Stage.UNSURE, "submit_lost")
