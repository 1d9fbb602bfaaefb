"""PostgreSQL is asked as seldom as can be, and nothing is lost by it."""

import asyncio
import select
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import for_one_statement, open_database
from storage.switches import is_on
from storage.tables import switches
from storage.upgrade import migrate

PID = sa.text("SELECT pg_backend_pid()")
PAUSED = sa.insert(switches).values(name="paused", at=1.0)


async def test_a_connection_that_the_server_has_closed_is_not_given_out_again(database_url: str) -> None:
    if not database_url.startswith("postgresql"):
        pytest.skip("SQLite has no server")
    database, other = open_database(database_url), open_database(database_url)
    async with database.connect() as connection:
        pid = (await connection.execute(PID)).scalar_one()
        held: Any = (await connection.get_raw_connection()).driver_connection
    hung_up = select.poll()
    hung_up.register(held.pgconn.socket, select.POLLRDHUP)
    async with other.connect() as connection:
        await connection.execute(sa.text("SELECT pg_terminate_backend(:pid)"), {"pid": pid})
    async with asyncio.timeout(60):
        while not hung_up.poll(0):  # it leaves pg_stat_activity a little earlier
            await asyncio.sleep(0.05)
    async with database.connect() as connection:
        assert (await connection.execute(PID)).scalar_one() != pid
    await database.dispose()
    await other.dispose()


async def test_a_single_statement_is_written_at_once_and_several_whole_or_not_at_all(database: AsyncEngine) -> None:
    async def write_and_break() -> None:
        async with database.begin() as connection:
            await connection.execute(PAUSED)
            raise KeyError

    await migrate(database)
    with pytest.raises(KeyError):
        await write_and_break()
    assert not await is_on(database, "paused")
    async with for_one_statement(database) as connection:
        await connection.execute(PAUSED)
    assert await is_on(database, "paused")
