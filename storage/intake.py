"""What each person has sent in a day, and what was kept in all."""

import time
from functools import cache

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import insert
from storage.tables import intake

DAY = 86_400


def today() -> int:
    """Days since 1970, UTC."""
    return int(time.time() // DAY)


async def count_file(database: AsyncEngine, chat_id: int, user_id: int, size: int, *, files: int = 1) -> None:
    """Count a file that a person has sent.

    Args:
        size: bytes.
        files: 0 where it is counted already, and more of it is kept than was sent.
    """
    row = {"chat_id": chat_id, "user_id": user_id, "day": today(), "files": files, "bytes": size}
    async with database.begin() as connection:
        await connection.execute(_count(connection.dialect.name), row)


async def count_made(database: AsyncEngine, size: int) -> None:
    """Count a file that was made for somebody: in the day of all, and in nobody's own."""
    await count_file(database, 0, 0, size, files=0)


@cache
def _count(dialect: str) -> sa.Insert:
    statement = insert(dialect, intake)
    more = {"files": intake.c.files + statement.excluded.files, "bytes": intake.c.bytes + statement.excluded.bytes}
    return statement.on_conflict_do_update(index_elements=intake.primary_key, set_=more)


async def forget_old_days(database: AsyncEngine, older_than: float) -> int:
    """Delete what was counted before the day of a Unix time; returns how many rows."""
    async with database.begin() as connection:
        old = sa.delete(intake).where(intake.c.day < int(older_than // DAY))
        return (await connection.execute(old)).rowcount
