"""The video of a finished task: copied before its link dies, kept without a mark, and sent with one."""

import time
from functools import partial
from pathlib import Path
from typing import Any

import structlog

from bot.backoff import growing_pauses
from bot.dashscope.errors import AccountError, DashscopeError
from bot.media.child import run_limited
from bot.media.errors import MediaError, Reason
from bot.media.facts import VideoFacts
from bot.media.jobs import inspect_video, make_thumbnail
from bot.render.audience import (
    ChatGone,
    FileIdDead,
    HeldBack,
    MaybeSent,
    SendForbidden,
    Sent,
    UploadTooLarge,
    Video,
)
from bot.render.bookkeeping import book_video
from bot.render.ending import End, refuse_cancelled
from bot.render.patience import deadline
from bot.render.resources import Resources
from bot.render.retry import retry_storage, until_taken
from bot.render.task import wait
from bot.render.voice_parts import join_videos
from storage.chats import settle_chat
from storage.intake import count_made
from storage.objects import Object
from storage.renders import Render, Stage, end_render, update_render
from storage.tasks import TaskRow, tasks_of, update_task
from storage.videos import forget_file_id

log = structlog.get_logger(__name__)

VIDEO_LIMIT = 500 * 1024 * 1024
"""Bytes of a video that are fetched at all; it is then made smaller."""

ADDRESS_LIFE = 24 * 3600.0
"""Seconds for which the service keeps a video."""

LONGEST_PAUSE = 600.0


async def fetch(resources: Resources, render: Render) -> None:
    """Copy the video at once: its link dies."""
    if render.has_video:
        return
    if (tasks := await _made(resources, render)) is None:  # one was lost since the last step, and may be made again
        await wait(resources, render)
        tasks = await _made(resources, render)
    if tasks is None:
        raise End(Stage.CANCELLED)  # it has ended meanwhile for its person
    with resources.objects.scratch() as folder:
        facts, path = await _copy_all(resources, render, tasks, folder)
        video = await resources.objects.add(
            path, extension="mp4", kind="video", width=facts.width, height=facts.height, seconds=facts.seconds
        )
    await count_made(resources.database, resources.money.book, video.size)
    await update_render(resources.database, render.id, video_sha=video.sha, video_seconds=facts.seconds, trouble=None)


async def _made(resources: Resources, render: Render) -> list[TaskRow] | None:
    """The task that made each part; None where one is missing."""
    made = {task.part: task for task in await tasks_of(resources.database, render.id) if task.video_url is not None}
    return [made[part] for part in sorted(made)] if len(made) == render.parts else None


async def _copy_all(
    resources: Resources, render: Render, tasks: list[TaskRow], folder: Path
) -> tuple[VideoFacts, Path]:
    """Fetch the videos of all parts, as one."""
    whole = folder / "video.mp4"
    if len(tasks) == 1:
        return await _copy(resources, render, tasks[0], whole), whole
    copies = [folder / f"part-{task.part}.mp4" for task in tasks]
    for task, copy in zip(tasks, copies, strict=True):
        await _copy(resources, render, task, copy)
    try:
        await join_videos(resources, render, copies, whole)
        return await run_limited(inspect_video(whole)), whole
    except MediaError as error:
        log.error("the videos of the parts cannot be joined", render=render.id, why=str(error))
        raise End(Stage.FAILED, "video_dead") from error


async def _copy(resources: Resources, render: Render, task: TaskRow, target: Path) -> VideoFacts:
    """Fetch the video of a task, for as long as it is there, and see that it is one."""
    pauses = growing_pauses(resources.timing.second_fetch, LONGEST_PAUSE)
    ends = deadline(ADDRESS_LIFE, task.ended_at)
    while True:
        try:
            await resources.account_with(task).service.download(task.video_url or "", target, VIDEO_LIMIT)
            facts = await run_limited(inspect_video(target))
        except (DashscopeError, MediaError) as error:
            if time.monotonic() > ends:
                raise End(Stage.FAILED, "video_dead") from error
            pause, blocked = next(pauses), isinstance(error, AccountError)
            say = log.error if blocked else log.warning
            say("a video cannot be fetched now", render=render.id, why=str(error), again_in=round(pause, 1))
        else:
            if task.video_seconds is None:  # the service did not say for how much it is paid
                await book_video(resources, render, task, facts.seconds)
                await update_task(resources.database, task, video_seconds=facts.seconds)
            return facts
        await update_render(resources.database, render.id, trouble="account" if blocked else "video")
        await resources.pauses.pause(render.id, pause)
        await refuse_cancelled(resources, render)
        task = await _find_again(resources, task)


