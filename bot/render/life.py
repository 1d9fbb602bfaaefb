"""The life of a render: prepare → detect → submit → wait → fetch → deliver, and tidy whatever came of it.

Each step may be run twice, and may be cut anywhere: it reads the render's row, does what is missing, and writes down
what it did. `bot.render.workflow` runs the steps so that a restart goes on where the last process stopped.
"""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from decimal import Decimal
from functools import partial

import structlog

from bot.dashscope.errors import PHOTO_FAULTS, PersonReason
from bot.render.account import NO_MODEL
from bot.render.ending import AFTER_SERVICE, OVER_BUDGET, End, refuse_made
from bot.render.face_check import detect
from bot.render.handing_over import submit
from bot.render.inputs import links_of, load_objects
from bot.render.kept_video import use_kept
from bot.render.ordering import price_of
from bot.render.resources import Resources
from bot.render.restored import doubt
from bot.render.retry import StepBroke, retry_storage
from bot.render.task import TASK_LIFE, wait
from bot.render.video import deliver, fetch
from bot.render.voice_parts import split_voice
from storage.clock import unix_now
from storage.drafts import drop_portrait, keep_portrait, keep_voice, key_of_render
from storage.passing import PASSING
from storage.renders import Render, Stage, delete_render, end_render, read_render, update_render
from storage.reservations import free_unordered
from storage.store import StoreTrouble
from storage.tasks import close_intents, current_task, tasks_of
from storage.videos import same_video

log = structlog.get_logger(__name__)

Step = Callable[[Resources, Render], Awaitable[None]]


async def prepare(resources: Resources, render: Render) -> None:
    """See that the files are there and the chat takes videos, or take an earlier video of the same."""
    if render.has_video:
        return
    is_ordered = bool(await tasks_of(resources.database, render.id))
    if render.engine != resources.engine.name and not is_ordered:
        render = await _change_engine(resources, render)
    render = await use_kept(resources, render)
    if render.has_video:
        return
    earlier = await same_video(resources.database, render)
    if earlier is not None:
        seconds = {"video_seconds": earlier.video_seconds, "video_sha": earlier.video_sha}
        await update_render(resources.database, render.id, video_file_id=earlier.video_file_id, **seconds)
        return
    _, voice = await load_objects(resources, render.portrait_sha, render.voice_sha)
    if not is_ordered:
        await split_voice(resources, render, voice)


async def _change_engine(resources: Resources, render: Render) -> Render:
    """Let a render that waited while the operator changed the engine be made by the new one.

    Raises:
        End: nobody has said yes to what that costs.
    """
    columns = {**resources.engine.columns(render.ratio, render.style), "parts": 1}
    price = await price_of(resources, {**vars(render), **columns})
    if price > max(resources.ask_above, Decimal(render.asked_price or 0)):
        raise End(Stage.FAILED, "dearer")
    return await update_render(resources.database, render.id, **columns) or render


async def tidy(resources: Resources, render: Render) -> None:
    """End the links, and say how it ended or take the card away."""
    tasks = await tasks_of(resources.database, render.id)
    await resources.links.revoke(*links_of(*tasks))
    if any(task.is_intent for task in tasks):
        await close_intents(resources.database)
    if render.forgotten:
        await resources.objects.remove(render.video_sha or "")
        await delete_render(resources.database, render.id)
    if render.stage is Stage.GONE or render.forgotten:
        return
    if render.stage is Stage.DELIVERED and render.reason is None:
        await resources.audience.clear_card(render)
    else:
        await resources.audience.tell_end(render)


def is_photo_at_fault(render: Render) -> bool:
    """Tell whether a refused render needs another photo.

    One that only shows too little of the body for 3:4 is still one for 1:1.
    """
    return render.reason in PHOTO_FAULTS - {PersonReason.NO_BODY}


