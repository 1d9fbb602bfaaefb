"""PostgreSQL: open a pool that asks the server as seldom as can be, and wait while the server is away.

A connection from the pool is seen to be alive without asking, and what it is asked is a transaction of its own: only
`begin` says so to the server, for several statements that belong together.

A server is restarted, moved, or out of reach for minutes. Whoever asks for a connection meanwhile gets it once it is
back, so nothing that begins in that time fails. What was under way when it went fails with one of `PASSING`: whoever
began that begins it again.
"""

import asyncio
import select
import threading
import time
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from typing import Any, Self, cast

import psycopg
import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

from storage.passing import PASSING, cause_of, pauses

log = structlog.get_logger(__name__)

CONNECTING = {"connect_timeout": "5", "keepalives_idle": "30", "keepalives_interval": "10", "keepalives_count": "3"}
"""Parameters of libpq, in seconds: a server that is gone without a word is noticed within a minute."""

CONNECTING |= {"options": "-c idle_in_transaction_session_timeout=7000"}
"""A process that stops in the middle of a transaction holds its rows for so many milliseconds, less than a lease."""

REMINDER = 60.0
"""Seconds before the operator is told again that the server is still away."""

PASSES = ("starting up", "shutting down", "recovery", "not yet accepting", "too many", "connection slots")
"""In what a server says that refuses connections, and will take them later."""


class PostgresEngine(AsyncEngine):
    """A pool whose connections commit each statement by itself, but for those of `begin`."""

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """Take a connection for statements of one transaction, which is committed at the end of the block."""
        async with self.connect() as connection:
            await connection.execution_options(isolation_level="READ COMMITTED")
            async with connection.begin():
                yield connection


class PatientEngine(PostgresEngine):
    """A pool whose connections are waited for."""

    def __init__(self, sync_engine: sa.Engine) -> None:
        super().__init__(sync_engine)
        self.asking = asyncio.Lock()
        self.seen = False
        """Whether the server has answered before: one that has will come back, whatever it says meanwhile."""
        self.absence: Absence | None = None
        self.sure: Callable[[], Awaitable[None]] | None = None
        """Passed before each connection: a machine that others may think dead does nothing."""


class PatientConnection(AsyncConnection):
    """A connection that is waited for while the server is away."""

    async def start(self, is_ctxmanager: bool = False) -> Self:
        """Take a connection from the pool, or wait until there is one."""
        database = cast(PatientEngine, self.engine)
        if database.sure is not None:
            await database.sure()
        if database.absence is None:
            try:
                await super().start(is_ctxmanager)
            except PASSING as error:
                if isinstance(error, sa.exc.TimeoutError) and database.absence is None:
                    raise  # others hold all connections, and the server is there
                if not database.seen and is_final(error):
                    raise
                database.absence = database.absence or Absence(error)
            else:
                database.seen = True
                return self
        async with database.asking:  # one asks, the others wait for what it finds
            for pause in pauses():
                try:
                    await super().start(is_ctxmanager)
                except PASSING as error:
                    database.absence = database.absence or Absence(error)
                    database.absence.remind(error)
                    await asyncio.sleep(pause)
                else:
                    break
            database.seen = True
            if database.absence is not None:
                database.absence.end()
                database.absence = None
        return self


PatientEngine._connection_cls = PatientConnection  # noqa: SLF001 - the one way to have connections of another class


class Absence:
    """A time in which the server is away; the operator hears of its beginning and its end, and each minute between."""

    def __init__(self, error: BaseException) -> None:
        self._began = self._told = time.monotonic()
        log.error("the database is away; everything waits for it", why=cause_of(error))

    def remind(self, error: BaseException) -> None:
        """Say that it goes on, if that was not said lately."""
        now = time.monotonic()
        if now - self._told >= REMINDER:
            self._told = now
            log.error("the database is still away", why=cause_of(error), seconds=round(now - self._began))

    def end(self) -> None:
        """Say that the server is back."""
        log.warning("the database is back; everything goes on", seconds=round(time.monotonic() - self._began, 1))


def is_final(error: BaseException) -> bool:
    """Return whether a server refuses a connection for a reason that no waiting mends, such as a wrong password."""
    said = str(getattr(error, "orig", None) or error)  # all lines: the first names the address
    return "FATAL" in said and not any(word in said for word in PASSES)


def connecting(url: str) -> sa.URL:
    """Return a URL with the time-outs of a connection, but for those that it names itself."""
    parsed = sa.make_url(url)
    return parsed.update_query_dict({name: value for name, value in CONNECTING.items() if name not in parsed.query})


def open_postgresql(url: str, *, patient: bool) -> AsyncEngine:
    """Open a pool of connections to a server, which is waited for where `patient` says so."""
    parsed = connecting(url) if patient else url
    database = create_async_engine(parsed, isolation_level="AUTOCOMMIT", hide_parameters=True)
    keep_alive_only(database.sync_engine)
    return (PatientEngine if patient else PostgresEngine)(database.sync_engine)


def keep_alive_only(database: sa.Engine) -> None:
    """Let a pool give out no connection that the other side has closed; one that is silent tells nothing."""

    def check(_: object, record: sa.pool.ConnectionPoolEntry, __: object) -> None:
        connection = record.driver_connection
        if isinstance(connection, psycopg.BaseConnection) and is_closed(connection.pgconn):
            raise sa.exc.InvalidatePoolError

    sa.event.listen(database, "checkout", check)


def is_closed(connection: psycopg.pq.abc.PGconn) -> bool:
    """Return whether the server has closed a connection; it is not asked."""
    if connection.status != psycopg.pq.ConnStatus.OK:
        return True
    poll = select.poll()
    poll.register(connection.socket, select.POLLIN)
    try:
        while poll.poll(0):
            connection.consume_input()
    except psycopg.OperationalError:
        return True
    return False


def open_beside(url: str) -> AsyncEngine:
    """Open a few connections to the same server that nobody else waits for, and that wait for nobody."""
    return create_async_engine(connecting(url), pool_size=2, max_overflow=1, pool_timeout=5, hide_parameters=True)


class PatientPool:
    """A pool for threads, whose new connections are waited for while the server is away."""

    def __init__(self, url: str) -> None:
        self.engine = sa.create_engine(connecting(url), hide_parameters=True)
        keep_alive_only(self.engine)
        self._impatient = threading.Event()
        self._impatient.set()
        sa.event.listen(self.engine, "do_connect", self._connect)

    def be_patient(self) -> None:
        """Wait from now on; before that, a server that is away is an error at once."""
        self._impatient.clear()

    def let_go(self) -> None:
        """Wait no more, and let those who wait fail: the bot stops."""
        self._impatient.set()

    def _connect(self, dialect: sa.Dialect, _record: object, args: Any, options: Any) -> Any:
        for pause in pauses():
            try:
                return dialect.connect(*args, **options)
            except psycopg.OperationalError:
                if self._impatient.wait(pause):
                    raise
        raise AssertionError  # pauses never end