async def _find_again(resources: Resources, task: TaskRow) -> TaskRow:
    """Ask the service where a video is now; it is where it was until it says another place."""
    try:
        seen = await resources.account_with(task).service.poll(task.task_id or "")
    except DashscopeError as error:
        log.info("the service does not say where a video is", task=task.task_id, why=str(error))
        return task
    return await update_task(resources.database, task, video_url=seen.video_url) if seen.video_url else task


async def deliver(resources: Resources, render: Render) -> None:
    """Send the video once, as a reply to the voice; the same one again goes by its earlier id."""
    try:
        sent = await _send(resources, render)
    except HeldBack:
        await end_render(resources.database, render.id, Stage.DELIVERED)
    except ChatGone:
        await end_render(resources.database, render.id, Stage.GONE, "chat_gone")
        await settle_chat(resources.database, resources.objects, render.chat_id)
    except SendForbidden as error:
        raise End(Stage.FAILED, error.barrier) from error
    except MaybeSent:
        await end_render(resources.database, render.id, Stage.DELIVERED, "maybe_sent")
    else:
        columns: dict[str, Any] = {"video_message_id": sent.message_id, "video_file_id": sent.file_id}
        # The whole step, taken again, would send it again.
        await retry_storage(
            resources, render.id, partial(end_render, resources.database, render.id, Stage.DELIVERED, **columns)
        )


async def _send(resources: Resources, render: Render) -> Sent:
    if (file_id := render.video_file_id) is not None:
        try:
            return await until_taken(resources, render, lambda: resources.audience.send_again(render, file_id))
        except FileIdDead:
            log.info("an earlier video is gone at Telegram; sending the file again", render=render.id)
            await forget_file_id(resources.database, file_id)
    video = await resources.objects.get(render.video_sha or "")
    if video is None:
        raise End(Stage.FAILED, "video_dead")
    limit = resources.upload_limit
    with resources.objects.scratch() as folder:
        try:
            return await _upload(resources, render, video, limit, folder)
        except MediaError as error:
            log.error("the kept video cannot be finished", render=render.id, why=str(error))
            reason = "too_large" if error.reason is Reason.VIDEO_TOO_LARGE else "video_dead"
            raise End(Stage.FAILED, reason) from error
        except UploadTooLarge:
            limit = min(limit, video.size) // 2
            log.warning("Telegram takes no file of that size; sending a smaller one", render=render.id, limit=limit)
        try:
            return await _upload(resources, render, video, limit, folder)
        except (UploadTooLarge, MediaError) as error:
            log.error("Telegram takes no video of this size", render=render.id, size=video.size, why=str(error))
            raise End(Stage.FAILED, "too_large") from error


async def _upload(resources: Resources, render: Render, video: Object, limit: int, folder: Path) -> Sent:
    """Send a video as it goes out: marked, labelled, with at most `limit` bytes."""
    made = await finished(resources, render, video, limit, folder)
    return await until_taken(resources, render, lambda: resources.audience.send_video(render, made))


async def finished(resources: Resources, render: Render, video: Object, limit: int, folder: Path) -> Video:
    """Make of a kept master what goes out, in a folder.

    Raises:
        MediaError: it is no video, or cannot be made that small.
    """
    path, thumbnail = folder / "finished.mp4", folder / "thumbnail.jpg"
    async with resources.objects.reading(video) as master:
        facts = await resources.labels.finish(master, path, render.mark, limit)
    await run_limited(make_thumbnail(path, thumbnail))
    return Video(path, thumbnail, facts.width, facts.height, facts.seconds)