async def give_back(resources: Resources, render: Render) -> None:
    """Put back into the draft what was not at fault, so that the person only sends the other part again."""
    key = key_of_render(render)
    if render.stage is Stage.REFUSED and is_photo_at_fault(render):
        await drop_portrait(resources.database, key, render.portrait_sha)
    elif (render.reason or "").startswith((NO_MODEL, OVER_BUDGET)) and render.duet_id is None:
        face = (render.portrait_sha, render.portrait_file, render.portrait_owner_id)
        await keep_portrait(resources.database, key, *face)
    else:
        return
    voice = (render.voice_sha, render.voice_message_id, render.voice_file, render.voice_owner_id)
    await keep_voice(resources.database, key, *voice)


STEPS: tuple[tuple[Stage, Step], ...] = (
    (Stage.PREPARING, prepare),
    (Stage.CHECKING, detect),
    (Stage.SUBMITTING, submit),
    (Stage.WAITING, wait),
    (Stage.FETCHING, fetch),
    (Stage.DELIVERING, deliver),
)
"""In their order. What is done stands in the rows, so each costs next to nothing to take again."""

Runner = Callable[[str, Callable[[], Awaitable[bool]]], Awaitable[bool]]
Note = Callable[[str], Awaitable[None]]


async def note_nothing(_: str) -> None:
    """Nobody wants to know."""


async def run_steps(resources: Resources, render_id: str, run: Runner, note: Note = note_nothing) -> None:
    """Lead a render through its steps, as one that is recorded: a record for each would tell what the rows say.

    Args:
        run: runs what has a name, durably or not.
        note: hears of each step before it begins, and may hold it up.
    """
    await run("life", partial(take_steps, resources, render_id, note))


async def take_steps(resources: Resources, render_id: str, note: Note) -> bool:
    """Take the steps one after the other, for as long as the next one may follow, and tidy up."""
    for stage, step in STEPS:
        await note(step.__name__)
        if not await retry_storage(resources, render_id, partial(take_step, resources, render_id, stage, step)):
            break
    await note("tidy")
    return await retry_storage(resources, render_id, partial(finish, resources, render_id))


async def take_step(resources: Resources, render_id: str, stage: Stage, step: Step) -> bool:
    """Take one step of a render that is still open; returns whether the next one may follow."""
    render = await update_render(resources.database, render_id, stage=stage)
    if render is None:
        return False
    try:
        if render.cancel_asked_at is not None:
            await refuse_step(resources, render, stage)
        if render.restored_at is not None:
            await doubt(resources, render, stage)
        await step(resources, render)
    except End as end:
        await give_back(resources, replace(render, stage=end.stage, reason=end.reason))  # before it is told
        await end_render(resources.database, render_id, end.stage, end.reason)
        log.info("render ended without a video", render=render_id, stage=end.stage, reason=end.reason)
        return False
    except (*PASSING, StoreTrouble):
        raise
    except Exception as error:
        log.exception("a render broke", render=render_id, step=step.__name__)
        if await may_be_paid(resources, render, stage):
            raise StepBroke from error
        await end_render(resources.database, render_id, Stage.FAILED, "unexplained")
        return False
    return True


async def may_be_paid(resources: Resources, render: Render, stage: Stage) -> bool:
    """Tell whether a video may still come of a render that broke: then nothing of ours ends it within a day."""
    if stage not in (Stage.SUBMITTING, Stage.WAITING, Stage.FETCHING):
        return False
    day_ago = unix_now() - TASK_LIFE
    tasks = await tasks_of(resources.database, render.id)
    return any(task.intent_at > day_ago and (not task.ended or task.video_url is not None) for task in tasks)


async def refuse_step(resources: Resources, render: Render, stage: Stage) -> None:
    """Raise `End` where a render that its person cancelled need not go on: nothing is at the service, or it is done."""
    if stage in AFTER_SERVICE:
        await refuse_made(resources, render)
    _, task = await current_task(resources.database, render.id, render.parts)
    if task is None or task.ended:
        raise End(Stage.CANCELLED)


async def finish(resources: Resources, render_id: str) -> bool:
    """Tidy up after a render, however it ended."""
    resources.pauses.forget(render_id)
    render = await read_render(resources.database, render_id)
    if render is None or render.parts > 1:
        await free_unordered(resources.database, render_id)
    if render is not None:
        try:
            await tidy(resources, render)
        except PASSING:
            raise
        except Exception:
            log.exception("tidying up after a render broke", render=render_id)
    return True
