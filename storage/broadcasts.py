"""Broadcasts: a word of the operator to all chats; each chat that is still to be told is a row."""

import secrets
from collections.abc import Iterable
from dataclasses import dataclass, fields
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.clock import unix_now
from storage.database import for_one_statement
from storage.tables import broadcast_chats, broadcasts

PREVIEW, SENDING, STOPPED, DONE = "preview", "sending", "stopped", "done"


@dataclass(frozen=True)
class Broadcast:
    """The row of one broadcast; `sent` and `failed` count chats."""

    id: str
    admin_id: int
    text: str
    state: str
    notice_id: int | None
    sent: int
    failed: int


async def new_broadcast(database: AsyncEngine, admin_id: int, text: str, chats: Iterable[int]) -> Broadcast:
    """Write a broadcast that its admin has not let go yet."""
    made = Broadcast(secrets.token_hex(8), admin_id, text, PREVIEW, None, 0, 0)
    rows = [{"broadcast_id": made.id, "chat_id": chat_id} for chat_id in chats]
    async with database.begin() as connection:
        await connection.execute(sa.insert(broadcasts), {**vars(made), "created_at": unix_now()})
        if rows:
            await connection.execute(sa.insert(broadcast_chats), rows)
    return made


async def read_broadcast(database: AsyncEngine, broadcast_id: str) -> Broadcast | None:
    """Return a broadcast, if it is there."""
    found = await _select(database, broadcasts.c.id == broadcast_id)
    return found[0] if found else None


async def sending(database: AsyncEngine) -> list[Broadcast]:
    """Return what is being sent, oldest first."""
    return await _select(database, broadcasts.c.state == SENDING)


async def _select(database: AsyncEngine, condition: sa.ColumnElement[bool]) -> list[Broadcast]:
    named = [broadcasts.c[each.name] for each in fields(Broadcast)]
    query = sa.select(*named).where(condition).order_by(broadcasts.c.created_at)
    async with database.connect() as connection:
        return [Broadcast(**row) for row in (await connection.execute(query)).mappings()]


async def change_broadcast(database: AsyncEngine, broadcast_id: str, only_from: str, **columns: Any) -> bool:
    """Write some columns while a broadcast is in a state; return whether it was."""
    change = sa.update(broadcasts).where(broadcasts.c.id == broadcast_id, broadcasts.c.state == only_from)
    async with for_one_statement(database) as connection:
        return (await connection.execute(change.values(columns))).rowcount == 1


async def chats_left(database: AsyncEngine, broadcast_id: str, most: int) -> list[int]:
    """Return some of the chats that are still to be told."""
    query = sa.select(broadcast_chats.c.chat_id).where(broadcast_chats.c.broadcast_id == broadcast_id)
    async with database.connect() as connection:
        return list((await connection.execute(query.order_by(broadcast_chats.c.chat_id).limit(most))).scalars())


async def count_left(database: AsyncEngine, broadcast_id: str) -> int:
    """Return how many chats are still to be told."""
    query = sa.select(sa.func.count()).where(broadcast_chats.c.broadcast_id == broadcast_id)
    async with database.connect() as connection:
        return (await connection.execute(query)).scalar() or 0


async def note_told(database: AsyncEngine, broadcast_id: str, chat_id: int, arrived: bool) -> None:
    """Note that a chat has been told, or cannot be."""
    column = broadcasts.c.sent if arrived else broadcasts.c.failed
    gone = sa.delete(broadcast_chats).where(
        broadcast_chats.c.broadcast_id == broadcast_id, broadcast_chats.c.chat_id == chat_id
    )
    async with database.begin() as connection:
        if (await connection.execute(gone)).rowcount:
            count = sa.update(broadcasts).where(broadcasts.c.id == broadcast_id)
            await connection.execute(count.values({column.name: column + 1}))


async def forget_old_broadcasts(database: AsyncEngine, older_than: float) -> int:
    """Delete broadcasts that were written before a Unix time; return how many."""
    old = sa.select(broadcasts.c.id).where(broadcasts.c.created_at < older_than, broadcasts.c.state != SENDING)
    async with database.begin() as connection:
        await connection.execute(sa.delete(broadcast_chats).where(broadcast_chats.c.broadcast_id.in_(old)))
        return (await connection.execute(sa.delete(broadcasts).where(broadcasts.c.id.in_(old)))).rowcount
