"""Makes the video of a task: fetches its media, looks at them, renders, and writes the bill."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass

from bot.sandbox.detection import Detection
from bot.sandbox.emo.account import Accounts
from bot.sandbox.emo.intake import Intake, Media, Portrait
from bot.sandbox.emo.media import video_seconds
from bot.sandbox.emo.models import FORMATS, Box, size_at
from bot.sandbox.emo.refusal import Refusal, invalid
from bot.sandbox.emo.storage import Storage
from bot.sandbox.emo.tasks import ServedTask
from bot.sandbox.emo.uploads import Caller
from bot.sandbox.emo.worker import Engine, WorkerError
from bot.sandbox.film import Film


@dataclass(frozen=True)
class _Fetched:
    portrait: Portrait
    sound: Media


class Studio:
    """Where tasks become videos.

    Args:
        engine: renders.
        storage: keeps the videos.
        accounts: pay.
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
        accounts: Accounts,
        notes: list[str],
        pace: float,
        fetch_after: float,
        tell: Callable[[ServedTask], None],
    ) -> None:
        self.failures: list[tuple[str, str]] = []
        self._engine = engine
        self._storage = storage
        self._accounts = accounts
        self._notes = notes
        self._pace = pace
        self._fetch_after = fetch_after
        self._tell = tell
        self._seen: dict[tuple[str, str], set[tuple[Box | None, Box | None]]] = {}
        self._fetched: dict[str, _Fetched] = {}

    def remember(self, model: str, digest: str, found: Detection) -> None:
        """Keep which boxes were found in which bytes, for the model that makes videos."""
        self._seen.setdefault((model, digest), set()).add((found.face_bbox, found.ext_bbox))

    async def fetch(self, task: ServedTask) -> None:
        """Fetch and check the media of a task, ahead of its making.

        Raises:
            Refusal: they cannot be had or used.
        """
        order = task.order
        caller = Caller(task.account, task.model, order.resolve)
        portrait = await self.intake.image(order.image_url, caller)
        try:
            if not portrait.fits:
                raise Refusal(400, "InvalidFile.Resolution", "The image resolution is not supported.")
            task.picture = await self.intake.picture(portrait)
            sound = await self.intake.sound(order.audio_url, caller, order.model)
        except BaseException:
            portrait.media.path.unlink(missing_ok=True)
            raise
        self._fetched[task.task_id] = _Fetched(portrait, sound)

    async def make(self, task: ServedTask, place: int) -> None:
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
            film = self._film(task, fetched.portrait)
            if self.failures:
                code, message = self.failures.pop(0)
                raise Refusal(400, code, message)
            await self._render(task, fetched, film, place)
        finally:
            fetched.portrait.media.path.unlink(missing_ok=True)
            fetched.sound.path.unlink(missing_ok=True)
        seconds = task.seconds or 0.0
        await asyncio.sleep(max(0.0, self._pace * seconds - (time.monotonic() - begun)))
        model = task.order.model
        self._accounts.all[task.account].charge_video(model.name, task.task_id, seconds, model.prices[task.order.tier])

    async def _render(self, task: ServedTask, fetched: _Fetched, film: Film, place: int) -> None:
        target = self._storage.video_path(task.task_id)
        order = (fetched.portrait.media.path, fetched.sound.path, film, target)

        def tell(progress: float) -> None:
            task.progress = min(1.0, max(0.0, progress))
            if task.progress:
                self._tell(task)

        worker = self._engine.renderers[place % len(self._engine.renderers)]
        try:
            await worker.run(self._engine.render, *order, progress=tell)
            task.seconds = round(await worker.run(video_seconds, target), 2)
        except WorkerError as error:
            self._notes.append(f"render failed: {error}")
            raise Refusal(500, "InternalError.Algo", "Inference error.") from None
        task.video = target

    def _film(self, task: ServedTask, portrait: Portrait) -> Film:
        """What the order asks for; notes what was never looked at."""
        order, width, height = task.order, portrait.width, portrait.height
        known = self._seen.get((task.model, portrait.media.digest))
        if known is None:
            self._notes.append(f"task {task.task_id}: these bytes of the image were never detected")
        if order.boxes is None:
            return Film((0, 0, width, height), size_at(order.tier, width, height))
        for name, (_, _, right, bottom) in zip(("face_bbox", "ext_bbox"), order.boxes, strict=True):
            if right > width or bottom > height:
                raise invalid(f"The {name} is invalid.")
        if known is not None and order.boxes not in known:
            self._notes.append(f"task {task.task_id}: these boxes were not found in this image")
        face, area = order.boxes
        return Film(area, FORMATS[order.tier], face, order.style_level)
