"""Showings: the messages that show a video, in whatever format, so that it can be reported and taken away."""

import time
from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import add_row
from storage.tables import showings


async def note_showing(database: AsyncEngine, chat_id: int, number: int, *render_ids: str) -> None:
    """Note that a message shows the video of a render, or of the two of a duet."""
    async with database.begin() as connection:
        for render_id in render_ids:
            row = {"chat_id": chat_id, "number": number, "render_id": render_id, "shown_at": time.time()}
            await add_row(connection, showings, row)


async def shown_in(database: AsyncEngine, render_ids: Sequence[str]) -> list[tuple[int, int]]:
    """Return the chats and messages that show these renders."""
    query = sa.select(showings.c.chat_id, showings.c.number).where(showings.c.render_id.in_(render_ids)).distinct()
    async with database.connect() as connection:
        return [(row.chat_id, row.number) for row in await connection.execute(query)]


async def shown_by(database: AsyncEngine, chat_id: int, number: int) -> list[str]:
    """Return the renders that a message shows."""
    here = sa.and_(showings.c.chat_id == chat_id, showings.c.number == number)
    async with database.connect() as connection:
        return list((await connection.execute(sa.select(showings.c.render_id).where(here))).scalars())


async def forget_old_showings(database: AsyncEngine, older_than: float) -> int:
    """Delete what was shown before a Unix time; returns how many."""
    async with database.begin() as connection:
        return (await connection.execute(sa.delete(showings).where(showings.c.shown_at < older_than))).rowcount
