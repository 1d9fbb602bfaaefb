"""Renders as durable workflows: DBOS leads each through its steps; whose turn it is, `turns` decides.

A workflow's id is the id of its render, so asking for it twice starts it once. The render's row says which machine
leads it; when that is gone, another one takes it up, and begins its workflow anew: what was done is in the rows. What
only waits has no workflow yet, and is a row of `renders`, nothing else.
"""

import asyncio
import contextlib
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path

import sqlalchemy as sa
import structlog
from dbos import DBOS, DBOSConfig, SetWorkflowID

from bot.background import cancel_all
from bot.render.life import Note, run_steps
from bot.render.machine import Machine
from bot.render.resources import Resources
from bot.render.retry import retry_storage
from bot.render.slots import Slots
from bot.render.turns import TURN, Turns
from storage.machines import Company
from storage.passing import cause_of
from storage.postgresql import PatientPool
from storage.queue import agree, begin_render, let_go, renders_left, renders_of, take_left
from storage.renders import Render, Stage
from storage.sqlite import tune_sqlite
from storage.tasks import close_intents
from storage.videos import same_video
from storage.workload import accounts_at_work, judged_renders

log = structlog.get_logger(__name__)

VERSION = "3"
"""Of the workflow: what it records, in its order. A change of that is a new version; anything else must not be."""

THREADS = 8
STOP_POLL_SECONDS = 0.1
"""A stop waits for DBOS's listener to look up from its sleep; nothing here is told by it."""

ENDED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
"""States of a workflow that does nothing any more."""

UNCUT = {"submit", "deliver", "tidy"}
"""Steps that a stop lets finish: cut, they leave a question open, or a video or a duet sent twice."""

WITHOUT_SLOT = {"fetch", "deliver"}
"""Steps that wait for nobody at the service: a Telegram that takes no video must not keep others from theirs."""

DRAIN_SECONDS = 4.0
LOOK_SECONDS = 15.0
"""Between two looks whether a render has begun that nobody leads; there is one at once when a machine goes."""

WAKE = "wake"
"""The word between machines that a render is to look what has changed."""


