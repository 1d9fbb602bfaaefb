"""The service's own job: asked about until it has ended, and handed over anew where that may be."""

import math
import time
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.dashscope.errors import (
    AccountError,
    DashscopeError,
    PersonError,
    ServiceError,
    UnknownError,
    UnreachableMedia,
)
from bot.dashscope.refusals import error_of_task
from bot.dashscope.types import Task
from bot.render.account import pass_over, stand_aside
from bot.render.accounts import Account
from bot.render.bookkeeping import book_video
from bot.render.ending import End, let_go, refuse_cancelled
from bot.render.handing_over import hand_over
from bot.render.inputs import load_objects
from bot.render.patience import deadline
from bot.render.polling import learned_pace, pause_while_pending, pause_while_running
from bot.render.resources import Resources
from bot.render.retry import LONGEST_PAUSE, retry_call, retry_storage, trouble_of
from storage.clock import unix_now
from storage.objects import Objects
from storage.renders import Render, Stage, read_render, update_render
from storage.tasks import FORGOTTEN, TaskRow, current_task, end_task, update_task
from storage.voice_parts import voice_of
from storage.workload import recent_paces

log = structlog.get_logger(__name__)

TASK_LIFE = 24 * 3600.0
"""Seconds that the service remembers a task, and longer than any should take."""

TASK_TRIES = 3
"""Attempts in all, while they fail unpaid and through nobody's fault."""

ACCOUNT_TRIES = 700
"""Attempts in all, while they fail for what the operator must mend: a day of them."""


async def wait(resources: Resources, render: Render) -> None:
    """See the task of each part to its end; one that failed unpaid, through nobody's fault, goes a few times again."""
    while not (render.has_video or render.ended):
        part, task = await current_task(resources.database, render.id, render.parts)
        if task is not None and task.video_url is not None:
            return
        if task is None or task.task_id is None or task.ended:
            await retry_call(resources, render, lambda render=render: hand_over(resources, render))  # type: ignore[misc]
        else:
            seen = await _watch(resources, render, task)
            if seen.succeeded and part == render.parts:
                return
            if not seen.succeeded:
                await _try_again(resources, render, task, seen)
        render = await _fresh(resources, render)


async def _watch(resources: Resources, render: Render, task: TaskRow) -> Task:
    """Ask the service now and then until the task has ended; returns it as it ended."""
    last_poll, ends = task.submitted_at or unix_now(), deadline(TASK_LIFE, task.submitted_at)
    unknown_since = -math.inf if task.state == FORGOTTEN else None
    expected = await expected_seconds(resources.database, resources.objects, render, task.part)
    shortest = resources.timing.shortest_poll
    account, poll = resources.account_with(task), partial(resources.account_with(task).service.poll, task.task_id or "")
    if account.name in resources.accounts:
        resources.slots.move(render, account.name)
    else:
        resources.slots.free(render.id)  # it waits for a key, and must keep nobody from anything
    while True:
        seen = await retry_call(resources, render, poll, when_cancelled=let_go, at=account)
        now = unix_now()
        task = await _note_seen(resources, render, task, seen, last_poll, now)
        last_poll = now
        unknown_since = (unknown_since or time.monotonic()) if seen.forgotten else None
        if seen.ended or (unknown_since and time.monotonic() - unknown_since >= resources.timing.forgotten):
            return seen
        if time.monotonic() > ends:
            raise End(Stage.FAILED, "too_late")
        render = await _fresh(resources, render)
        if render.cancel_asked_at is not None and await _give_up(resources, account, render, seen):
            await end_task(resources.database, task, "CANCELED")
            raise End(Stage.CANCELLED)
        if task.started_at is not None:
            pause = pause_while_running(now - task.started_at, expected, shortest)
        else:
            pause = pause_while_pending(now - (task.submitted_at or now), expected, shortest)
        await resources.pauses.pause(render.id, pause)


