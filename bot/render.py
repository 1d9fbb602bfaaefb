"""The life of a render: prepare → detect → submit → wait → fetch → deliver, and tidy whatever came of it.

Each step may be run twice, and may be cut anywhere: it reads the render's row, does what is missing, and writes down
what it did. `bot.workflow` runs the steps so that a restart goes on where the last process stopped.
"""

from collections.abc import Awaitable, Callable
from functools import partial
from typing import Any

import structlog

from bot.audience import ChatGone, ChatMoved, FileIdDead, MaybeSent, SendForbidden, Sent, Video
from bot.emo.errors import LostAnswer, ServiceError, VideoGone, VideoTooLarge
from bot.media.child import run_limited
from bot.media.errors import MediaError
from bot.media.shapes import mark_video
from bot.media.video import make_thumbnail, shrink_video
from bot.parts import Parts
from bot.patience import End, lastingly, patiently
from bot.task import kept, submit, wait
from storage.chats import move_chat, settle_chat
from storage.database import PASSING
from storage.drafts import DraftKey, drop_portrait, keep_voice
from storage.ledger import note_look
from storage.objects import Object, StorageFull
from storage.renders import (
    Render,
    Stage,
    delete_render,
    end_render,
    forget_file_id,
    read_render,
    same_video,
    update_render,
)
from storage.verdicts import StoredVerdict, read_verdict, write_verdict

log = structlog.get_logger(__name__)

UPLOAD_LIMIT = 49 * 1024 * 1024
"""Bytes: Telegram takes 50 MB from a bot; a little is left for the envelope."""

VIDEO_LIMIT = 500 * 1024 * 1024
"""Bytes of a video that are fetched at all; it is then made smaller."""

FETCH_TRIES = 5
FETCH_PAUSE = 1.0
"""Seconds before a video is fetched again, twice that before the next time, and so on."""

MARK_SECONDS = 300.0
"""How long it may take to mark a video as made by AI, which encodes it anew where the mark is in the picture."""

Step = Callable[[Parts, Render], Awaitable[None]]


async def prepare(parts: Parts, render: Render) -> None:
    """See that the files are there, and take an earlier video of the same."""
    if render.has_video:
        return
    earlier = await same_video(parts.engine, render)
    if earlier is not None:
        seconds = {"video_seconds": earlier.video_seconds, "video_sha": earlier.video_sha}
        await update_render(parts.engine, render.id, video_file_id=earlier.video_file_id, **seconds)
        return
    await kept(parts, render.portrait_sha)
    await kept(parts, render.voice_sha)


async def detect(parts: Parts, render: Render) -> None:
    """See that the service takes the face; a photo that it has looked at is not paid for again."""
    if render.has_video or render.task_id:
        return
    portrait = await kept(parts, render.portrait_sha)
    verdict = await patiently(parts, render, lambda: check_portrait(parts, portrait, render.ratio, render.chat_id))
    if not verdict.passed:
        raise End(Stage.REFUSED, verdict.code or "InvalidFile")


async def check_portrait(parts: Parts, portrait: Object, ratio: str, chat_id: int | None) -> StoredVerdict:
    """Ask the service about a face, once for each photo and ratio.

    Raises:
        EmoError: the service did not say.
    """
    async with parts.checking.hold((portrait.sha, ratio)):
        known = await read_verdict(parts.engine, portrait.sha, ratio)
        if known is not None:
            return known
        return await parts.emo.repeat("detect", partial(_look, parts, portrait, ratio, chat_id))


async def _look(parts: Parts, portrait: Object, ratio: str, chat_id: int | None) -> StoredVerdict:
    """Let the service look once, by a link of its own: whether it was fetched tells what a lost answer has cost."""
    link = await parts.links.issue(portrait)
    try:
        said = await parts.emo.detect(link.url, "3:4" if ratio == "3:4" else "1:1")
        face, ext = (box.as_list() if box else None for box in (said.face_box, said.ext_box))
        verdict = StoredVerdict(portrait.sha, ratio, said.passed, face, ext, said.code, said.message)
        await write_verdict(parts.engine, verdict, link.key, chat_id)
    except LostAnswer as lost:
        await parts.links.revoke(link.key)  # first: whoever has not come by now has not looked
        if await parts.links.fetched(link.key):
            await note_look(parts.engine, link.key, chat_id)
        raise ServiceError(lost.message, status=lost.status) from lost
    finally:
        await parts.links.revoke(link.key)
    return verdict


