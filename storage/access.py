"""Access: what the admins said of people and chats, by keyed hashes; it outlasts a `/forget`."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.clock import unix_now
from storage.database import add_row, for_one_statement, put_row
from storage.tables import access

ASKED, ALLOWED, REFUSED, BLOCKED = "asked", "allowed", "refused", "blocked"


async def read_access(database: AsyncEngine, who: str) -> str | None:
    """Return what was said of somebody, if anything."""
    async with database.connect() as connection:
        query = sa.select(access.c.state).where(access.c.who == who)
        return (await connection.execute(query)).scalar()


async def write_access(database: AsyncEngine, who: str, state: str | None) -> None:
    """Write what is said of somebody; None: nothing any more."""
    async with database.begin() as connection:
        if state is None:
            await connection.execute(sa.delete(access).where(access.c.who == who))
        else:
            await put_row(connection, access, {"who": who, "state": state, "at": unix_now()}, "state", "at")


async def ask_for_access(database: AsyncEngine, who: str) -> bool:
    """Note that somebody asks; return whether they are the first to ask, and nothing is said of them."""
    async with for_one_statement(database) as connection:
        row = {"who": who, "state": ASKED, "at": unix_now()}
        return await add_row(connection, access, row) is not None


async def move_access(database: AsyncEngine, old: str, new: str) -> None:
    """Let what was said of a group hold for the supergroup that it became."""
    state = await read_access(database, old)
    if state is not None:
        await write_access(database, new, state)
        await write_access(database, old, None)
