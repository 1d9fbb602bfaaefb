"""The service's own job: handed over once, then asked about until it has ended."""

import math
import time
from decimal import Decimal
from functools import partial

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.dashscope.errors import (
    AccountError,
    DashscopeError,
    LostAnswer,
    PersonError,
    ServiceError,
    UnclearAnswer,
    UnknownError,
    UnreachableMedia,
)
from bot.dashscope.refusals import error_of_task
from bot.dashscope.types import Box, Task, Verdict
from bot.engines.engine import Media, Options
from bot.gates.money import billed_seconds
from bot.gates.permission import NotPermitted, still_permitted
from bot.render.account import stand_aside
from bot.render.bookkeeping import book_video
from bot.render.ending import OVER_BUDGET, End, let_go, refuse_cancelled, refuse_ended, refuse_restored
from bot.render.judging import judge, note_taken, settle_in_turn
from bot.render.parts import Parts
from bot.render.patience import deadline
from bot.render.polling import learned_pace, pause_while_pending, pause_while_running
from bot.render.retry import LONGEST_PAUSE, retry_call, trouble_of
from storage.objects import Object, Objects
from storage.passing import PASSING, until_written
from storage.renders import Render, Stage, read_render, update_render
from storage.reservations import OverBudget
from storage.tasks import (
    FORGOTTEN,
    OrderGoingOn,
    TaskRow,
    current_task,
    drop_intent,
    end_task,
    open_submits,
    recent_paces,
    tasks_of,
    update_task,
    write_intent,
)
from storage.verdicts import read_verdict
from storage.voice_parts import voice_of

log = structlog.get_logger(__name__)

TASK_LIFE = 24 * 3600.0
"""Seconds that the service remembers a task, and longer than any should take."""

TASK_TRIES = 3
"""Attempts in all, while they fail unpaid and through nobody's fault."""

TURN_PAUSE = 0.5
"""Seconds between two looks whether somebody else's submit is done."""

ACCOUNT_TRIES = 700
"""Attempts in all, while they fail for what the operator must mend: a day of them."""


async def submit(parts: Parts, render: Render) -> None:
    """Hand the task over, once: the intent is written before the call, the task's id right after it."""
    if render.has_video:
        return
    _, task = await current_task(parts.database, render.id, render.parts)
    if task is None or task.task_id is None:
        await retry_call(parts, render, lambda: _hand_over(parts, render))


async def _hand_over(parts: Parts, render: Render) -> None:
    """Try once, when no other try is going on."""
    while not await _hand_over_in_turn(parts, render):
        _, task = await current_task(parts.database, render.id, render.parts)
        if task is not None and task.is_judged:
            await judge(parts, render, task)
            continue
        await parts.pauses.pause(render.id, TURN_PAUSE)
        if task is None or not task.is_intent:
            await refuse_cancelled(parts, render)


async def _hand_over_in_turn(parts: Parts, render: Render) -> bool:
    """Try, unless somebody else does, or it is not known yet what became of another's try; returns whether it did."""
    if parts.submitting.locked():
        return False
    async with parts.submitting:
        if await open_submits(parts.database) - {render.id}:
            return False
        while True:
            part, last = await current_task(parts.database, render.id, render.parts)
            if last is not None and last.is_intent:
                if not last.is_judged:
                    last = await settle_in_turn(parts, render, last)
                if last.is_judged:
                    return False
            if last is not None and (not last.ended or last.video_url is not None):
                return True
            render = await _fresh(parts, render)
            refuse_ended(render)
            try:
                task, task_id = await _order(parts, render, part, last)
            except OrderGoingOn:
                return False
            except LostAnswer as lost:
                log.warning("the answer to a submit was lost", render=render.id, why=str(lost))
                continue
            await note_taken(parts, render, task, task_id)
            return True


