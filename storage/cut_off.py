"""Machines that wait: others work, and reach what these do not. They have no life yet, so rows of their own say so."""

from collections.abc import Collection
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import for_one_statement, insert
from storage.machines import clock
from storage.tables import cut_off_machines as waiting

LATELY = 120.0
"""Seconds for which a word of one counts; it says so again at each look, and was ended if it does not."""


@dataclass(frozen=True)
class CutOffMachine:
    """A machine that waits, by host and process, and what it does not reach."""

    name: str
    misses: tuple[str, ...]


async def note_cut_off(database: AsyncEngine, name: str, misses: Collection[str]) -> None:
    """Note that a machine waits, and what for."""
    dialect = database.dialect.name
    said = {"misses": ",".join(sorted(misses)), "seen_at": clock(dialect)}
    statement = insert(dialect, waiting).values(said | {"name": name[:128]})
    async with for_one_statement(database) as connection:
        await connection.execute(statement.on_conflict_do_update(index_elements=["name"], set_=said))


async def forget_cut_off(database: AsyncEngine, name: str) -> None:
    """Note that a machine waits no more."""
    async with for_one_statement(database) as connection:
        await connection.execute(sa.delete(waiting).where(waiting.c.name == name[:128]))


async def cut_off_machines(database: AsyncEngine) -> list[CutOffMachine]:
    """Return the machines that wait."""
    query = sa.select(waiting.c.name, waiting.c.misses).where(~_is_old(database)).order_by(waiting.c.name)
    async with database.connect() as connection:
        return [CutOffMachine(row.name, tuple(row.misses.split(","))) for row in await connection.execute(query)]


async def forget_old_cut_off(database: AsyncEngine) -> None:
    """Forget the machines that were ended while they waited."""
    async with for_one_statement(database) as connection:
        await connection.execute(sa.delete(waiting).where(_is_old(database)))


def _is_old(database: AsyncEngine) -> sa.ColumnElement[bool]:
    return waiting.c.seen_at < clock(database.dialect.name) - LATELY
