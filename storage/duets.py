"""Duets: two faces of the cast, two voices in turn, one video."""

import secrets
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.clock import unix_now
from storage.database import for_one_statement
from storage.drafts import DraftKey
from storage.tables import duets

WAITING_SECONDS = 3600.0
"""A duet takes the voices of its first hour; later ones are for something else."""


@dataclass(frozen=True)
class Duet:
    """The row of one duet; `layout` is side (by side) or turn, `ended_at` when it was sent or given up."""

    id: str
    chat_id: int
    user_id: int
    thread_id: int
    layout: str
    first_portrait_sha: str
    first_portrait_file: str | None
    first_portrait_owner_id: int | None
    second_portrait_sha: str
    second_portrait_file: str | None
    second_portrait_owner_id: int | None
    first_name: str
    second_name: str
    first_voice_sha: str | None
    first_voice_file: str | None
    first_voice_owner_id: int | None
    first_message_id: int | None
    second_voice_sha: str | None
    second_voice_file: str | None
    second_voice_owner_id: int | None
    second_message_id: int | None
    language: str
    created_at: float
    ended_at: float | None


def _of(key: DraftKey) -> sa.ColumnElement[bool]:
    return sa.and_(duets.c.chat_id == key.chat_id, duets.c.user_id == key.user_id, duets.c.thread_id == key.thread_id)


async def begin_duet(database: AsyncEngine, key: DraftKey, **columns: Any) -> None:
    """Begin a duet; it replaces one that still waits for voices."""
    row = {"id": secrets.token_hex(8), "chat_id": key.chat_id, "user_id": key.user_id, "thread_id": key.thread_id}
    row |= {"layout": "side", "created_at": unix_now(), **columns}
    async with database.begin() as connection:
        await connection.execute(sa.delete(duets).where(_of(key), duets.c.second_voice_sha.is_(None)))
        await connection.execute(sa.insert(duets).values(row))


async def read_duet(database: AsyncEngine, duet_id: str) -> Duet | None:
    """Return one duet, if it exists."""
    async with database.connect() as connection:
        row = (await connection.execute(sa.select(duets).where(duets.c.id == duet_id))).mappings().first()
    return Duet(**row) if row else None


async def open_duets(database: AsyncEngine) -> list[str]:
    """Return the ids of the duets that have both voices and were not sent yet."""
    query = sa.select(duets.c.id).where(duets.c.second_voice_sha.is_not(None), duets.c.ended_at.is_(None))
    async with database.connect() as connection:
        return list((await connection.execute(query)).scalars())


async def update_duet(database: AsyncEngine, duet_id: str, **columns: Any) -> None:
    """Write some columns of a duet."""
    async with for_one_statement(database) as connection:
        await connection.execute(sa.update(duets).where(duets.c.id == duet_id).values(columns))


async def end_duet(database: AsyncEngine, duet_id: str) -> None:
    """Note that a duet was sent or given up."""
    await update_duet(database, duet_id, ended_at=unix_now())


async def drop_waiting_duet(database: AsyncEngine, key: DraftKey) -> bool:
    """Forget a duet that waits for a voice; returns whether there was one."""
    async with for_one_statement(database) as connection:
        waiting = sa.delete(duets).where(_of(key), duets.c.second_voice_sha.is_(None))
        return (await connection.execute(waiting)).rowcount > 0


async def forget_old_duets(database: AsyncEngine, older_than: float) -> int:
    """Delete what was begun before a Unix time; returns how many."""
    async with for_one_statement(database) as connection:
        return (await connection.execute(sa.delete(duets).where(duets.c.created_at < older_than))).rowcount