async def _order(parts: Parts, render: Render, part: int, last: TaskRow | None) -> tuple[TaskRow, str]:
    """Submit a part with links of its own: whether they are fetched tells later what became of this very call."""
    engine, options = parts.engine_of(render), options_of(render)
    verdict = await _verdict(parts, render)
    voice_sha = await voice_of(parts.database, render, part)
    portrait, voice = await load_objects(parts, render.portrait_sha, voice_sha)
    if last is not None:
        await parts.links.revoke(*links_of(last))
    image, audio = await parts.hosting.host(engine.video_model, portrait, voice)
    keys = [each.link for each in (image, audio) if each.link]
    attempt, price = last.attempt + 1 if last else 1, engine.second_price(options)
    costs = await _costs(parts, render, part, price)
    try:
        task = await write_intent(
            parts.database,
            render.id,
            [
                still_permitted(parts.keyed, render),
                parts.money.for_task(parts.payer_of(render), render.id, attempt, costs),
            ],
            part=part,
            attempt=attempt,
            account=parts.account,
            engine=engine.name,
            model=engine.video_model,
            second_price=str(price),
            image_link=image.link,
            audio_link=audio.link,
        )
    except (OrderGoingOn, *PASSING):
        await until_written(partial(parts.links.revoke, *keys))
        raise
    except NotPermitted as error:
        await parts.links.revoke(*keys)
        raise End(Stage.REFUSED, error.reason) from error
    except OverBudget as over:
        await parts.links.revoke(*keys)
        raise End(Stage.FAILED, OVER_BUDGET + over.kind) from over
    if task is None:
        await parts.links.revoke(*keys)
        await refuse_restored(parts, render)
        raise End(Stage.CANCELLED)  # it has ended, or is forgotten, since it was read
    try:
        return task, await parts.service.submit(engine.order(Media(image.url, audio.url), verdict, options))
    except LostAnswer:
        raise
    except UnclearAnswer as error:
        log.error("a task was taken that nobody can ask after", render=render.id, why=str(error))
        raise End(Stage.UNSURE, "submit_lost") from error
    except DashscopeError:
        await drop_intent(parts.database, task)
        await parts.links.revoke(*keys)
        raise


async def _costs(parts: Parts, render: Render, part: int, price: Decimal) -> dict[int, Decimal]:
    """What a part costs at most, and those after it that were never ordered, by their numbers."""
    begun = {task.part for task in await tasks_of(parts.database, render.id)}
    costs = {}
    for number in (part, *(later for later in range(part + 1, render.parts + 1) if later not in begun)):
        voice = await parts.objects.get(await voice_of(parts.database, render, number))
        seconds = voice.seconds if voice and voice.seconds else parts.engine_of(render).voice_seconds
        costs[number] = price * billed_seconds(seconds)
    return costs


async def _verdict(parts: Parts, render: Render) -> Verdict:
    """Return what was said of the portrait, as an order needs it."""
    engine = parts.engine_of(render)
    known = await read_verdict(parts.database, render.portrait_sha, render.ratio, engine.detect_model)
    if known is None or (engine.gives_boxes and (known.face_box is None or known.ext_box is None)):
        raise End(Stage.FAILED, "unexplained")
    face, ext = (Box(*box) if box is not None else None for box in (known.face_box, known.ext_box))
    return Verdict(True, face, ext)


def options_of(render: Render) -> Options:
    """Return what was chosen for a render."""
    return Options(render.ratio, render.style, render.resolution)


def links_of(*tasks: TaskRow) -> list[str]:
    """Return the keys of the links of attempts."""
    return [key for task in tasks for key in (task.image_link, task.audio_link) if key]


async def load_objects(parts: Parts, *shas: str) -> list[Object]:
    """Return files of a render.

    Raises:
        End: one of them was deleted by now.
    """
    found = await parts.objects.get_all(*shas)
    if not found.keys() >= set(shas):
        raise End(Stage.FAILED, "file_gone")
    return [found[sha] for sha in shas]


async def wait(parts: Parts, render: Render) -> None:
    """See the task of each part to its end; one that failed unpaid, through nobody's fault, goes a few times again."""
    while not (render.has_video or render.ended):
        part, task = await current_task(parts.database, render.id, render.parts)
        if task is not None and task.video_url is not None:
            return
        if task is None or task.task_id is None or task.ended:
            await retry_call(parts, render, lambda render=render: _hand_over(parts, render))  # type: ignore[misc]
        else:
            seen = await _watch(parts, render, task)
            if seen.succeeded and part == render.parts:
                return
            if not seen.succeeded:
                await _try_again(parts, render, task, seen)
        render = await _fresh(parts, render)


