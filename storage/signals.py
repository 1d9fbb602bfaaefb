"""Words between the machines of one PostgreSQL, so that nobody has to look for what another one has just done.

A word that nobody hears is no loss: whoever waits for it looks by themselves, only later.
"""

from collections.abc import Callable

import psycopg
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

CHANNEL = "emobot"


async def call(database: AsyncEngine, word: str) -> None:
    """Say a word to every machine."""
    async with database.begin() as connection:
        await connection.execute(sa.select(sa.func.pg_notify(CHANNEL, word)))


async def listen(database: AsyncEngine, hear: Callable[[str], None]) -> None:
    """Hear every word until the connection is lost.

    Raises:
        psycopg.Error, sqlalchemy.exc.DBAPIError: it was.
    """
    async with database.connect() as connection:
        await connection.execute(sa.text(f"LISTEN {CHANNEL}"))
        await connection.commit()
        raw = (await connection.get_raw_connection()).driver_connection
        assert isinstance(raw, psycopg.AsyncConnection)  # noqa: S101
        try:
            async for notice in raw.notifies():
                hear(notice.payload)
        finally:
            await connection.invalidate()