class Workflows:
    """Runs the renders of one machine, so many at a time.

    Args:
        database_url: SQLAlchemy's URL of DBOS's own tables: a SQLite file beside the app's, or the same PostgreSQL.
        at_once: renders of each account that may be on their way from preparing to tidying, on all machines together.
    """

    def __init__(self, resources: Resources, database_url: str, at_once: int) -> None:
        self._resources = resources
        self._machine: Machine = resources.machine
        self._me = resources.machine.id or ""
        self._at_once = at_once
        self._slots = resources.slots = Slots(resources.accounts, at_once, resources.pauses.wake)
        self.turns = Turns(resources, self._slots, self._launch)
        self._pool = None if database_url.startswith("sqlite") else PatientPool(database_url)
        self._database = self._pool.engine if self._pool else _open_sqlite(database_url)
        config: DBOSConfig = {
            "name": "emobot",
            "system_database_url": database_url,
            "system_database_engine": self._database,
            "application_version": VERSION,
            "executor_id": self._me,
            "max_executor_threads": THREADS,
            "notification_listener_polling_interval_sec": STOP_POLL_SECONDS,
            "log_level": "WARNING",
        }
        DBOS(config=config)

        self._led: set[str] = set()
        self._running: dict[asyncio.Task[None], str] = {}
        self._background: list[asyncio.Task[None]] = []
        self._stopping = False

        @DBOS.workflow(name="render", max_recovery_attempts=None)
        async def render(render_id: str) -> None:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101
            if render_id in self._led:
                return  # it was taken up twice
            self._led.add(render_id)
            self._running[task] = ""
            try:
                note = partial(self._note, task, render_id)
                await run_steps(resources, render_id, partial(self._durably, task, note), note)
                await retry_storage(resources, render_id, partial(let_go, resources.database, render_id, self._me))
                await self._machine.call(TURN)  # its chat is free for others
            finally:
                del self._running[task]
                self._led.discard(render_id)
                self._slots.free(render_id)
                self._slots.changed.set()  # the same video may wait for this one

        self._render = render

    async def start(self) -> None:
        """Take up what was left, and begin to work."""
        await close_intents(self._resources.database)
        DBOS.launch()
        if self._pool is not None:
            self._pool.be_patient()
        await self._take_up()
        self._machine.tell(self._share_slots)
        self._background = [asyncio.create_task(work) for work in (self.turns.keep_giving(), self._keep_leading())]

    def _share_slots(self, _: Company) -> None:
        """Have as many slots as are this machine's: all share those of the service."""
        self._slots.resize(self._machine.share(self._at_once))

    async def _give_slots(self, begun: list[Render]) -> None:
        """Let renders from before have slots; those that only wait for the operator come back to one in turn.

        One that is being judged has none: it holds up nobody.
        """
        at_work = await accounts_at_work(self._resources.database, [render.id for render in begun])
        judged = await judged_renders(self._resources.database)
        for render in (each for each in begun if each.id not in judged):
            if render.trouble == "account" and render.id not in at_work:
                self._slots.set_aside(render)
            else:
                self._slots.take(render, at_work.get(render.id))

    async def _take_up(self) -> None:
        """Lead the renders that nobody leads who lives; each begins anew, and finds what was done."""
        left = await renders_left(self._resources.database)
        if not left:
            return
        ours = await self._without_others(left)
        taken = await take_left(self._resources.database, [render.id for render in ours], self._me)
        if not taken:
            return
        await self._give_slots([render for render in taken if needs_slot(render)])
        for render in taken:
            await self._launch_anew(render.id)
        log.info("renders from before go on", count=len(taken))

    async def _without_others(self, left: list[Render]) -> list[Render]:
        """Leave out what machines of another version have begun, as long as there are such: they know best."""
        versions = self._machine.company.versions - {VERSION}
        if not versions:
            return left
        ids = [render.id for render in left]
        known = await DBOS.list_workflows_async(workflow_ids=ids, load_input=False, load_output=False)
        theirs = {each.workflow_id for each in known if each.app_version in versions}
        return [render for render in left if render.id not in theirs]

    async def enqueue(self, render: Render) -> None:
        """See that a render comes to its turn; at once where an earlier video will do. Asked for twice, it is one."""
        if render.has_video or await same_video(self._resources.database, render):
            if render.stage is Stage.ASKING:  # it costs nothing after all
                await agree(self._resources.database, render.id)
            if await begin_render(self._resources.database, render.id, self._me, in_turn_of=None):
                await self._launch(render.id)
            return
        self.turns.ask()

    def hear(self, word: str) -> None:
        """Hear a word of another machine: somebody waits for a turn, or a render is to look what has changed."""
        what, _, render_id = word.partition(":")
        if what == TURN:
            self._slots.changed.set()
        elif what == WAKE and render_id in self._led:
            self._resources.pauses.wake(render_id)

    async def wake(self, render_id: str) -> None:
        """End the pause of a render, whichever machine leads it."""
        if render_id in self._led or self._machine.company.count == 1:
            self._resources.pauses.wake(render_id)
        else:
            await self._machine.call(f"{WAKE}:{render_id}")

    async def _keep_leading(self) -> None:
        """See that somebody leads each render that has begun: a machine may be gone, and DBOS may have lost one."""
        missed, moved = set[str](), self._machine.watch()
        while not self._stopping:
            moved.clear()
            with contextlib.suppress(TimeoutError):
                async with asyncio.timeout(LOOK_SECONDS):
                    await moved.wait()
            self._slots.changed.set()  # what another machine was at may have ended, and its word be lost
            try:
                await self._take_up()
                alone = {render.id for render in await renders_of(self._resources.database, self._me)} - self._led
                for render_id in alone & missed:
                    log.warning("a render that nobody led goes on", render=render_id)
                    await self._launch_anew(render_id)
                missed = alone
            except Exception as error:  # whatever it was: the next look may do better
                log.error("it could not be seen whether all renders go on", why=cause_of(error))

    async def _launch_anew(self, render_id: str) -> None:
        """Begin a workflow of which there may be a record, whoever made it."""

        async def forget() -> None:
            await DBOS.delete_workflow_async(render_id)

        await retry_storage(self._resources, render_id, forget)
        await self._launch(render_id)

    async def _launch(self, render_id: str) -> None:
        async def start() -> None:
            with SetWorkflowID(render_id):
                await DBOS.start_workflow_async(self._render, render_id)

        await retry_storage(self._resources, render_id, start)

    async def forget_finished(self, older_than: float) -> None:
        """Delete the records of workflows that ended before a Unix time."""
        before = datetime.fromtimestamp(older_than, UTC).isoformat()
        old = await DBOS.list_workflows_async(status=list(ENDED), completed_before=before, limit=10_000)
        if old:
            await DBOS.delete_workflows_async([workflow.workflow_id for workflow in old])

    async def stop(self) -> None:
        """Stop within a few seconds: what must not be cut comes to its end, the rest goes on at the next start."""
        self._stopping = True
        await cancel_all(self._background)
        for _ in range(int(DRAIN_SECONDS / 0.05)):
            if not UNCUT & set(self._running.values()):
                break
            await asyncio.sleep(0.05)
        logging.getLogger("dbos").setLevel(logging.ERROR)  # it warns of every workflow that is left for later
        loop = asyncio.get_running_loop()
        tasks = [task for task in self._running if task.get_loop() is loop]  # DBOS ends those on a loop of its own
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        if self._pool is not None:
            self._pool.let_go()
        DBOS.destroy(destroy_registry=True)
        self._database.dispose()
        # DBOS made its own pool the loop's default one, and has closed it.
        loop.set_default_executor(ThreadPoolExecutor())

    async def _durably(
        self, task: "asyncio.Task[None]", note: Note, name: str, work: Callable[[], Awaitable[bool]]
    ) -> bool:
        async def run() -> bool:
            await note(name)
            try:
                return await work()
            finally:
                self._running[task] = ""

        return await DBOS.run_step_async({"name": name}, run)

    async def _note(self, task: "asyncio.Task[None]", render_id: str, step: str) -> None:
        """Note what a workflow is at, and free its slot once the service is done; during a stop, nothing new begins."""
        if self._stopping:
            await asyncio.Event().wait()
        if step in WITHOUT_SLOT:
            self._slots.free(render_id)
        self._running[task] = step


def own_database(database_url: str, data_dir: Path) -> str:
    """Where DBOS keeps its own tables: a SQLite file beside the data, or the app's PostgreSQL."""
    return f"sqlite:///{data_dir / 'workflows.db'}" if database_url.startswith("sqlite") else database_url


def needs_slot(render: Render) -> bool:
    """Whether a render that has begun still needs the service."""
    return not (render.has_video or render.stage in (Stage.FETCHING, Stage.DELIVERING))


def _open_sqlite(url: str) -> sa.Engine:
    database = sa.create_engine(url, connect_args={"isolation_level": "IMMEDIATE"})
    sa.event.listen(database, "connect", tune_sqlite)
    return database
