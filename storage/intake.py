"""What is sent in a day, and what is kept of it: counted before it is fetched, so that all at once share one limit."""

from collections.abc import Mapping, Sequence

from sqlalchemy.ext.asyncio import AsyncEngine

from storage.book import Book, Payer
from storage.counts import Count, Full, count_up
from storage.database import for_one_statement

FILES, BYTES, CHAT_BYTES, ALL_BYTES = "files", "bytes", "chat_bytes", "all_bytes"
"""What is counted: of a person files and bytes; bytes of a chat, and of all, with what was made for them."""


def _bytes(book: Book, payer: Payer, size: int, most: Mapping[str, int]) -> list[Count]:
    """Return what is to be counted; somebody who speaks in the name of a chat shares with all who do."""
    whose = ((BYTES, payer.person or payer.chat), (CHAT_BYTES, payer.chat), (ALL_BYTES, ""))
    return [Count(kind, who, book.day(), size, most.get(kind)) for kind, who in whose]


async def take_share(
    database: AsyncEngine, book: Book, payer: Payer, sizes: Sequence[int], most: Mapping[str, int]
) -> str | None:
    """Count files that somebody sends, if the day has room for them; return which limit it has reached, or None.

    Args:
        sizes: bytes of each.
        most: that may be counted of each kind.
    """
    files = Count(FILES, payer.person or payer.chat, book.day(), len(sizes), most.get(FILES))
    try:
        async with database.begin() as connection:
            await count_up(connection, files, *_bytes(book, payer, sum(sizes), most))
    except Full as full:
        return full.count.kind
    return None


async def count_kept(database: AsyncEngine, book: Book, payer: Payer, more: int) -> None:
    """Count the bytes that are kept of a file beyond those that it was said to have."""
    async with for_one_statement(database) as connection:
        await count_up(connection, *_bytes(book, payer, more, {}))


async def count_made(database: AsyncEngine, book: Book, size: int) -> None:
    """Count a file that was made for somebody: in the day of all, and in nobody's own."""
    async with for_one_statement(database) as connection:
        await count_up(connection, Count(ALL_BYTES, "", book.day(), size))
