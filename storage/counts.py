"""Counts: how much was used of each limit in a day or a month. To check a limit and to count is one statement."""

from collections.abc import Iterable
from dataclasses import dataclass
from functools import cache

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.database import for_one_statement
from storage.tables import counts

NO_LIMIT = 2**62


@dataclass(frozen=True)
class Count:
    """What is to be counted.

    Args:
        kind: of thing, and of limit.
        who: a keyed hash; empty: everybody.
        period: a day or a month.
        more: how much is added.
        most: that may be used in all; None: no limit.
    """

    kind: str
    who: str
    period: str
    more: int
    most: int | None = None


class Full(Exception):
    """A limit does not leave room for more; the transaction must be given up."""

    def __init__(self, count: Count) -> None:
        super().__init__(count.kind)
        self.count = count


async def count_up(connection: AsyncConnection, *wanted: Count) -> None:
    """Count, if every limit leaves room, however many do so at the same instant. Each is of another kind.

    Raises:
        Full: one does not; some of the others may be counted already, so give the transaction up.
    """
    ordered = sorted(wanted, key=lambda count: (count.period, count.kind))  # or two could wait for each other
    most = {count.kind: NO_LIMIT if count.most is None else count.most for count in ordered}
    values: dict[str, str | int] = {}
    for number, count in enumerate(ordered):
        values |= {f"kind{number}": count.kind, f"who{number}": count.who, f"period{number}": count.period}
        values |= {f"more{number}": count.more, f"most{number}": most[count.kind]}
    counted = set((await connection.execute(_up(len(ordered)), values)).scalars())
    for count in wanted:
        if count.kind not in counted or count.more > most[count.kind]:
            raise Full(count)


@cache
def _up(number: int) -> sa.TextClause:
    """Return what counts so many kinds; on both databases it locks the rows in the order in which they stand."""
    rows = ", ".join(f"(:kind{each}, :who{each}, :period{each}, :more{each})" for each in range(number))
    most = " ".join(f"WHEN :kind{each} THEN :most{each}" for each in range(number))
    return sa.text(
        f"INSERT INTO counts (kind, who, period, used) VALUES {rows} "  # noqa: S608 - of names that are made here
        "ON CONFLICT (kind, who, period) DO UPDATE SET used = counts.used + excluded.used "
        f"WHERE counts.used + excluded.used <= CASE counts.kind {most} END RETURNING kind"
    )


async def used(database: AsyncEngine, keys: Iterable[tuple[str, str, str]]) -> dict[tuple[str, str, str], int]:
    """Return how much was used of each kind, by somebody, in a period; what was never counted is 0."""
    asked = list(keys)
    of = sa.tuple_(counts.c.kind, counts.c.who, counts.c.period).in_(asked)
    async with database.connect() as connection:
        rows = (await connection.execute(sa.select(counts).where(of))).all()
    return dict.fromkeys(asked, 0) | {(row.kind, row.who, row.period): row.used for row in rows}


async def move_counts(database: AsyncEngine, old: str, new: str) -> None:
    """Add what was counted of a group to the supergroup that it became; twice is once."""
    async with database.begin() as connection:
        gone = sa.delete(counts).where(counts.c.who == old).returning(*counts.c)
        for row in (await connection.execute(gone)).all():
            await count_up(connection, Count(row.kind, new, row.period, row.used))


async def forget_old_counts(database: AsyncEngine, before: str) -> int:
    """Delete what was counted in periods before a day; returns how many rows."""
    async with for_one_statement(database) as connection:
        return (await connection.execute(sa.delete(counts).where(counts.c.period < before))).rowcount
