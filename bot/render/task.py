"""The service's own job: handed over once, then asked about until it has ended."""

import time
from typing import cast

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.dashscope.errors import EmoError, LostAnswer, PersonError, ServiceError, UnreachableMedia, error_of_task
from bot.dashscope.types import Box, Style, Task
from bot.render.ending import End, let_go, refuse_cancelled, refuse_ended
from bot.render.lost_task import find_task
from bot.render.parts import Parts
from bot.render.polling import learned_pace, pause_while_pending, pause_while_running
from bot.render.retry import retry_call, trouble_of
from storage.ledger import note_video
from storage.objects import Object, Objects
from storage.renders import Render, Stage, lost_submits, read_render, recent_paces, update_render
from storage.verdicts import read_verdict

log = structlog.get_logger(__name__)

TASK_LIFE = 24 * 3600.0
"""Seconds that the service remembers a task, and longer than any should take."""

TASK_TRIES = 3
"""Tasks in all for one render, while they fail unpaid and through nobody's fault."""

TURN_PAUSE = 0.5
"""Seconds between two looks whether somebody else's submit is done."""

FORGOTTEN_POLLS = 4
"""Polls in a row that find the task unknown before it counts as forgotten."""


async def submit(parts: Parts, render: Render) -> None:
    """Hand the task over, once: the intent is written before the call, the task's id right after it."""
    if render.has_video or render.task_id:
        return
    await retry_call(parts, render, lambda: _hand_over(parts, render))


async def _hand_over(parts: Parts, render: Render) -> None:
    """Try once, when no other try is going on."""
    while not await _hand_over_in_turn(parts, render):
        await parts.pauses.pause(render.id, TURN_PAUSE)
        if render.submit_intent_at is None:
            await refuse_cancelled(parts, render)


async def _hand_over_in_turn(parts: Parts, render: Render) -> bool:
    """Try, unless somebody else does, or it is not known yet what became of another's try; returns whether it did."""
    if parts.submitting.locked():
        return False
    async with parts.submitting:
        if await lost_submits(parts.database) - {render.id}:
            return False
        while True:
            render = await _fresh(parts, render)
            task_id = None
            if render.submit_intent_at:
                task_id = await find_task(parts, render)
                render = await _fresh(parts, render)
            if task_id is None:
                refuse_ended(render)
                try:
                    task_id = await _order(parts, render)
                except LostAnswer as lost:
                    log.warning("the answer to a submit was lost", render=render.id, why=str(lost))
                    continue
            known = await update_render(parts.database, render.id, task_id=task_id, task_submitted_at=time.time())
            if known is None:  # it has ended meanwhile for its person: nobody else takes it back
                await parts.emo.cancel(task_id)
            log.info("task submitted", render=render.id, task=task_id)
            return True


async def _order(parts: Parts, render: Render) -> str:
    """Submit with links of its own: whether they are fetched tells later what became of this very call."""
    verdict = await read_verdict(parts.database, render.portrait_sha, render.ratio)
    if verdict is None or verdict.face_box is None or verdict.ext_box is None:
        raise End(Stage.FAILED, "unexplained")
    face, ext = Box(*verdict.face_box), Box(*verdict.ext_box)
    portrait, voice = await load_objects(parts, render.portrait_sha, render.voice_sha)
    await parts.links.revoke(*(key for key in (render.image_link, render.audio_link) if key))
    image, audio = await parts.links.issue_all(portrait, voice)
    links = {"image_link": image.key, "audio_link": audio.key}
    if not await update_render(parts.database, render.id, submit_intent_at=time.time(), **links):
        await parts.links.revoke(image.key, audio.key)
        raise End(Stage.CANCELLED)  # it has ended, or is forgotten, since it was read
    try:
        return await parts.emo.submit(
            image_url=image.url, audio_url=audio.url, face_box=face, ext_box=ext, style=cast(Style, render.style)
        )
    except LostAnswer:
        raise
    except EmoError:
        await update_render(parts.database, render.id, submit_intent_at=None)
        raise


async def load_objects(parts: Parts, *shas: str) -> list[Object]:
    """Files of a render.

    Raises:
        End: one of them was deleted by now.
    """
    found = await parts.objects.get_all(*shas)
    if not found.keys() >= set(shas):
        raise End(Stage.FAILED, "file_gone")
    return [found[sha] for sha in shas]


