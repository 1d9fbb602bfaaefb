"""Formats that were made of videos, by the ids under which Telegram keeps them, and the sticker sets of chats."""

from collections.abc import Collection

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.clock import unix_now
from storage.database import for_one_statement, put_row
from storage.tables import formats, sticker_sets


async def read_format(database: AsyncEngine, render_id: str, video_format: str) -> str | None:
    """Return the file id of a format, if it was made."""
    query = sa.select(formats.c.file_id).where(formats.c.render_id == render_id, formats.c.video_format == video_format)
    async with database.connect() as connection:
        return (await connection.execute(query)).scalar()


async def write_format(database: AsyncEngine, render_id: str, video_format: str, file_id: str) -> None:
    """Remember a format."""
    async with for_one_statement(database) as connection:
        row = {"render_id": render_id, "video_format": video_format, "file_id": file_id, "made_at": unix_now()}
        await put_row(connection, formats, row, "file_id")


async def formats_of(database: AsyncEngine, render_ids: Collection[str], video_format: str) -> list[str]:
    """Return the file ids of a format of some renders."""
    query = sa.select(formats.c.file_id).where(
        formats.c.render_id.in_(render_ids), formats.c.video_format == video_format
    )
    async with database.connect() as connection:
        return list((await connection.execute(query)).scalars())


async def forget_format(database: AsyncEngine, render_id: str, video_format: str) -> None:
    """Forget a format that Telegram does not know any more."""
    async with for_one_statement(database) as connection:
        await connection.execute(
            sa.delete(formats).where(formats.c.render_id == render_id, formats.c.video_format == video_format)
        )


async def forget_old_formats(database: AsyncEngine, older_than: float) -> int:
    """Delete what was made before a Unix time; returns how many."""
    async with for_one_statement(database) as connection:
        return (await connection.execute(sa.delete(formats).where(formats.c.made_at < older_than))).rowcount


async def read_sticker_set(database: AsyncEngine, chat_id: int) -> tuple[str, int] | None:
    """Return the name of a chat's sticker set, and in whose name Telegram keeps it."""
    query = sa.select(sticker_sets.c.name, sticker_sets.c.owner_id).where(sticker_sets.c.chat_id == chat_id)
    async with database.connect() as connection:
        row = (await connection.execute(query)).first()
    return (row.name, row.owner_id) if row else None


async def write_sticker_set(database: AsyncEngine, chat_id: int, name: str, owner_id: int) -> None:
    """Remember a chat's set, in place of one that is full or deleted."""
    kept = {"name": name, "owner_id": owner_id, "created_at": unix_now()}
    async with for_one_statement(database) as connection:
        await put_row(connection, sticker_sets, {"chat_id": chat_id, **kept}, *kept)
