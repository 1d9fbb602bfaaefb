"""What was spent: the ledger's rows summed up, by day, chat, person or model."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.book import money
from storage.tables import ledger, reservations


@dataclass(frozen=True)
class Entry:
    """One paid call.

    Args:
        kind: detect (a look at a photo) or video.
        account: whose key was used.
        person: a keyed hash; None: nobody is known, or somebody spoke as a chat.
        quantity: images, or seconds.
        amount: CNY.
    """

    kind: str
    day: str
    person: str | None
    chat: str | None
    account: str
    model: str
    quantity: Decimal
    amount: Decimal


@dataclass(frozen=True)
class Sum:
    """What several calls came to."""

    looks: int = 0
    videos: int = 0
    seconds: Decimal = Decimal(0)
    amount: Decimal = Decimal(0)

    def __add__(self, entry: Entry) -> "Sum":
        if entry.kind == "video":
            more = (self.looks, self.videos + 1, self.seconds + entry.quantity)
        else:
            more = (self.looks + 1, self.videos, self.seconds)
        return Sum(*more, self.amount + entry.amount)


async def entries(database: AsyncEngine, since: str, until: str = "9999", **of: str) -> list[Entry]:
    """Return the calls of the days from one to another, both with them, in their order.

    Args:
        since: a day, or a month, whose first day is meant.
        until: a day.
        of: a person or a chat, by its hash.
    """
    named = [ledger.c[name] for name in Entry.__dataclass_fields__]
    theirs = [ledger.c[name] == value for name, value in of.items()]
    query = sa.select(*named).where(ledger.c.day >= since, ledger.c.day <= until, *theirs)
    async with database.connect() as connection:
        rows = (await connection.execute(query.order_by(ledger.c.day, ledger.c.id))).mappings().all()
    numbers = ("quantity", "amount")
    return [Entry(**{**row, **{name: Decimal(row[name]) for name in numbers}}) for row in rows]


def total(found: Iterable[Entry]) -> Sum:
    """Return the sum of all."""
    came_to = Sum()
    for entry in found:
        came_to += entry
    return came_to


def sums(found: Iterable[Entry], key: Callable[[Entry], str | None]) -> dict[str, Sum]:
    """Return the sums by what a key says of an entry; what it does not know is under an empty name."""
    by: dict[str, Sum] = {}
    for entry in found:
        name = key(entry) or ""
        by[name] = by.get(name, Sum()) + entry
    return by


async def held(database: AsyncEngine, since: str, **of: str) -> Decimal:
    """Return what is reserved for calls whose bill is still to come, in CNY."""
    theirs = [reservations.c[name] == value for name, value in of.items()]
    query = sa.select(sa.func.sum(reservations.c.units)).where(reservations.c.day >= since, *theirs)
    async with database.connect() as connection:
        return money(int((await connection.execute(query)).scalar() or 0))