async def wait(parts: Parts, render: Render) -> None:
    """See the task to its end; one that failed unpaid, through nobody's fault, is handed over again a few times."""
    while not (render.has_video or render.video_url or render.ended):
        if render.task_id is None:
            await submit(parts, render)
        else:
            task = await _watch(parts, render, render.task_id)
            if task.succeeded:
                return
            await _try_again(parts, await _fresh(parts, render), task)
        render = await _fresh(parts, render)


async def _watch(parts: Parts, render: Render, task_id: str) -> Task:
    """Ask the service now and then until the task has ended; returns it as it ended."""
    forgotten, last_poll, began = 0, render.task_submitted_at or time.time(), time.monotonic()
    expected, shortest = await expected_seconds(parts.database, parts.objects, render), parts.timing.shortest_poll
    while True:
        task = await retry_call(parts, render, lambda: parts.emo.poll(task_id), when_cancelled=let_go)
        now = time.time()
        render = await _note_task(parts, render, task, last_poll, now)
        last_poll = now
        forgotten = forgotten + 1 if task.forgotten else 0
        if task.ended or forgotten >= FORGOTTEN_POLLS:
            return task
        if time.monotonic() - began > TASK_LIFE:  # a clock that is set ahead makes no task late
            raise End(Stage.FAILED, "too_late")
        if render.cancel_asked_at is not None and await _give_up(parts, render, task):
            raise End(Stage.CANCELLED)
        if render.task_started_at is not None:
            pause = pause_while_running(now - render.task_started_at, expected, shortest)
        else:
            pause = pause_while_pending(now - (render.task_submitted_at or now), expected, shortest)
        await parts.pauses.pause(render.id, pause)


async def _try_again(parts: Parts, render: Render, task: Task) -> None:
    """Clear the row for another task when this one failed unpaid and another may do better; else raise `End`."""
    error = error_of_task(task)
    log.warning("the EMO service brought no video", render=render.id, task=task.task_id, why=str(error))
    if render.cancel_asked_at is not None:
        raise End(Stage.CANCELLED)
    if not isinstance(error, ServiceError | UnreachableMedia) or render.failed_tasks + 1 >= TASK_TRIES:
        raise _end_of_task(task, error)
    nothing = {"task_id": None, "task_state": None, "task_submitted_at": None, "task_started_at": None}
    tried = render.failed_tasks + 1
    await update_render(
        parts.database, render.id, **nothing, submit_intent_at=None, failed_tasks=tried, trouble=trouble_of(error)
    )
    await parts.pauses.pause(render.id, parts.timing.second_task * tried)
    await refuse_cancelled(parts, render)


async def expected_seconds(database: AsyncEngine, objects: Objects, render: Render) -> float | None:
    """Seconds that the service should work on this render, by what the latest ones took; None before the first."""
    pace = learned_pace(await recent_paces(database))
    voice = await objects.get(render.voice_sha)
    return pace * voice.seconds if pace and voice and voice.seconds else None


async def _note_task(parts: Parts, render: Render, task: Task, last_poll: float, now: float) -> Render:
    columns: dict[str, object] = {"task_state": task.state}
    if render.task_started_at is None and task.state not in ("PENDING", "UNKNOWN"):
        said = task.scheduled_at.timestamp() if task.scheduled_at else now
        columns["task_started_at"] = min(now, max(last_poll, said))
    if task.succeeded:
        started = render.task_started_at or now
        if task.ended_at and task.scheduled_at:
            columns["task_started_at"] = started
            columns["task_ended_at"] = started + (task.ended_at - task.scheduled_at).total_seconds()
        columns |= {"video_url": task.video_url, "video_seconds": task.video_seconds}
        await note_video(
            parts.database, task.task_id, task.video_ratio or render.ratio, task.video_seconds or 0.0, render.chat_id
        )
    return await update_render(parts.database, render.id, **columns) or await _fresh(parts, render)


def _end_of_task(task: Task, error: EmoError) -> End:
    if task.forgotten:
        return End(Stage.FAILED, "forgotten")
    if task.state == "CANCELED":
        return End(Stage.FAILED, "cancelled_there")
    if isinstance(error, PersonError):
        return End(Stage.REFUSED, error.reason)
    return End(Stage.FAILED, "task_failed")


async def _give_up(parts: Parts, render: Render, task: Task) -> bool:
    """Cancel at the service; a task that is running there goes on and is paid, so it is waited for without a word."""
    if task.state != "PENDING":
        await let_go(parts, render)
        return False
    return await retry_call(parts, render, lambda: parts.emo.cancel(task.task_id), when_cancelled=let_go)


async def _fresh(parts: Parts, render: Render) -> Render:
    return await read_render(parts.database, render.id) or render
