"""What a chat has chosen: ratio, liveliness, format, language, and in a group who may use the bot and who is asked."""

from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import for_one_statement, put_row
from storage.tables import chats


@dataclass(frozen=True)
class Choices:
    """The row of one chat; the defaults are for one that has chosen nothing.

    Args:
        language: a code; None: each person's own.
        video_format: how a video comes: video, round, sticker or loop.
        who: all, or admins.
        consent: whether somebody whose photo another member wants to use is asked first.
        told_at: when the chat was told what becomes of files, Unix seconds.
    """

    chat_id: int
    language: str | None = None
    ratio: str = "1:1"
    style: str = "normal"
    video_format: str = "video"
    who: str = "all"
    consent: bool = True
    told_at: float | None = None


BY_CHAT = sa.select(*(column.label(column.key) for column in chats.c)).where(chats.c.chat_id == sa.bindparam("chat_id"))


async def read_choices(database: AsyncEngine, chat_id: int) -> Choices:
    """Return what a chat has chosen."""
    async with database.connect() as connection:
        row = (await connection.execute(BY_CHAT, {"chat_id": chat_id})).mappings().first()
    return Choices(**row) if row else Choices(chat_id)


async def write_choices(database: AsyncEngine, chat_id: int, **columns: Any) -> None:
    """Write some of a chat's choices; the others stay."""
    async with for_one_statement(database) as connection:
        await put_row(connection, chats, {"chat_id": chat_id, **columns}, *columns)