async def _watch(parts: Parts, render: Render, task: TaskRow) -> Task:
    """Ask the service now and then until the task has ended; returns it as it ended."""
    last_poll, ends = task.submitted_at or time.time(), deadline(TASK_LIFE, task.submitted_at)
    unknown_since = -math.inf if task.state == FORGOTTEN else None
    expected = await expected_seconds(parts.database, parts.objects, render, task.part)
    shortest = parts.timing.shortest_poll
    task_id = task.task_id or ""
    while True:
        seen = await retry_call(parts, render, lambda: parts.service.poll(task_id), when_cancelled=let_go)
        now = time.time()
        task = await _note_seen(parts, render, task, seen, last_poll, now)
        last_poll = now
        unknown_since = (unknown_since or time.monotonic()) if seen.forgotten else None
        if seen.ended or (unknown_since and time.monotonic() - unknown_since >= parts.timing.forgotten):
            return seen
        if time.monotonic() > ends:
            raise End(Stage.FAILED, "too_late")
        render = await _fresh(parts, render)
        if render.cancel_asked_at is not None and await _give_up(parts, render, seen):
            await end_task(parts.database, task, "CANCELED")
            raise End(Stage.CANCELLED)
        if task.started_at is not None:
            pause = pause_while_running(now - task.started_at, expected, shortest)
        else:
            pause = pause_while_pending(now - (task.submitted_at or now), expected, shortest)
        await parts.pauses.pause(render.id, pause)


async def _try_again(parts: Parts, render: Render, task: TaskRow, seen: Task) -> None:
    """End an attempt that brought no video; raise `End` unless another one may do better."""
    error = error_of_task(seen)
    say = log.error if isinstance(error, AccountError | UnknownError) else log.warning
    say("the service brought no video", render=render.id, task=seen.task_id, why=str(error))
    await end_task(parts.database, task, seen.state)
    render = await _fresh(parts, render)
    if render.cancel_asked_at is not None:
        raise End(Stage.CANCELLED)
    if seen.forgotten and task.state == FORGOTTEN:
        return  # the person knows, and wants another one
    if isinstance(error, AccountError):
        await stand_aside(parts, render, error)
    most = {AccountError: ACCOUNT_TRIES, ServiceError: TASK_TRIES, UnreachableMedia: TASK_TRIES}
    if task.attempt >= most.get(type(error), 0):
        raise _end_of_task(seen, error)
    await update_render(parts.database, render.id, trouble=trouble_of(error))
    await parts.pauses.pause(render.id, min(LONGEST_PAUSE, parts.timing.second_task * task.attempt))
    await refuse_cancelled(parts, render)


async def expected_seconds(database: AsyncEngine, objects: Objects, render: Render, part: int) -> float | None:
    """Seconds that the service should work on a part, by what the latest ones took; None before the first."""
    pace = learned_pace(await recent_paces(database, render.model))
    voice = await objects.get(await voice_of(database, render, part))
    return pace * voice.seconds if pace and voice and voice.seconds else None


async def _note_seen(parts: Parts, render: Render, task: TaskRow, seen: Task, last_poll: float, now: float) -> TaskRow:
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
            await book_video(parts, render, task, seen.video_seconds)
    return await update_task(parts.database, task, **columns) if columns else task


def _end_of_task(seen: Task, error: DashscopeError) -> End:
    if seen.forgotten:
        return End(Stage.FAILED, "forgotten")
    if seen.state == "CANCELED":
        return End(Stage.FAILED, "cancelled_there")
    if isinstance(error, PersonError):
        return End(Stage.REFUSED, error.reason)
    return End(Stage.FAILED, "not_understood" if isinstance(error, UnknownError) else "task_failed")


async def _give_up(parts: Parts, render: Render, seen: Task) -> bool:
    """Cancel at the service; a task that is running there goes on and is paid, so it is waited for without a word."""
    if seen.state != "PENDING":
        await let_go(parts, render)
        return False
    if await retry_call(parts, render, lambda: parts.service.cancel(seen.task_id), when_cancelled=let_go):
        return True
    await let_go(parts, render)
    return False


async def _fresh(parts: Parts, render: Render) -> Render:
    return await read_render(parts.database, render.id) or render
