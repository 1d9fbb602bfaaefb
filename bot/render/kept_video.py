"""A video that its chat did not let in is kept, and is tried before another one is ordered there.

So nothing is paid for a chat that takes no videos, and what was paid comes as soon as the chat takes them again.
"""

from typing import Any

import structlog

from bot.media.errors import MediaError
from bot.render.audience import Barrier, ChatGone, MaybeSent, NotTaken, SendForbidden, UploadTooLarge
from bot.render.ending import End
from bot.render.resources import Resources
from bot.render.video import finished
from storage.objects import Object
from storage.renders import Render, Stage, update_render
from storage.videos import SAME_FOR, last_video, note_delivered

log = structlog.get_logger(__name__)


async def use_kept(resources: Resources, render: Render) -> Render:
    """Use the video that this place did not let in last, if there is one: as this render's own, or try once to send it.

    Raises:
        End: the place still lets none in.
    """
    kept = await last_video(resources.database, render.chat_id, render.thread_id)
    if kept is None or kept.reason not in tuple(Barrier):
        return render
    video = await resources.objects.get(kept.video_sha or "")
    if video is None:
        return render
    if all(getattr(kept, name) == getattr(render, name) for name in SAME_FOR):
        columns = {name: getattr(kept, name) for name in ("video_sha", "video_seconds")}
        columns["video_file_id"] = kept.video_file_id if kept.mark == render.mark else None
        return await update_render(resources.database, render.id, **columns) or render
    await _send(resources, kept, video)
    return render


async def _send(resources: Resources, kept: Render, video: Object) -> None:
    try:
        with resources.objects.scratch() as folder:
            made = await finished(resources, kept, video, resources.upload_limit, folder)
            sent = await resources.audience.send_video(kept, made)
    except SendForbidden as error:
        raise End(Stage.FAILED, error.barrier) from error
    except MaybeSent:
        await note_delivered(resources.database, kept.id, reason="maybe_sent")
    except (ChatGone, NotTaken, UploadTooLarge, MediaError) as error:
        log.info("a kept video was not taken now", render=kept.id, why=str(error))
    else:
        log.info("a kept video has arrived", render=kept.id)
        columns: dict[str, Any] = {"video_message_id": sent.message_id, "video_file_id": sent.file_id}
        await note_delivered(resources.database, kept.id, **columns)
