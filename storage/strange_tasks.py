"""Strange tasks: listed by the service, known to no render. One may come from a submit whose answer was lost."""

import time
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import add_row
from storage.tables import strange_tasks


async def note_strange_tasks(database: AsyncEngine, task_ids: Sequence[str], link: str) -> set[str]:
    """Note strange tasks with the lost submit that each was first seen for; return those first seen for this one.

    Args:
        link: the key of the submit's own audio link.
    """
    async with database.begin() as connection:
        for task_id in task_ids:
            row = {"task_id": task_id, "link": link, "seen_at": time.time()}
            await add_row(connection, strange_tasks, row)
        query = sa.select(strange_tasks.c.task_id).where(
            strange_tasks.c.task_id.in_(task_ids), strange_tasks.c.link == link
        )
        return set((await connection.execute(query)).scalars())


async def forget_strange_tasks(database: AsyncEngine, older_than: float) -> None:
    """Delete those first seen before a Unix time."""
    async with database.begin() as connection:
        await connection.execute(sa.delete(strange_tasks).where(strange_tasks.c.seen_at < older_than))