async def fetch(parts: Parts, render: Render) -> None:
    """Copy the video at once: its link dies."""
    if render.has_video:
        return
    if render.video_url is None:  # the task was lost since the last step, and may be made again
        await wait(parts, render)
        render = await read_render(parts.engine, render.id) or render
    task_id = render.task_id or ""
    with parts.objects.scratch() as folder:
        path, marked = folder / "video.mp4", folder / "marked.mp4"
        for attempt in range(1, FETCH_TRIES + 1):
            try:
                url = render.video_url or ""
                await patiently(parts, render, lambda url=url: parts.emo.download(url, path, VIDEO_LIMIT))  # type: ignore[misc]
                facts = await run_limited(mark_video, path, marked, parts.ai_mark, seconds=MARK_SECONDS)
                break
            except (VideoGone, VideoTooLarge, MediaError) as error:
                log.warning("the video cannot be used", render=render.id, why=str(error), attempt=attempt)
                if attempt == FETCH_TRIES or isinstance(error, VideoTooLarge):
                    raise End(Stage.FAILED, "video_dead") from error
            await update_render(parts.engine, render.id, trouble="service")
            await parts.wakes.pause(render.id, FETCH_PAUSE * attempt)
            task = await patiently(parts, render, lambda: parts.emo.poll(task_id))
            if task.video_url:
                await update_render(parts.engine, render.id, video_url=task.video_url)
                render = await read_render(parts.engine, render.id) or render
        video = await parts.objects.add(
            marked, extension="mp4", kind="video", width=facts.width, height=facts.height, seconds=facts.seconds
        )
    await update_render(parts.engine, render.id, video_sha=video.sha, trouble=None)


async def deliver(parts: Parts, render: Render) -> None:
    """Send the video once, as a reply to the voice; the same one again goes by its earlier id."""
    if render.duet_id is not None and await parts.audience.has_duet(render):
        await end_render(parts.engine, render.id, Stage.DELIVERED)
        return
    try:
        try:
            sent = await _send(parts, render)
        except ChatMoved as moved:
            await move_chat(parts.engine, render.chat_id, moved.new_chat_id)
            render = await read_render(parts.engine, render.id) or render
            sent = await _send(parts, render)
    except ChatGone:
        await end_render(parts.engine, render.id, Stage.GONE, "chat_gone")
        await settle_chat(parts.engine, parts.objects, render.chat_id)
    except SendForbidden:
        raise End(Stage.FAILED, "send_forbidden") from None
    except MaybeSent:
        await end_render(parts.engine, render.id, Stage.DELIVERED, "maybe_sent")
    else:
        columns: dict[str, Any] = {"video_message_id": sent.message_id, "video_file_id": sent.file_id}
        # The whole step, taken again, would send it again.
        await lastingly(parts, render.id, partial(end_render, parts.engine, render.id, Stage.DELIVERED, **columns))


async def _send(parts: Parts, render: Render) -> Sent:
    if render.video_file_id:
        try:
            return await parts.audience.send_again(render, render.video_file_id)
        except FileIdDead:
            log.info("an earlier video is gone at Telegram; sending the file again", render=render.id)
            await forget_file_id(parts.engine, render.video_file_id)
    video = await parts.objects.get(render.video_sha or "")
    if video is None:
        raise End(Stage.FAILED, "video_dead")
    with parts.objects.scratch() as folder:
        path, thumbnail = parts.objects.path(video), folder / "thumbnail.jpg"
        if video.size > UPLOAD_LIMIT:
            smaller = folder / "smaller.mp4"
            await run_limited(shrink_video, path, smaller, UPLOAD_LIMIT, seconds=600)
            path = smaller
        await run_limited(make_thumbnail, path, thumbnail)
        size = (video.width or 0, video.height or 0)
        return await parts.audience.send_video(render, Video(path, thumbnail, *size, video.seconds or 0.0))


