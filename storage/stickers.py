"""Stickers in the sets of chats: known for as long as they stand there, so that they can be taken out."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.clock import unix_now
from storage.database import for_one_statement, put_row
from storage.tables import stickers


async def note_sticker(database: AsyncEngine, file_id: str, chat_id: int, portrait_owner_id: int | None) -> None:
    """Note a sticker, whose set it stands in, and whose face it shows."""
    row = {"file_id": file_id, "chat_id": chat_id, "portrait_owner_id": portrait_owner_id, "made_at": unix_now()}
    async with for_one_statement(database) as connection:
        await put_row(connection, stickers, row, "chat_id", "portrait_owner_id")


async def doom_stickers(database: AsyncEngine, file_ids: list[str]) -> None:
    """Note that stickers must go, and forget whose they are."""
    change = sa.update(stickers).where(stickers.c.file_id.in_(file_ids)).values(chat_id=0, portrait_owner_id=None)
    async with for_one_statement(database) as connection:
        await connection.execute(change)


async def doomed_stickers(database: AsyncEngine) -> list[str]:
    """Return the stickers that must go."""
    async with database.connect() as connection:
        return list((await connection.execute(sa.select(stickers.c.file_id).where(stickers.c.chat_id == 0))).scalars())


async def drop_sticker(database: AsyncEngine, file_id: str) -> None:
    """Forget a sticker that stands nowhere any more."""
    async with for_one_statement(database) as connection:
        await connection.execute(sa.delete(stickers).where(stickers.c.file_id == file_id))
