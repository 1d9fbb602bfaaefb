"""One bot on a PostgreSQL database: two would each take up the renders that the other is at.

A lock of the session says so. A server that is restarted forgets it, so it is taken again as soon as its connection is
gone. A SQLite file is held by the lock of its directory.
"""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from datetime import datetime

import psycopg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.database import DatabaseError
from storage.passing import PASSING, pauses

USER_LOCK = 0x656D6F75
LONGEST_GHOST = 5.0
"""Seconds for which the session of a process that has just died may still hold the lock."""

MYSELF = sa.text("SELECT pid, backend_start FROM pg_stat_activity WHERE pid = pg_backend_pid()")
END_GHOST = sa.text(
    "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE pid = :pid AND backend_start = :began"
)


@dataclass(frozen=True)
class Session:
    """The session that holds the lock: its connection, and by what the server knows it."""

    connection: AsyncConnection
    pid: int
    began: datetime


@asynccontextmanager
async def only_user(database: AsyncEngine) -> AsyncIterator["asyncio.Task[None]"]:
    """Hold a database for this process alone.

    Yields:
        A task that ends only when another bot has taken the database meanwhile, with a `DatabaseError`.

    Raises:
        DatabaseError: another bot works on it.
    """
    session = await _take(database, None) if database.dialect.name == "postgresql" else None
    keeping = asyncio.create_task(_keep(database, session))
    try:
        yield keeping
    finally:
        keeping.cancel()
        await asyncio.gather(keeping, return_exceptions=True)


async def _keep(database: AsyncEngine, session: Session | None) -> None:
    """Take the lock again whenever its session is gone, until cancelled."""
    if session is None:
        await asyncio.Event().wait()
        return
    try:
        while True:
            await _gone(session)
            session = await _take(database, session)
    finally:
        await session.connection.close()


async def _gone(session: Session) -> None:
    """Wait until the connection of a session is broken."""
    raw = (await session.connection.get_raw_connection()).driver_connection
    assert isinstance(raw, psycopg.AsyncConnection)  # noqa: S101
    try:
        async for _ in raw.notifies():
            pass  # nobody sends any
    except psycopg.Error:
        await session.connection.invalidate()
        await session.connection.close()


async def _take(database: AsyncEngine, before: Session | None) -> Session:
    """Take the lock in a new session.

    Args:
        before: a session of this process that had it; the server may not have noticed that it is gone.
    """
    waited = 0.0
    for pause in pauses():
        connection = await database.connect().start()
        try:
            if before is not None:
                await connection.execute(END_GHOST, {"pid": before.pid, "began": before.began})
            if (await connection.execute(sa.select(sa.func.pg_try_advisory_lock(USER_LOCK)))).scalar():
                pid, began = (await connection.execute(MYSELF)).one()
                await connection.commit()
                return Session(connection, pid, began)
        except PASSING:  # it went again
            await connection.invalidate()
        await connection.close()
        if waited > LONGEST_GHOST:
            break
        await asyncio.sleep(pause)
        waited += pause
    raise DatabaseError("another emobot works on this database: stop it, or set another DATABASE_URL")
