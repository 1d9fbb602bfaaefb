"""Switches of the operator, which hold over a restart."""

import secrets

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.clock import unix_now
from storage.database import add_row
from storage.tables import machines, switches

PAUSED = "paused"
"""On while no new orders are taken."""


async def switch(database: AsyncEngine, name: str, on: bool) -> None:
    """Switch something on or off."""
    async with database.begin() as connection:
        if on:
            await add_row(connection, switches, {"name": name, "at": unix_now()})
        else:
            await connection.execute(sa.delete(switches).where(switches.c.name == name))


STARTED, LATELY = "started:", 900.0
"""The beginning of the names that tell of starts, and for how many seconds those count."""


async def note_start(database: AsyncEngine, machine: str | None = None) -> str:
    """Note that a machine has started; return the name by which a clean stop is noted."""
    name = f"{STARTED}{machine or secrets.token_hex(8)}"
    await switch(database, name, True)
    return name


async def starts_lately(database: AsyncEngine) -> int:
    """Return how many starts of the last minutes had no clean stop, but for those of machines that live."""
    old = sa.and_(switches.c.name.startswith(STARTED), switches.c.at < unix_now() - LATELY)
    async with database.begin() as connection:
        await connection.execute(sa.delete(switches).where(old))
        living = sa.select(sa.literal(STARTED, sa.String) + machines.c.id)
        ended = sa.and_(switches.c.name.startswith(STARTED), switches.c.name.not_in(living))
        return (await connection.execute(sa.select(sa.func.count()).where(ended))).scalar() or 0


async def is_on(database: AsyncEngine, name: str) -> bool:
    """Return whether something is on."""
    async with database.connect() as connection:
        query = sa.select(switches.c.name).where(switches.c.name == name)
        return (await connection.execute(query)).first() is not None
