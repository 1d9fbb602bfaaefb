"""What is at the service for all renders together: orders on their way, tasks by account, and how fast they go."""

from collections.abc import Collection, Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.tables import renders, tasks
from storage.tasks import INTENTS

OPEN_INTENTS = INTENTS.where(tasks.c.judging_since.is_(None), tasks.c.account == sa.bindparam("account"))
JUDGED = INTENTS.where(tasks.c.judging_since.is_not(None))


async def known_task_ids(database: AsyncEngine, task_ids: Sequence[str]) -> set[str]:
    """Return those of the given ids that are tasks of ours."""
    async with database.connect() as connection:
        query = sa.select(tasks.c.task_id).where(tasks.c.task_id.in_(task_ids))
        return {task_id for task_id in (await connection.execute(query)).scalars() if task_id}


async def open_submits(database: AsyncEngine, account: str) -> set[str]:
    """Return the ids of the renders whose order is on its way to an account; others wait for its answer."""
    async with database.connect() as connection:
        return set((await connection.execute(OPEN_INTENTS, {"account": account})).scalars())


async def open_accounts(database: AsyncEngine) -> dict[str, int]:
    """Return the accounts of the tasks that are not over, and how many each has."""
    query = (
        sa.select(tasks.c.account, sa.func.count().label("number"))
        .where(tasks.c.ended_at.is_(None), tasks.c.render_id == renders.c.id, renders.c.ended_at.is_(None))
        .group_by(tasks.c.account)
        .order_by(tasks.c.account)
    )
    async with database.connect() as connection:
        return {row.account: row.number for row in (await connection.execute(query)).all()}


async def judged_renders(database: AsyncEngine) -> set[str]:
    """Return the ids of the renders of which nobody knows whether their order was taken; nobody waits for them."""
    async with database.connect() as connection:
        return set((await connection.execute(JUDGED)).scalars())


async def accounts_at_work(database: AsyncEngine, render_ids: Collection[str]) -> dict[str, str]:
    """Return those of the given renders that have a video at the service, or may have one yet, and at which account."""
    may_bring = sa.or_(tasks.c.ended_at.is_(None), tasks.c.video_url.is_not(None))
    query = sa.select(tasks.c.render_id, tasks.c.account).where(tasks.c.render_id.in_(render_ids), may_bring)
    async with database.connect() as connection:
        found = await connection.execute(query.order_by(tasks.c.part, tasks.c.attempt))
        return {row.render_id: row.account for row in found.all()}


async def recent_paces(database: AsyncEngine, model: str, limit: int = 20) -> list[float]:
    """Return seconds of work per second of video of a model's latest finished tasks, newest first."""
    worked = tasks.c.worked_until - tasks.c.started_at
    query = (
        sa.select(worked / tasks.c.video_seconds)
        .where(tasks.c.worked_until.is_not(None), worked > 0, tasks.c.video_seconds > 0, tasks.c.model == model)
        .order_by(tasks.c.worked_until.desc())
        .limit(limit)
    )
    async with database.connect() as connection:
        return [float(pace) for pace in (await connection.execute(query)).scalars()]