async def tidy(parts: Parts, render: Render) -> None:
    """End the links, and say how it ended or take the card away."""
    await parts.links.revoke(*(key for key in (render.image_link, render.audio_link) if key))
    if render.forgotten:
        await parts.objects.remove(render.video_sha or "")
        await delete_render(parts.engine, render.id)
    if render.stage is Stage.GONE or render.forgotten:
        return
    if render.stage is Stage.REFUSED:
        await give_back(parts, render)
    if render.stage is Stage.DELIVERED and render.reason is None:
        await parts.audience.clear_card(render)
    else:
        await parts.audience.tell_end(render)


def is_photo_at_fault(render: Render) -> bool:
    """Whether a refused render needs another photo.

    One that only shows too little of the body for the tall shape is still one for the square.
    """
    return render.reason != "InvalidFile.FullBody" and (render.reason or "").startswith(
        ("InvalidFile", "portrait", "image")
    )


async def give_back(parts: Parts, render: Render) -> None:
    """Put back into the draft what was not at fault, so that the person only sends the other part again."""
    if is_photo_at_fault(render):
        key = DraftKey(render.chat_id, render.user_id, render.thread_id)
        await drop_portrait(parts.engine, key, render.portrait_sha)
        await keep_voice(parts.engine, key, render.voice_sha, render.voice_message_id)


STEPS: tuple[tuple[str, tuple[tuple[Stage, Step], ...]], ...] = (
    ("order", ((Stage.PREPARING, prepare), (Stage.CHECKING, detect), (Stage.SUBMITTING, submit))),
    ("wait", ((Stage.WAITING, wait),)),
    ("fetch", ((Stage.FETCHING, fetch),)),
    ("deliver", ((Stage.DELIVERING, deliver),)),
)
"""What is recorded as done, by its name, and the steps in it: those of an order cost next to nothing to take again."""

Runner = Callable[[str, Callable[[], Awaitable[bool]]], Awaitable[bool]]
Note = Callable[[str], Awaitable[None]]


async def note_nothing(_: str) -> None:
    """Nobody wants to know."""


async def live(parts: Parts, render_id: str, run: Runner, note: Note = note_nothing) -> None:
    """Lead a render through its steps.

    Args:
        run: runs what has a name, durably or not.
        note: hears of each step before it begins, and may hold it up.
    """
    for name, steps in STEPS:
        if not await run(name, partial(take_steps, parts, render_id, steps, note)):
            break
    await run("tidy", partial(lastingly, parts, render_id, partial(finish, parts, render_id)))


async def take_steps(parts: Parts, render_id: str, steps: tuple[tuple[Stage, Step], ...], note: Note) -> bool:
    """Take steps one after the other; returns whether what follows them may follow."""
    for stage, step in steps:
        await note(step.__name__)
        if not await lastingly(parts, render_id, partial(take_step, parts, render_id, stage, step)):
            return False
    return True


async def take_step(parts: Parts, render_id: str, stage: Stage, step: Step) -> bool:
    """Take one step of a render that is still open; returns whether the next one may follow."""
    render = await read_render(parts.engine, render_id)
    if render is None or render.ended:
        return False
    try:
        if render.cancel_asked_at is not None:
            refuse_step(render, stage)
        if render.stage is not stage:
            await update_render(parts.engine, render_id, stage=stage)
        await step(parts, render)
    except End as end:
        await end_render(parts.engine, render_id, end.stage, end.reason)
        log.info("render ended without a video", render=render_id, stage=end.stage, reason=end.reason)
        return False
    except (*PASSING, StorageFull):
        raise
    except Exception:
        log.exception("a render broke", render=render_id, step=step.__name__)
        await end_render(parts.engine, render_id, Stage.FAILED, "unexplained")
        return False
    return True


def refuse_step(render: Render, stage: Stage) -> None:
    """Raise `End` where a render that its person cancelled need not go on: nothing is at the service, or it is done."""
    if stage in (Stage.FETCHING, Stage.DELIVERING):
        raise End(Stage.CANCELLED, "running_there" if render.task_id else None)
    if render.task_id is None and render.submit_intent_at is None:
        raise End(Stage.CANCELLED)


async def finish(parts: Parts, render_id: str) -> bool:
    """Tidy up after a render, however it ended."""
    parts.wakes.forget(render_id)
    render = await read_render(parts.engine, render_id)
    if render is not None:
        try:
            await tidy(parts, render)
        except PASSING:
            raise
        except Exception:
            log.exception("tidying up after a render broke", render=render_id)
    return True
