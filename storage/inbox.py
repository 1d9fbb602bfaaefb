"""The inbox: every update is a row from before Telegram is told that it arrived until it is handled.

A kill between the two loses nothing; an update that comes again finds its row and changes nothing.
"""

import json
import time
from collections.abc import Mapping, Sequence
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import add_row
from storage.tables import inbox

KEPT_SECONDS = 48 * 3600
"""How long a handled update is remembered: Telegram keeps undelivered ones for 24 h."""

Body = Mapping[str, Any]

IS_UNHANDLED = sa.select(inbox.c.update_id).where(inbox.c.update_id == sa.bindparam("id"), inbox.c.done_at.is_(None))
BY_ID = sa.update(inbox).where(inbox.c.update_id == sa.bindparam("id"))


async def write_updates(database: AsyncEngine, bodies: Sequence[Body]) -> list[Body]:
    """Write updates down; return those that are not handled yet, in their order: new ones, and known ones."""
    unhandled = []
    async with database.begin() as connection:
        for body in bodies:
            row = {"update_id": body["update_id"], "body": json.dumps(body), "received_at": time.time()}
            added = await add_row(connection, inbox, row)
            if added or (await connection.execute(IS_UNHANDLED, {"id": body["update_id"]})).first():
                unhandled.append(body)
    return unhandled


async def unhandled_updates(database: AsyncEngine) -> list[tuple[Body, int]]:
    """Return the updates that no process has finished, oldest first, and how many processes may have begun each."""
    undone = sa.select(inbox).where(inbox.c.done_at.is_(None)).order_by(inbox.c.update_id)
    async with database.connect() as connection:
        return [(json.loads(row.body), row.tries) for row in await connection.execute(undone)]


async def note_try(database: AsyncEngine, update_id: int) -> None:
    """Note that one more process begins an update."""
    change = sa.update(inbox).where(inbox.c.update_id == update_id).values(tries=inbox.c.tries + 1)
    async with database.begin() as connection:
        await connection.execute(change)


async def mark_handled(database: AsyncEngine, update_id: int) -> None:
    """Note that an update is handled, and delete its body."""
    async with database.begin() as connection:
        await connection.execute(BY_ID, {"id": update_id, "body": None, "done_at": time.time()})


async def forget_old_updates(database: AsyncEngine) -> int:
    """Delete handled updates that cannot come again; returns how many."""
    old = sa.delete(inbox).where(inbox.c.done_at < time.time() - KEPT_SECONDS)
    async with database.begin() as connection:
        return (await connection.execute(old)).rowcount