async def _try_again(resources: Resources, render: Render, task: TaskRow, seen: Task) -> None:
    """End an attempt that brought no video; raise `End` unless another one may do better."""
    error = error_of_task(seen)
    say = log.error if isinstance(error, AccountError | UnknownError) else log.warning
    say("the service brought no video", render=render.id, task=seen.task_id, why=str(error))
    await end_task(resources.database, task, seen.state)
    render = await _fresh(resources, render)
    if render.cancel_asked_at is not None:
        raise End(Stage.CANCELLED)
    if seen.forgotten and task.state == FORGOTTEN:
        return  # the person knows, and wants another one
    if isinstance(error, AccountError):
        resources.account_with(task).note_shut(error, order=True)
        if pass_over(resources, render, error):
            return
        await stand_aside(resources, render, error)
    most = {AccountError: ACCOUNT_TRIES, ServiceError: TASK_TRIES, UnreachableMedia: TASK_TRIES}
    were_away = isinstance(error, UnreachableMedia) and await _wait_for_files(resources, render, task)
    if task.attempt >= most.get(type(error), 0) and not were_away:
        raise _end_of_task(seen, error)
    await update_render(resources.database, render.id, trouble=trouble_of(error))
    await resources.pauses.pause(render.id, min(LONGEST_PAUSE, resources.timing.second_task * task.attempt))
    await refuse_cancelled(resources, render)


async def _wait_for_files(resources: Resources, render: Render, task: TaskRow) -> bool:
    """Wait until whichever machine is asked can serve the files of an attempt; return whether that took any waiting."""
    looks = 0

    async def look() -> None:
        nonlocal looks
        looks += 1
        await refuse_cancelled(resources, render)
        voice = await voice_of(resources.database, render, task.part)
        for kept in await load_objects(resources, render.portrait_sha, voice):
            await resources.objects.ask_for(kept)

    await retry_storage(resources, render.id, look)
    return looks > 1


async def expected_seconds(database: AsyncEngine, objects: Objects, render: Render, part: int) -> float | None:
    """Seconds that the service should work on a part, by what the latest ones took; None before the first."""
    pace = learned_pace(await recent_paces(database, render.model))
    voice = await objects.get(await voice_of(database, render, part))
    return pace * voice.seconds if pace and voice and voice.seconds else None


async def _note_seen(
    resources: Resources, render: Render, task: TaskRow, seen: Task, last_poll: float, now: float
) -> TaskRow:
    """Write down what a poll saw, where it is new; what was made is paid."""
    columns: dict[str, object] = {} if seen.state == task.state else {"state": seen.state}
    started = task.started_at
    if started is None and seen.state not in ("PENDING", "UNKNOWN"):
        said = seen.scheduled_at.timestamp() if seen.scheduled_at else now
        started = columns["started_at"] = min(now, max(last_poll, said))
    if seen.succeeded:
        started = started or now
        if seen.ended_at and seen.scheduled_at:
            worked = (seen.ended_at - seen.scheduled_at).total_seconds()
            columns |= {"started_at": started, "worked_until": started + worked}
        columns |= {"video_url": seen.video_url, "video_seconds": seen.video_seconds, "ended_at": now}
        if seen.video_seconds is not None:
            await book_video(resources, render, task, seen.video_seconds)
    return await update_task(resources.database, task, **columns) if columns else task


def _end_of_task(seen: Task, error: DashscopeError) -> End:
    if seen.forgotten:
        return End(Stage.FAILED, "forgotten")
    if seen.state == "CANCELED":
        return End(Stage.FAILED, "cancelled_there")
    if isinstance(error, PersonError):
        return End(Stage.REFUSED, error.reason)
    return End(Stage.FAILED, "not_understood" if isinstance(error, UnknownError) else "task_failed")


async def _give_up(resources: Resources, account: Account, render: Render, seen: Task) -> bool:
    """Cancel at the service; a task that is running there goes on and is paid, so it is waited for without a word."""
    if seen.state != "PENDING":
        await let_go(resources, render)
        return False
    cancel = partial(account.service.cancel, seen.task_id)
    if await retry_call(resources, render, cancel, when_cancelled=let_go, at=account):
        return True
    await let_go(resources, render)
    return False


async def _fresh(resources: Resources, render: Render) -> Render:
    return await read_render(resources.database, render.id) or render
