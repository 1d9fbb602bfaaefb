"""Showings: the messages that show a video, in whatever format, so that it can be reported and taken away.

The video itself is in the message that its render notes; here are the formats, duets and answers to customers.
"""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.clock import unix_now
from storage.database import add_row, for_one_statement
from storage.tables import renders, showings


async def note_showing(database: AsyncEngine, chat_id: int, number: int, *render_ids: str) -> None:
    """Note that a message shows the video of a render, or of the two of a duet."""
    async with database.begin() as connection:
        for render_id in render_ids:
            row = {"chat_id": chat_id, "number": number, "render_id": render_id, "shown_at": unix_now()}
            await add_row(connection, showings, row)


async def shown_in(database: AsyncEngine, render_ids: Sequence[str]) -> list[tuple[int, int]]:
    """Return the chats and messages that show these renders."""
    formats = sa.select(showings.c.chat_id, showings.c.number).where(showings.c.render_id.in_(render_ids))
    videos = sa.select(renders.c.chat_id, renders.c.video_message_id).where(
        renders.c.id.in_(render_ids), renders.c.video_message_id.is_not(None)
    )
    async with database.connect() as connection:
        return [(row.chat_id, row.number) for row in await connection.execute(formats.union(videos))]


async def shown_by(database: AsyncEngine, chat_id: int, number: int) -> list[str]:
    """Return the renders that a message shows."""
    formats = sa.select(showings.c.render_id).where(showings.c.chat_id == chat_id, showings.c.number == number)
    videos = sa.select(renders.c.id).where(renders.c.chat_id == chat_id, renders.c.video_message_id == number)
    async with database.connect() as connection:
        return list((await connection.execute(formats.union(videos))).scalars())


async def forget_old_showings(database: AsyncEngine, older_than: float) -> int:
    """Delete what was shown before a Unix time; returns how many."""
    async with for_one_statement(database) as connection:
        return (await connection.execute(sa.delete(showings).where(showings.c.shown_at < older_than))).rowcount
