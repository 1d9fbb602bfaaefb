"""SQLite through aiosqlite: open a file, and stay quick in a crowd.

Writers take turns in the process (`OneWriter`), and a statement goes to its connection's thread and back once
(`Connection`), where SQLAlchemy with aiosqlite alone goes five times: to make a cursor, execute, fetch, close, and roll
back in the end. Each way there and back costs ten times what SQLite takes for the statement.
"""

import asyncio
import sqlite3
import time
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import asynccontextmanager
from functools import partial
from typing import Any, Self, cast

import aiosqlite
import sqlalchemy as sa
from sqlalchemy.dialects.sqlite import aiosqlite as sqlite
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine, create_async_engine

BUSY_SECONDS = 15
CONNECTIONS = 15
"""Connections, each with a thread of its own, opened when first needed."""
WAL_TRIES = 20


class OneWriter(AsyncEngine):
    """Lets the transactions of a process write one after the other, in their order.

    SQLite itself makes writers sleep and look again up to ten times a second. Among hundreds, the next in line would
    wait for seconds, in a thread that no cancel ends.
    """

    def __init__(self, sync_engine: sa.Engine) -> None:
        super().__init__(sync_engine)
        self.writing = asyncio.Lock()

    @asynccontextmanager
    async def begin(self) -> AsyncIterator[AsyncConnection]:
        """Begin a transaction when it is its turn."""
        async with self.writing, super().begin() as connection:
            yield connection


class Connection(aiosqlite.Connection):
    """Executes a statement and fetches all its rows in one call of the thread; ends no transaction where none is."""

    _settled = True
    """Whether the thread is known to have nothing to do, and no transaction: a cancelled call may still begin one."""
    _calls = 0
    _hurried = False

    def hurry(self) -> None:
        """Make the next commit in the caller's thread: see `write_in_one_turn`."""
        self._hurried = True

    async def run(self, function: Callable[[sqlite3.Connection], Any]) -> Any:
        """Call a function in the thread, with its connection."""
        self._settled, self._calls = False, self._calls + 1
        latest = self._calls
        result, open_ = await self._execute(_and_whether_open, function, self._conn)  # type: ignore[no-untyped-call]
        self._settled = not open_ and latest == self._calls
        return result

    def cursor(self) -> "Cursor":  # type: ignore[override]  # without a call of the thread
        """Return a cursor, as SQLAlchemy uses one."""
        return Cursor(self)

    async def commit(self) -> None:
        """Commit the current transaction."""
        if self._hurried:
            self._hurried = False
            self._conn.commit()
            self._settled = True
        elif not self._settled:
            await self.run(sqlite3.Connection.commit)

    async def rollback(self) -> None:
        """Roll back the current transaction."""
        self._hurried = False
        if not self._settled:
            await self.run(sqlite3.Connection.rollback)


class Cursor:
    """What one statement gave; everything is fetched by then."""

    arraysize = 1
    description: Any = None
    rowcount = -1
    lastrowid: int | None = None

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._rows: list[Any] = []

    async def __aenter__(self) -> Self:
        return self

    async def execute(self, sql: str, parameters: Sequence[Any] = ()) -> None:
        """Execute a statement."""

        def run(connection: sqlite3.Connection) -> None:
            self._take(connection.execute(sql, parameters))

        await self._connection.run(run)

    async def executemany(self, sql: str, parameters: Sequence[Sequence[Any]]) -> None:
        """Execute a statement once with each of the parameters."""

        def run(connection: sqlite3.Connection) -> None:
            self._take(connection.executemany(sql, parameters))

        await self._connection.run(run)

    async def fetchall(self) -> list[Any]:
        """Return all rows."""
        return self._rows

    async def close(self) -> None:
        """Do nothing: all rows are fetched already."""

    def _take(self, cursor: sqlite3.Cursor) -> None:
        self._rows = cursor.fetchall()
        self.description, self.rowcount, self.lastrowid = cursor.description, cursor.rowcount, cursor.lastrowid


def _and_whether_open(
    function: Callable[[sqlite3.Connection], Any], connection: sqlite3.Connection
) -> tuple[Any, bool]:
    """Return the function's result, and whether a transaction is open after it."""
    return function(connection), connection.in_transaction


def open_sqlite(url: str) -> AsyncEngine:
    """Open a pool of connections to a file; a write waits up to 15 s for another program's to end."""
    path, options = sqlite.dialect().create_connect_args(sa.make_url(url))
    open_file = partial(sqlite3.connect, *path, **{**options, "timeout": BUSY_SECONDS, "isolation_level": "IMMEDIATE"})

    async def connect() -> Connection:
        connection = Connection(open_file, iter_chunk_size=64)
        connection._thread.daemon = True  # noqa: SLF001 - as SQLAlchemy has it: a stop does not wait for it
        await connection
        return connection

    database = create_async_engine(
        url, async_creator=connect, pool_size=CONNECTIONS, max_overflow=0, hide_parameters=True
    )
    sa.event.listen(database.sync_engine, "connect", tune_sqlite)
    return OneWriter(database.sync_engine)


async def write_in_one_turn(database: AsyncEngine, change: sa.Executable, values: Mapping[str, Any]) -> None:
    """Write, and return in the very turn of the event loop that committed, so that what follows is in that turn, too.

    A busy loop comes back from a connection's thread, and from giving the connection back, after ten milliseconds and
    more, in which the process may die. This costs the loop the commit itself: a fifth of a millisecond, more when the
    journal is written back. PostgreSQL's driver has no thread, and commits as always.
    """
    if not isinstance(database, OneWriter):
        async with database.begin() as connection:
            await connection.execute(change, values)
        return
    async with database.writing:
        connection = await database.connect()
        try:
            await connection.execute(change, values)
            driver = (await connection.get_raw_connection()).driver_connection
            cast(Connection, driver).hurry()
            await connection.commit()
        finally:
            closing = asyncio.create_task(connection.close())
            _closing.add(closing)
            closing.add_done_callback(_closing.discard)


_closing: set[asyncio.Task[None]] = set()
"""Connections on their way back into the pool: asyncio alone would let them be collected as garbage."""


def tune_sqlite(connection: sa.engine.interfaces.DBAPIConnection, _record: object) -> None:
    """Set the pragmas of a new connection; close one that fails, or its thread would stay."""
    try:
        cursor = connection.cursor()
        for pragma in (f"busy_timeout={BUSY_SECONDS * 1000}", "synchronous=NORMAL", "secure_delete=ON"):
            cursor.execute(f"PRAGMA {pragma}")
        _journal_ahead(cursor)
        cursor.close()
    except Exception:
        connection.close()
        raise


def _journal_ahead(cursor: sa.engine.interfaces.DBAPICursor) -> None:
    """Switch to WAL, with retries: two that switch a new file at once find it locked whatever the timeout."""
    for _ in range(WAL_TRIES):
        try:
            cursor.execute("PRAGMA journal_mode=WAL")
        except sqlite3.OperationalError:
            time.sleep(0.05)
        else:
            return
    cursor.execute("PRAGMA journal_mode=WAL")
