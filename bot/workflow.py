"""Renders as durable workflows: DBOS leads each through its steps, one at a time for each chat, fair between chats.

A workflow's id is the id of its render, so asking for it twice starts it once. What was going on when a process died
goes on at the next start.
"""

import asyncio
import hashlib
import logging
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial

import sqlalchemy as sa
import structlog
from dbos import DBOS, DBOSConfig, SetEnqueueOptions, SetWorkflowID

from bot.parts import Parts
from bot.render import live
from storage.database import tune_sqlite
from storage.renders import Render, open_renders, same_video

log = structlog.get_logger(__name__)

QUEUE = "renders"
VERSION = "1"
"""Of the workflow: its steps' names and order. A change of those is a new version; anything else must not be."""

THREADS = 8
QUEUE_POLL_SECONDS = 0.2
STOP_POLL_SECONDS = 0.1
"""A stop waits for DBOS's listener to look up from its sleep; nothing here is told by it."""

ENDED = ("SUCCESS", "ERROR", "CANCELLED", "MAX_RECOVERY_ATTEMPTS_EXCEEDED")
"""States of a workflow that does nothing any more."""

UNCUT = {"submit", "deliver"}
"""Steps that a stop lets finish: cut, they leave a question open, or a video sent twice."""

DRAIN_SECONDS = 5.0


class Workflows:
    """Runs the renders of one process.

    Args:
        database_url: SQLAlchemy's URL of DBOS's own tables: a SQLite file beside the app's, or the same PostgreSQL.
        executor_id: this process among others; a restart takes up what was left under the same name.
        at_once: renders that may be between submit and delivery at a time, over all processes.
    """

    def __init__(self, parts: Parts, database_url: str, executor_id: str, at_once: int) -> None:
        self._parts = parts
        self._at_once = at_once
        self._engine = _open_engine(database_url)
        config: DBOSConfig = {
            "name": "emobot",
            "system_database_url": database_url,
            "system_database_engine": self._engine,
            "application_version": VERSION,
            "executor_id": executor_id,
            "max_executor_threads": THREADS,
            "notification_listener_polling_interval_sec": STOP_POLL_SECONDS,
            "log_level": "WARNING",
        }
        DBOS(config=config)

        self._running: dict[asyncio.Task[None], str] = {}
        self._stopping = False

        @DBOS.workflow(name="render", max_recovery_attempts=None)
        async def render(render_id: str) -> None:
            task = asyncio.current_task()
            assert task is not None  # noqa: S101
            self._running[task] = ""
            try:
                await live(parts, render_id, partial(self._durably, task))
            finally:
                del self._running[task]

        self._render = render

    async def start(self) -> None:
        """Take up what was left, and begin to work."""
        DBOS.launch()
        await DBOS.register_queue_async(
            QUEUE,
            global_concurrency=self._at_once,
            partition_concurrency=1,
            polling_interval_sec=QUEUE_POLL_SECONDS,
            on_conflict="always_update",
        )
        await self._take_up(await open_renders(self._parts.engine))

    async def _take_up(self, left: list[Render]) -> None:
        """See that each open render has a workflow that goes on; DBOS itself takes up those that were cut."""
        if not left:
            return
        known = await DBOS.list_workflows_async(
            workflow_ids=[render.id for render in left], load_input=False, load_output=False
        )
        statuses = {workflow.workflow_id: workflow.status for workflow in known}
        for render in left:
            ended = statuses.get(render.id) in ENDED
            if ended:
                await DBOS.delete_workflow_async(render.id)
            if ended or render.id not in statuses:
                await self.enqueue(render)
        log.info("renders from before go on", count=len(left))

    async def enqueue(self, render: Render) -> None:
        """See that a render has its workflow; at once where an earlier video will do, else in the queue."""
        with SetWorkflowID(render.id):
            if render.has_video or await same_video(self._parts.engine, render):
                await DBOS.start_workflow_async(self._render, render.id)
            else:
                with SetEnqueueOptions(queue_partition_key=partition_of(render.chat_id)):
                    await DBOS.enqueue_workflow_async(QUEUE, self._render, render.id)

    async def forget_finished(self, older_than: float) -> None:
        """Delete the records of workflows that ended before a Unix time."""
        before = datetime.fromtimestamp(older_than, UTC).isoformat()
        old = await DBOS.list_workflows_async(status=list(ENDED), completed_before=before, limit=10_000)
        if old:
            await DBOS.delete_workflows_async([workflow.workflow_id for workflow in old])

    async def stop(self) -> None:
        """Stop within a few seconds: what must not be cut comes to its end, the rest goes on at the next start."""
        self._stopping = True
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
        DBOS.destroy(destroy_registry=True)
        self._engine.dispose()
        # DBOS made its own pool the loop's default one, and has closed it.
        loop.set_default_executor(ThreadPoolExecutor())

    async def _durably(self, task: "asyncio.Task[None]", name: str, step: Callable[[], Awaitable[bool]]) -> bool:
        async def run() -> bool:
            if self._stopping:
                await asyncio.Event().wait()
            self._running[task] = name
            try:
                return await step()
            finally:
                self._running[task] = ""

        return await DBOS.run_step_async({"name": name}, run)


def partition_of(chat_id: int) -> str:
    """What DBOS knows a chat by: it keeps that for a while, so it is not the chat's id itself."""
    return hashlib.sha256(f"chat:{chat_id}".encode()).hexdigest()[:32]


def _open_engine(url: str) -> sa.Engine:
    if not url.startswith("sqlite"):
        return sa.create_engine(url, pool_pre_ping=True)
    engine = sa.create_engine(url, connect_args={"isolation_level": "IMMEDIATE"})
    sa.event.listen(engine, "connect", tune_sqlite)
    return engine
