"""Verdicts: what a model said of a photo in a ratio. One photo is asked for, and paid, once for each."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.book import Book
from storage.clock import unix_now
from storage.database import add_row, for_one_statement
from storage.ledger import Look, note_look
from storage.reservations import free
from storage.tables import reservations, verdicts


@dataclass(frozen=True)
class StoredVerdict:
    """The row of one verdict; boxes are `[x1, y1, x2, y2]` in pixels of the photo `sha`."""

    sha: str
    ratio: str
    model: str
    passed: bool
    face_box: list[int] | None
    ext_box: list[int] | None
    code: str | None
    message: str | None


OF_PHOTO = sa.select(verdicts).where(*(verdicts.c[name] == sa.bindparam(name) for name in ("sha", "ratio", "model")))


async def read_verdict(database: AsyncEngine, sha: str, ratio: str, model: str) -> StoredVerdict | None:
    """Return what a model said of these bytes earlier, if it was asked."""
    async with database.connect() as connection:
        row = (await connection.execute(OF_PHOTO, {"sha": sha, "ratio": ratio, "model": model})).mappings().first()
    if row is None:
        return None
    return StoredVerdict(**{name: row[name] for name in StoredVerdict.__dataclass_fields__})


async def write_verdict(
    database: AsyncEngine, book: Book, verdict: StoredVerdict, reference: str, look: Look | None
) -> None:
    """Remember a verdict, and in the same transaction that it was paid for; keep the first one.

    Args:
        reference: what the ledger knows this very look by: the key of its link, where it had one.
        look: what it cost; None: nothing.
    """
    values = {name: getattr(verdict, name) for name in StoredVerdict.__dataclass_fields__}
    async with database.begin() as connection:
        await add_row(connection, verdicts, {**values, "decided_at": unix_now()})
        if look is not None:
            await note_look(connection, book, reference, look)
        else:
            await free(connection, reservations.c.reference == reference)


async def forget_old_verdicts(database: AsyncEngine, older_than: float) -> int:
    """Delete what was said before a Unix time; returns how many."""
    async with for_one_statement(database) as connection:
        return (await connection.execute(sa.delete(verdicts).where(verdicts.c.decided_at < older_than))).rowcount
