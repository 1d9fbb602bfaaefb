"""Strange tasks: listed by the service, known to no render. One may come from a submit whose answer was lost."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.clock import unix_now
from storage.database import add_row, for_one_statement
from storage.tables import strange_tasks

SEEN_FOR = sa.select(strange_tasks.c.task_id).where(strange_tasks.c.link == sa.bindparam("link"))


async def note_strange_tasks(database: AsyncEngine, task_ids: Sequence[str], link: str) -> set[str]:
    """Note strange tasks with the lost submit that each was first seen for; return those first seen for this one.

    Args:
        link: what the submit is known by: the key of its own audio link, where it has one.
    """
    async with database.begin() as connection:
        for task_id in task_ids:
            row = {"task_id": task_id, "link": link, "seen_at": unix_now()}
            await add_row(connection, strange_tasks, row)
        query = SEEN_FOR.where(strange_tasks.c.task_id.in_(task_ids))
        return set((await connection.execute(query, {"link": link})).scalars())


async def strange_tasks_of(database: AsyncEngine, link: str) -> set[str]:
    """Return the ids of the strange tasks that were first seen for a lost submit."""
    async with database.connect() as connection:
        return set((await connection.execute(SEEN_FOR, {"link": link})).scalars())


async def forget_strange_tasks(database: AsyncEngine, older_than: float) -> None:
    """Delete those first seen before a Unix time."""
    async with for_one_statement(database) as connection:
        await connection.execute(sa.delete(strange_tasks).where(strange_tasks.c.seen_at < older_than))
