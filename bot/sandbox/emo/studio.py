"""Makes the video of a task: fetches its media, looks at them, renders, and writes the bill."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.detection import Detection
from bot.sandbox.emo.account import Account
from bot.sandbox.emo.intake import Intake, Media, Portrait
from bot.sandbox.emo.media import video_seconds
from bot.sandbox.emo.refusal import Refusal, invalid
from bot.sandbox.emo.storage import Storage
from bot.sandbox.emo.tasks import Box, ServedTask
from bot.sandbox.emo.worker import Engine, WorkerError

# 512x512 and 512x704: the width by the height of an area that is nearer to the one or to the other.
SQUARE_FROM = 0.86


@dataclass(frozen=True)
class _Fetched:
    portrait: Portrait
    sound: Media


class Studio:
    """Where tasks become videos.

    Args:
        engine: renders.
        storage: keeps the videos.
        account: pays.
        notes: hears of what the real service might not notice, but a tester should.
        pace: a task takes at least this many seconds for each second of its video.
        fetch_after: seconds from scheduling to fetching.
        tell: hears how far a task is.
    """

    intake: Intake

    def __init__(
        self,
        engine: Engine,
        storage: Storage,
        account: Account,
        notes: list[str],
        pace: float,
        fetch_after: float,
        tell: Callable[[ServedTask], None],
    ) -> None:
        self.failures: list[tuple[str, str]] = []
        self._engine = engine
        self._storage = storage
        self._account = account
        self._notes = notes
        self._pace = pace
        self._fetch_after = fetch_after
        self._tell = tell
        self._seen: dict[str, set[tuple[Box | None, Box | None]]] = {}
        self._fetched: dict[str, _Fetched] = {}

    def remember(self, digest: str, found: Detection) -> None:
        """Keep which boxes were found in which bytes."""
        self._seen.setdefault(digest, set()).add((found.face_bbox, found.ext_bbox))

    async def fetch(self, task: ServedTask) -> None:
        """Fetch and check the media of a task, ahead of its making.

        Raises:
            Refusal: they cannot be had or used.
        """
        portrait = await self.intake.image(task.image_url, "emo-v1", resolve=task.resolve)
        try:
            if not portrait.fits:
                raise Refusal(400, "InvalidFile.Resolution", "The image resolution is not supported.")
            task.picture = await self.intake.picture(portrait)
            sound = await self.intake.sound(task.audio_url, "emo-v1", resolve=task.resolve)
        except BaseException:
            portrait.media.path.unlink(missing_ok=True)
            raise
        self._fetched[task.task_id] = _Fetched(portrait, sound)

    async def make(self, task: ServedTask, slot: int) -> None:
        """Make the video of a task.

        Raises:
            Refusal: it cannot be made; nothing is charged.
        """
        begun = time.monotonic()
        if task.task_id not in self._fetched:
            await asyncio.sleep(self._fetch_after)
            await self.fetch(task)
        fetched = self._fetched.pop(task.task_id)
        try:
            self._check_boxes(task, fetched.portrait)
            if self.failures:
                code, message = self.failures.pop(0)
                raise Refusal(400, code, message)
            await self._render(task, fetched, slot)
        finally:
            fetched.portrait.media.path.unlink(missing_ok=True)
            fetched.sound.path.unlink(missing_ok=True)
        seconds = task.seconds or 0.0
        await asyncio.sleep(max(0.0, self._pace * seconds - (time.monotonic() - begun)))
        self._account.charge_video(task.task_id, seconds, task.ratio or "1:1")

    async def _render(self, task: ServedTask, fetched: _Fetched, slot: int) -> None:
        target = self._storage.video_path(task.task_id)
        order = (
            fetched.portrait.media.path,
            fetched.sound.path,
            task.face_bbox,
            task.ext_bbox,
            task.style_level,
            target,
        )

        def tell(progress: float) -> None:
            task.progress = min(1.0, max(0.0, progress))
            if task.progress:
                self._tell(task)

        worker = self._engine.renderers[slot]
        try:
            await worker.run(self._engine.render, *order, progress=tell)
            task.seconds = round(await worker.run(video_seconds, target), 2)
        except WorkerError as error:
            self._notes.append(f"render failed: {error}")
            raise Refusal(500, "InternalError.Algo", "Inference error.") from None
        task.video = target
        task.ratio = _ratio(task.ext_bbox)

    def _check_boxes(self, task: ServedTask, portrait: Portrait) -> None:
        for name, (_, _, right, bottom) in (("face_bbox", task.face_bbox), ("ext_bbox", task.ext_bbox)):
            if right > portrait.width or bottom > portrait.height:
                raise invalid(f"The {name} is invalid.")
        known = self._seen.get(portrait.media.digest)
        if known is None:
            self._notes.append(f"task {task.task_id}: these bytes of the image were never detected")
        elif (task.face_bbox, task.ext_bbox) not in known:
            self._notes.append(f"task {task.task_id}: these boxes were not found in this image")


def _ratio(box: Box) -> str:
    x1, y1, x2, y2 = box
    return "1:1" if (x2 - x1) / (y2 - y1) >= SQUARE_FROM else "3:4"
