"""What each person has sent in a day."""

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


async def count_file(database: AsyncEngine, chat_id: int, user_id: int, size: int) -> None:
    """Count a file that a person has sent."""
    row = {"chat_id": chat_id, "user_id": user_id, "day": today(), "files": 1, "bytes": size}
    async with database.begin() as connection:
        await connection.execute(_count(connection.dialect.name), row)


@cache
def _count(dialect: str) -> sa.Insert:
    statement = insert(dialect, intake)
    more = {"files": intake.c.files + 1, "bytes": intake.c.bytes + statement.excluded.bytes}
    return statement.on_conflict_do_update(index_elements=intake.primary_key, set_=more)


async def forget_old_days(database: AsyncEngine, older_than: float) -> int:
    """Delete what was counted before the day of a Unix time; returns how many rows."""
    async with database.begin() as connection:
        old = sa.delete(intake).where(intake.c.day < int(older_than // DAY))
        return (await connection.execute(old)).rowcount
