"""Finding the task of a lost submit where files are uploaded: it is recognised by the sound of what it made.

With links, only the service knows them, so that a fetch tells; an upload tells nothing. A strange task is taken for
ours when its video says what our voice says. Where none does, the person is asked; another's video is never delivered.
"""

import time
from functools import partial

import structlog

from bot.backoff import growing_pauses
from bot.dashscope.errors import VideoGone, VideoTooLarge
from bot.dashscope.types import ENDED, ListedTask
from bot.media.child import run_limited
from bot.media.errors import MediaError
from bot.media.jobs import same_sound
from bot.render.ending import End, let_go
from bot.render.parts import Parts
from bot.render.retry import retry_call
from bot.render.strangers import UNPAID, strange_tasks
from storage.renders import Render, Stage
from storage.tasks import TaskRow
from storage.voice_parts import voice_of

log = structlog.get_logger(__name__)

LONGEST_WATCH = 900.0
"""Seconds for which strange tasks are watched until they have made something."""

LARGEST = 500 * 1024 * 1024


async def made_ours(parts: Parts, render: Render, lost: TaskRow, task: ListedTask) -> bool:
    """Whether a task that succeeded made a video of the voice, or the part of it, whose submit was lost."""
    seen = await retry_call(parts, render, partial(parts.service.poll, task.task_id), when_cancelled=let_go)
    voice = await parts.objects.get(await voice_of(parts.database, render, lost.part))
    if not seen.video_url or voice is None:
        return False
    with parts.objects.scratch() as folder:
        video = folder / "strange.mp4"
        try:
            await retry_call(
                parts, render, partial(parts.service.download, seen.video_url, video, LARGEST), when_cancelled=let_go
            )
            return await run_limited(same_sound(video, parts.objects.path(voice)))
        except (VideoGone, VideoTooLarge, MediaError) as error:
            log.warning("a strange video cannot be heard", render=render.id, why=str(error))
            return False


async def recognise_task(parts: Parts, render: Render, lost: TaskRow) -> str | None:
    """The id of the task that a lost submit made, or None when the service never took it.

    Raises:
        End: it cannot be known; the person is asked rather than charged twice.
    """
    heard: set[str] = set()
    began = time.monotonic()
    for pause in growing_pauses(1.0, 30.0):
        strange = await strange_tasks(parts, render, lost, f"{lost.render_id}:{lost.part}:{lost.attempt}")
        if strange is None:
            raise End(Stage.UNSURE, "submit_lost")
        alive = [task for task in strange if task.state not in UNPAID]
        for task in alive:
            if task.state in ENDED and task.task_id not in heard:
                heard.add(task.task_id)
                if await made_ours(parts, render, lost, task):
                    return task.task_id
        waited = time.monotonic() - began
        if waited >= parts.timing.settling and all(task.task_id in heard for task in alive):
            if alive:
                raise End(Stage.UNSURE, "submit_lost")
            return None
        if waited > LONGEST_WATCH:
            raise End(Stage.UNSURE, "submit_lost")
        await parts.pauses.pause(render.id, pause)
    raise AssertionError  # pauses never end
