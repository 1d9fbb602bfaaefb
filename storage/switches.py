"""Switches of the operator, which hold over a restart."""

import time

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import add_row
from storage.tables import switches

PAUSED = "paused"
"""On while no new orders are taken."""


async def switch(database: AsyncEngine, name: str, on: bool) -> None:
    """Switch something on or off."""
    async with database.begin() as connection:
        if on:
            await add_row(connection, switches, {"name": name, "at": time.time()})
        else:
            await connection.execute(sa.delete(switches).where(switches.c.name == name))


async def is_on(database: AsyncEngine, name: str) -> bool:
    """Return whether something is on."""
    async with database.connect() as connection:
        query = sa.select(switches.c.name).where(switches.c.name == name)
        return (await connection.execute(query)).first() is not None
