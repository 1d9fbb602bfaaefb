"""Find the task of a lost submit where files are uploaded: it is recognised by the sound of what it made.

With links, only the service knows them, so that a fetch tells; an upload tells nothing. A strange task is taken for
ours when its video says what our voice says. Where none does, the person is asked; another's video is never delivered.
"""

from collections.abc import Iterable

import structlog

from bot.dashscope.errors import VideoGone, VideoTooLarge
from bot.dashscope.types import ENDED, ListedTask
from bot.media.child import run_limited
from bot.media.errors import MediaError
from bot.media.jobs import same_sound
from bot.render.resources import Resources
from bot.render.strangers import UNPAID
from storage.renders import Render
from storage.tasks import TaskRow
from storage.voice_parts import voice_of

log = structlog.get_logger(__name__)

LARGEST = 500 * 1024 * 1024


async def hear(
    resources: Resources, render: Render, lost: TaskRow, strangers: Iterable[ListedTask], heard: set[str]
) -> str | None:
    """Return the id of a task that succeeded and made a video of the voice whose submit was lost.

    Args:
        heard: ids of those that did not, which are not fetched again; grows.

    Raises:
        ServiceError, AccountError: a video cannot be had now.
    """
    for task in strangers:
        if task.state in ENDED and task.state not in UNPAID and task.task_id not in heard:
            if await _made_ours(resources, render, lost, task):
                return task.task_id
            heard.add(task.task_id)
    return None


async def _made_ours(resources: Resources, render: Render, lost: TaskRow, task: ListedTask) -> bool:
    service = resources.account_with(lost).service
    seen = await service.poll(task.task_id)
    voice = await resources.objects.get(await voice_of(resources.database, render, lost.part))
    if not seen.video_url or voice is None:
        return False
    with resources.objects.scratch() as folder:
        video = folder / "strange.mp4"
        try:
            await service.download(seen.video_url, video, LARGEST)
            async with resources.objects.reading(voice) as path:
                return await run_limited(same_sound(video, path))
        except (VideoGone, VideoTooLarge, MediaError) as error:
            log.warning("a strange video cannot be heard", render=render.id, part=lost.part, why=str(error))
            return False
