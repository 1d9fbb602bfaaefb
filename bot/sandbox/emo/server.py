"""The service that makes videos: EMO and S2V at one address, answered as the real one answers them."""

import asyncio
import shutil
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, Literal

from aiohttp import web

from bot.sandbox.detection import Detection
from bot.sandbox.emo.account import Account, Accounts, BillEntry, Standing
from bot.sandbox.emo.calls import Calls
from bot.sandbox.emo.dialect import Dialect
from bot.sandbox.emo.intake import Fetch, Intake
from bot.sandbox.emo.models import EMO, S2V, Models, VideoModel
from bot.sandbox.emo.refusal import Refusal
from bot.sandbox.emo.storage import Spoil, Storage
from bot.sandbox.emo.studio import Studio
from bot.sandbox.emo.tasks import Clock, ServedTask, TaskBoard
from bot.sandbox.emo.uploads import Uploads
from bot.sandbox.emo.worker import Engine
from bot.sandbox.faults import Faults
from bot.sandbox.guard import guard_port

Work = Callable[[web.Request, Account], Awaitable[dict[str, Any]]]


def now() -> datetime:
    """The time, in UTC."""
    return datetime.now(UTC)


class EmoServer:
    """One service. Start it, give its `url` to a client, stop it.

    Args:
        detect: the seam's first function, see `bot.sandbox.emo.worker.Engine`; module-level.
        render: the second.
        api_keys: an account each, with tasks, rates and a bill of its own.
        models: that are served; `models` of the server retires them.
        prefix: before `/api/v1`, such as the seed's `/qwen`.
        dialect: how it speaks; a gateway's differs from the vendor's.
        seconds_per_video_second: a task takes at least this long for each second of its video.
        max_running: tasks of one model that run at a time for an account; the others queue.
        clock: tells the time, for expiries and stamps; `clock` of the server moves it.
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
        api_keys: Sequence[str] = ("sandbox-key",),
        models: Sequence[VideoModel] = (EMO, S2V),
        prefix: str = "",
        dialect: Dialect | None = None,
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
        self.clock = clock
        self.models = Models(*models)
        self._accounts = Accounts(api_keys, rates)
        self._prefix = prefix.rstrip("/")
        self._dialect = dialect or Dialect()
        self._own_engine = engine is None
        self._engine = engine or Engine(detect, render, max_running)
        self._folder = Path(tempfile.mkdtemp(prefix="sandbox-emo-"))
        self._uploads = Uploads(self._folder, self.models, self._now)
        self._storage = Storage(self._folder, self._now, life, self._uploads, self.faults)
        self._studio = Studio(
            self._engine, self._storage, self._accounts, self.notes, seconds_per_video_second, fetch_after, tell
        )
        self._board = TaskBoard(self._now, self._studio.make, max_running, life, tell)
        self._calls = Calls(
            self.models,
            self._engine,
            self._studio,
            self._board,
            self._storage,
            self._uploads,
            self.notes,
            fetch_at_submit=fetch_at == "submit",
            refused_looks=self._dialect.refused_looks,
        )
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
        """What the accounts have been charged, in order."""
        return self._accounts.bill

    @property
    def accounts(self) -> list[Account]:
        """One for each key, in their order."""
        return self._accounts.all

    @property
    def account(self) -> Standing:
        """How the first account stands; anything but `good` refuses detect and submit. Setting it sets all."""
        return self.accounts[0].standing

    @account.setter
    def account(self, standing: Standing) -> None:
        for account in self.accounts:
            account.standing = standing

    async def start(self, host: str = "127.0.0.1", port: int = 0) -> None:
        """Open both sites; `url` is known then."""
        self._studio.intake = Intake(self._folder, self._engine.looker, self._uploads)
        storage = web.Application(middlewares=[guard_port], client_max_size=128 * 1024 * 1024)
        storage.add_routes(self._storage.routes())
        self._storage.url = self._uploads.host = await self._open(storage, host, 0)
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

    def _now(self) -> datetime:
        return self.clock()

    async def _open(self, application: web.Application, host: str, port: int) -> str:
        runner = web.AppRunner(application, access_log=None, shutdown_timeout=1.0)
        await runner.setup()
        self._runners.append(runner)
        await web.TCPSite(runner, host, port).start()
        return f"http://{host}:{runner.addresses[0][1]}"

    def _application(self) -> web.Application:
        application = web.Application(middlewares=[guard_port], client_max_size=1024 * 1024)
        base, calls, dialect = f"{self._prefix}/api/v1", self._calls, self._dialect
        self._route(application, "POST", f"{base}/services/aigc/image2video/face-detect", "detect", calls.detect)
        self._route(application, "POST", f"{base}/services/aigc/image2video/video-synthesis", "submit", calls.submit)
        self._route(application, "GET", dialect.tasks or f"{base}/tasks/{{task_id}}", "poll", calls.poll)
        cancel, listing, policy = (
            work if known else _no_such_call
            for work, known in (
                (calls.cancel, dialect.cancels),
                (calls.list, dialect.lists),
                (calls.policy, dialect.uploads),
            )
        )
        self._route(application, "POST", f"{base}/tasks/{{task_id}}/cancel", "cancel", cancel)
        self._route(application, "GET", f"{base}/tasks", "list", listing)
        self._route(application, "GET", f"{base}/uploads", "upload", policy)
        return application

    def _route(self, application: web.Application, method: str, path: str, name: str, work: Work) -> None:
        async def handle(request: web.Request) -> web.StreamResponse:
            call = await _called(name, request)
            return await self.faults.answer(call, request, lambda: self._answer(name, request, work))

        application.router.add_route(method, path, handle)
        application.router.add_route(method, f"{path}/", handle)

    async def _answer(self, call: str, request: web.Request, work: Work) -> web.Response:
        try:
            account = self._accounts.of(request)
            account.admit(call)
            return self._dialect.dress(await work(request, account))
        except Refusal as refusal:
            return self._dialect.refuse(refusal)


async def _called(name: str, request: web.Request) -> str:
    """The name of a call for faults and watchers: a look without a picture is a `probe`."""
    body = await request.read() if name == "detect" else b""
    return "probe" if b'"input"' in body and b"image_url" not in body else name


async def _no_such_call(request: web.Request, _: Account) -> dict[str, Any]:
    raise Refusal(404, "", f"Invalid URL ({request.method} {request.path})")
