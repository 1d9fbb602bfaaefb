"""The EMO service: its calls, answered as the real one answers them."""

import asyncio
import json
import shutil
import tempfile
import uuid
from collections.abc import Awaitable, Callable, Coroutine
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from aiohttp import web

from bot.sandbox.detection import Detection
from bot.sandbox.emo.account import Account, BillEntry, Standing
from bot.sandbox.emo.intake import Fetch, Intake, Portrait
from bot.sandbox.emo.orders import read_detect, read_submit
from bot.sandbox.emo.refusal import Refusal
from bot.sandbox.emo.storage import Spoil, Storage
from bot.sandbox.emo.studio import Studio
from bot.sandbox.emo.tasks import Clock, ServedTask, TaskBoard, output_of
from bot.sandbox.emo.worker import Engine, WorkerError
from bot.sandbox.faults import Faults

Handler = Callable[[web.Request], Coroutine[Any, Any, web.StreamResponse]]
Work = Callable[[web.Request], Awaitable[dict[str, Any]]]


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class EmoServer:
    """One EMO service with one account. Start it, give its `url` to a client, stop it.

    Args:
        detect: the seam's first function, see `bot.sandbox.emo.worker.Engine`; module-level.
        render: the second.
        api_key: the account's.
        prefix: before `/api/v1`, such as the seed's `/qwen`.
        seconds_per_video_second: a task takes at least this long for each second of its video.
        max_running: tasks that run at a time; the others queue.
        clock: tells the time, for expiries and stamps.
        life: how long tasks and videos are known.
        fetch_at: when the media of a task are fetched.
        fetch_after: seconds between scheduling a task and fetching its media.
        rates: calls a second, by name, in place of the documented ones.
        engine: warm processes to share between servers; closed by whoever made it.
        tell: hears of every task at each change of its state or progress, also from other threads.

    `faults` know these calls: detect, submit, poll, cancel, list, upload, video (the video's host).
    """

    def __init__(
        self,
        detect: Callable[[Path, str], Detection],
        render: Callable[..., None],
        *,
        api_key: str = "sandbox-key",
        prefix: str = "",
        seconds_per_video_second: float = 0.0,
        max_running: int = 1,
        clock: Clock = now,
        life: timedelta = timedelta(hours=24),
        fetch_at: Literal["schedule", "submit"] = "schedule",
        fetch_after: float = 0.0,
        rates: dict[str, int] | None = None,
        engine: Engine | None = None,
        tell: Callable[[ServedTask], None] = lambda _: None,
    ) -> None:
        self.faults = Faults()
        self.notes: list[str] = []
        self.url = ""
        self._account = Account(api_key, rates)
        self._prefix = prefix.rstrip("/")
        self._clock = clock
        self._fetch_at = fetch_at
        self._own_engine = engine is None
        self._engine = engine or Engine(detect, render, max_running)
        self._folder = Path(tempfile.mkdtemp(prefix="sandbox-emo-"))
        self._storage = Storage(self._folder, clock, life, self.faults)
        self._studio = Studio(
            self._engine, self._storage, self._account, self.notes, seconds_per_video_second, fetch_after, tell
        )
        self._board = TaskBoard(clock, self._studio.make, min(max_running, len(self._engine.renderers)), life, tell)
        self._runners: list[web.AppRunner] = []

    @property
    def tasks(self) -> dict[str, ServedTask]:
        """Every task ever taken, by id; forgotten and expired ones too."""
        return self._board.tasks

    @property
    def fetches(self) -> list[Fetch]:
        """What the service has fetched, in order."""
        return self._studio.intake.fetches

    @property
    def bill(self) -> list[BillEntry]:
        """What the account has been charged, in order."""
        return self._account.bill

    @property
    def account(self) -> Standing:
        """How the account stands; anything but `good` refuses detect and submit."""
        return self._account.standing

    @account.setter
    def account(self, standing: Standing) -> None:
        self._account.standing = standing

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Open both sites; `url` is known then."""
        self._studio.intake = Intake(self._folder, self._engine.looker, self._storage.uploaded)
        storage = web.Application(client_max_size=128 * 1024 * 1024)
        storage.add_routes(self._storage.routes())
        self._storage.url = await self._open(storage, host, 0)
        self.url = await self._open(self._application(), host, port) + self._prefix

    async def stop(self) -> None:
        """Close everything and delete the files."""
        await self._board.stop()
        for runner in self._runners:
            await runner.cleanup()
        self._runners.clear()
        await self._studio.intake.close()
        if self._own_engine:
            await asyncio.to_thread(self._engine.close)
        await asyncio.to_thread(shutil.rmtree, self._folder, ignore_errors=True)

    def hold(self) -> None:
        """Leave tasks PENDING until `release`."""
        self._board.hold()

    def release(self) -> None:
        """Go on with the queue."""
        self._board.release()

    def forget(self, task_id: str) -> None:
        """From now on the task is UNKNOWN."""
        self._board.tasks[task_id].forgotten = True

    def fail_next(self, code: str, message: str, times: int = 1) -> None:
        """Let the next tasks end FAILED, once their media are fetched."""
        self._studio.failures.extend([(code, message)] * times)

    def spoil_video(self, kind: Spoil, times: int = 1) -> None:
        """Spoil the next fetches of videos: `dead` link, `garbage`, `large` (51 MB, still playable), `cut` half way."""
        self._storage.spoils.extend([kind] * times)

    async def _open(self, application: web.Application, host: str, port: int) -> str:
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        self._runners.append(runner)
        await web.TCPSite(runner, host, port).start()
        return f"http://{host}:{runner.addresses[0][1]}"

    def _application(self) -> web.Application:
        application = web.Application(client_max_size=1024 * 1024)
        base = f"{self._prefix}/api/v1"
        self._route(application, "POST", f"{base}/services/aigc/image2video/face-detect", "detect", self._detect)
        self._route(application, "POST", f"{base}/services/aigc/image2video/video-synthesis", "submit", self._submit)
        self._route(application, "GET", f"{base}/tasks/{{task_id}}", "poll", self._poll)
        self._route(application, "POST", f"{base}/tasks/{{task_id}}/cancel", "cancel", self._cancel)
        self._route(application, "GET", f"{base}/tasks", "list", self._list)
        self._route(application, "GET", f"{base}/uploads", "upload", self._policy)
        return application

    def _route(self, application: web.Application, method: str, path: str, call: str, work: Work) -> None:
        async def handle(request: web.Request) -> web.StreamResponse:
            return await self.faults.answer(call, request, lambda: self._answer(call, request, work))

        application.router.add_route(method, path, handle)
        application.router.add_route(method, f"{path}/", handle)

    async def _answer(self, call: str, request: web.Request, work: Work) -> web.Response:
        try:
            self._account.admit(call, request)
            return web.json_response(await work(request))
        except Refusal as refusal:
            return refusal.response()

    async def _detect(self, request: web.Request) -> dict[str, Any]:
        order = read_detect(request.headers, await _fields(request))
        portrait = await self._studio.intake.image(order.image_url, "emo-detect-v1", resolve=order.resolve)
        found = await self._see(portrait, order.ratio)
        self._account.charge_image()
        output: dict[str, Any] = {"check_pass": found.passed}
        if found.passed:
            self._studio.remember(portrait.media.digest, found)
            output.update(face_bbox=found.face_bbox, ext_bbox=found.ext_bbox)
        else:
            output.update(code=found.code, message=found.message)
        return {"output": output, "usage": {"image_count": 1}, "request_id": str(uuid.uuid4())}

    async def _see(self, portrait: Portrait, ratio: str) -> Detection:
        path = portrait.media.path
        try:
            if not portrait.fits:
                return Detection(False, code="InvalidFile.Resolution", message="The image resolution is not supported.")
            return await self._engine.looker.run(self._engine.detect, path, ratio, seconds=30.0)
        except WorkerError as error:
            self.notes.append(f"detect failed: {error}")
            raise Refusal(500, "InternalError.Algo", "Inference error.") from None
        finally:
            path.unlink(missing_ok=True)

    async def _submit(self, request: web.Request) -> dict[str, Any]:
        order = read_submit(request.headers, await _fields(request))
        task = ServedTask(
            task_id=str(uuid.uuid4()),
            image_url=order.image_url,
            audio_url=order.audio_url,
            face_bbox=order.face_bbox,
            ext_bbox=order.ext_bbox,
            style_level=order.style_level,
            submitted_at=self._clock(),
            resolve=order.resolve,
        )
        if self._fetch_at == "submit":
            await self._studio.fetch(task)
        self._board.sweep()
        self._board.add(task)
        output = {"task_id": task.task_id, "task_status": "PENDING"}
        return {"output": output, "request_id": str(uuid.uuid4())}

    async def _poll(self, request: web.Request) -> dict[str, Any]:
        task_id = request.match_info["task_id"]
        task = self._board.find(task_id)
        if task is None:
            return {"request_id": str(uuid.uuid4()), "output": {"task_id": task_id, "task_status": "UNKNOWN"}}
        ended = task.ended_at if task.state == "SUCCEEDED" else None
        return output_of(task, self._storage.video_url(task_id, ended) if ended else None)

    async def _cancel(self, request: web.Request) -> dict[str, Any]:
        self._board.cancel(request.match_info["task_id"])
        return {"request_id": str(uuid.uuid4())}

    async def _list(self, request: web.Request) -> dict[str, Any]:
        return self._board.page(dict(request.query))

    async def _policy(self, request: web.Request) -> dict[str, Any]:
        if request.query.get("action") != "getPolicy":
            raise Refusal(400, "InvalidParameter", "The action is invalid.")
        return {"request_id": str(uuid.uuid4()), "data": self._storage.policy(request.query.get("model", ""))}


async def _fields(request: web.Request) -> dict[str, Any]:
    try:
        fields = json.loads(await request.read())
    except (ValueError, RecursionError):
        fields = None
    if not isinstance(fields, dict):
        raise Refusal(400, "InvalidParameter", "The request body is not a JSON object.")
    return fields
