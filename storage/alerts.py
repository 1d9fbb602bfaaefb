"""Alerts: what the admins are, or are to be, told of; a row stands for as long as its cause does."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.clock import unix_now
from storage.database import add_row, for_one_statement
from storage.renders import Stage
from storage.tables import alerts, renders

LONGEST_DETAIL = 256


@dataclass(frozen=True)
class Alert:
    """The row of one alert; `told_at` is empty until an admin has been told."""

    cause: str
    detail: str
    told_at: float | None


async def standing(database: AsyncEngine) -> dict[str, Alert]:
    """Return the alerts that stand, by their causes."""
    query = sa.select(alerts.c.cause, alerts.c.detail, alerts.c.told_at)
    async with database.connect() as connection:
        return {row.cause: Alert(row.cause, row.detail, row.told_at) for row in await connection.execute(query)}


async def raise_alert(database: AsyncEngine, cause: str, detail: str) -> None:
    """Write an alert; one that stands already stays as it is."""
    row = {"cause": cause, "detail": detail[:LONGEST_DETAIL], "since": unix_now()}
    async with for_one_statement(database) as connection:
        await add_row(connection, alerts, row)


async def note_alert_told(database: AsyncEngine, cause: str) -> None:
    """Note that the admins have been told."""
    async with for_one_statement(database) as connection:
        change = sa.update(alerts).where(alerts.c.cause == cause)
        await connection.execute(change.values(told_at=unix_now()))


async def drop_alert(database: AsyncEngine, cause: str) -> None:
    """Delete an alert: its cause has passed."""
    async with for_one_statement(database) as connection:
        await connection.execute(sa.delete(alerts).where(alerts.c.cause == cause))


async def longest_wait(database: AsyncEngine) -> float:
    """Return for how many seconds the oldest open render has been there."""
    query = sa.select(sa.func.min(renders.c.created_at)).where(
        renders.c.ended_at.is_(None), renders.c.stage != Stage.ASKING
    )
    async with database.connect() as connection:
        oldest = (await connection.execute(query)).scalar()
    return unix_now() - float(oldest) if oldest is not None else 0.0


async def failed_in_a_row(database: AsyncEngine, most: int) -> int:
    """Return how many of the latest renders that ended, up to so many, brought no video one after the other."""
    ends = (Stage.DELIVERED, Stage.FAILED, Stage.REFUSED, Stage.UNSURE)
    query = sa.select(renders.c.stage).where(renders.c.ended_at.is_not(None), renders.c.stage.in_(ends))
    async with database.connect() as connection:
        latest = (await connection.execute(query.order_by(renders.c.ended_at.desc()).limit(most))).scalars().all()
    return next((number for number, stage in enumerate(latest) if stage == Stage.DELIVERED), len(latest))
