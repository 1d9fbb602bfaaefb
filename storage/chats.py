"""A chat as a whole: deleted when it is gone, moved when it gets another id."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.access import move_access
from storage.book import Book
from storage.clock import unix_now
from storage.counts import move_counts
from storage.database import for_one_statement
from storage.ledger import move_payer
from storage.objects import MENTIONS, Objects
from storage.renders import Stage
from storage.reservations import move_reservations
from storage.tables import (
    CHAT,
    OWNER,
    PERSON,
    cast,
    chats,
    columns_naming,
    consents,
    drafts,
    duets,
    likenesses,
    metadata,
    name_questions,
    renders,
    showings,
    sightings,
    sticker_sets,
    wishes,
)

NUMBERS = ("message_id", "album_notice_id")
"""How the names of columns end that hold the number of a message in a chat."""

NUMBERED = (showings, name_questions)
"""Tables whose rows mean nothing without the message whose number they have."""

OF_CHAT = (drafts, cast, consents, duets, chats, sticker_sets, sightings, likenesses, wishes, *NUMBERED)
"""Tables whose rows are deleted when their chat is gone."""


async def settle_chat(database: AsyncEngine, objects: Objects, chat_id: int) -> int:
    """Delete what belongs to a chat that cannot be answered any more: drafts, cast, open renders, its own files.

    Returns:
        How many files went.
    """
    async with database.begin() as connection:
        here: set[str] = set()
        for column in MENTIONS:
            mentioned = sa.select(column).where(column.table.c.chat_id == chat_id, column.is_not(None))
            here |= set((await connection.execute(mentioned)).scalars())
        for table in OF_CHAT:
            await connection.execute(sa.delete(table).where(table.c.chat_id == chat_id))
        now = unix_now()
        gone = {"stage": Stage.GONE, "reason": "chat_gone", "trouble": None, "ended_at": now, "cancel_asked_at": now}
        await connection.execute(
            sa.update(renders).where(renders.c.chat_id == chat_id, renders.c.ended_at.is_(None)).values(gone)
        )
    removed = 0
    for sha in here:
        if not await _used_elsewhere(database, sha, chat_id):
            await objects.remove(sha)
            removed += 1
    return removed


async def move_chat(database: AsyncEngine, book: Book, old: int, new: int) -> None:
    """Move everything of a group to the supergroup that it became; twice is once.

    Keep what the supergroup has already, such as a draft begun there.
    """
    await _forget_numbers(database, old)
    for column in columns_naming(CHAT, PERSON, OWNER):
        await _move(database, column, old, new)
    for move in (move_counts, move_reservations, move_payer, move_access):
        await move(database, book.mark(old), book.mark(new))


async def _forget_numbers(database: AsyncEngine, chat_id: int) -> None:
    """Clear the message numbers of a group: the supergroup counts anew, and has other messages by these numbers."""
    async with database.begin() as connection:
        for table in NUMBERED:
            await connection.execute(sa.delete(table).where(table.c.chat_id == chat_id))
        for table in metadata.sorted_tables:
            numbers = [column.name for column in table.c if column.name.endswith(NUMBERS)]
            if numbers and "chat_id" in table.c:
                nothing = {name: None if name == "card_message_id" else 0 for name in numbers}
                await connection.execute(sa.update(table).where(table.c.chat_id == chat_id).values(nothing))


async def _move(database: AsyncEngine, column: sa.Column[int], old: int, new: int) -> None:
    change = sa.update(column.table).where(column == old).values({column.name: new})
    try:
        async with for_one_statement(database) as connection:
            await connection.execute(change)
    except sa.exc.IntegrityError:
        async with database.begin() as connection:
            keys = [key for key in column.table.primary_key if key.name != column.name]
            there = column.table.alias()
            same = sa.and_(there.c[column.name] == new, *(there.c[key.name] == key for key in keys))
            await connection.execute(sa.delete(column.table).where(column == old, sa.exists().where(same)))
            await connection.execute(change)


async def _used_elsewhere(database: AsyncEngine, sha: str, chat_id: int) -> bool:
    elsewhere = [sa.exists().where(column.table.c.chat_id != chat_id, column == sha) for column in MENTIONS]
    async with database.connect() as connection:
        return bool((await connection.execute(sa.select(sa.or_(*elsewhere)))).scalar())
