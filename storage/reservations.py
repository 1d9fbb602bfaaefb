"""Reservations: what a paid call costs at most is taken from the budgets before it is made, and settled by its bill."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.book import Payer, month_of
from storage.clock import unix_now
from storage.counts import Count, Full, count_up
from storage.database import add_row, for_one_statement
from storage.tables import reservations

DAY, MONTH, PERSON, CHAT = "day", "month", "person_day", "chat_day"
"""The budgets, by the kinds of their counts."""

NOT_PAID = ("FAILED", "CANCELED", "NOT_TAKEN")
"""States of tasks that cost nothing."""


class OverBudget(Exception):
    """A budget does not leave room for what is to be ordered.

    Args:
        kind: which.
    """

    def __init__(self, kind: str) -> None:
        super().__init__(kind)
        self.kind = kind


@dataclass(frozen=True)
class Item:
    """One paid call, before it is made.

    Args:
        reference: what it will be known by.
        units: billionths of a CNY that it costs at most.
    """

    reference: str
    units: int


def reference_of(render_id: str, part: int, attempt: int) -> str:
    """Return what an attempt at a part of a render is known by."""
    return f"{render_id}:{part}:{attempt}"


def counts_of(payer: Payer, day: str, more: int, limits: Mapping[str, int] | None = None) -> list[Count]:
    """Return what is to be counted when somebody spends on a day.

    Args:
        limits: billionths of a CNY, by the kinds of the budgets; one that is missing is none.
    """
    most = limits or {}
    found = [
        Count(MONTH, "", month_of(day), more, most.get(MONTH)),
        Count(DAY, "", day, more, most.get(DAY)),
        Count(CHAT, payer.chat, day, more, most.get(CHAT)),
    ]
    if payer.person is not None:
        found.append(Count(PERSON, payer.person, day, more, most.get(PERSON)))
    return found


async def reserve(
    connection: AsyncConnection,
    payer: Payer,
    day: str,
    items: Sequence[Item],
    limits: Mapping[str, int],
    account: str,
    render_id: str | None = None,
) -> None:
    """Reserve all items, or none, in the transaction that writes the intent; what is reserved already stays so.

    Args:
        items: the first is ordered now; the others are kept for the later parts of the same render.
        limits: billionths of a CNY, by the kinds of the budgets; one that is missing is none.
        account: whose key the call is made with.

    Raises:
        OverBudget: give the transaction up.
    """
    row = {"day": day, "person": payer.person, "chat": payer.chat, "account": account, "at": unix_now()}
    sum_ = 0
    for item in items:
        later = render_id if item is not items[0] else None
        row |= {"reference": item.reference, "units": item.units, "render_id": later}
        if item.units and await add_row(connection, reservations, row) is not None:
            sum_ += item.units
        elif later is None:
            await connection.execute(ORDERED, {"of": item.reference, "account": account})
    try:
        if sum_:
            await count_up(connection, *counts_of(payer, day, sum_, limits))
    except Full as full:
        raise OverBudget(full.count.kind) from full


ORDERED = sa.update(reservations).where(reservations.c.reference == sa.bindparam("of")).values(render_id=None)


@dataclass(frozen=True)
class Reservation:
    """What was reserved for a call, for whom, and on which day."""

    payer: Payer
    day: str
    units: int


TAKE = sa.delete(reservations).where(reservations.c.reference == sa.bindparam("of")).returning(*reservations.c)


async def take_reservation(connection: AsyncConnection, reference: str) -> Reservation | None:
    """Delete a reservation and return it; what it holds is still counted."""
    row = (await connection.execute(TAKE, {"of": reference})).first()
    return Reservation(Payer(row.person, row.chat), row.day, row.units) if row else None


async def count_bill(connection: AsyncConnection, held: Reservation | None, day: str, spent: int) -> None:
    """Count what a call has cost in the place of what was reserved for it, whatever the budgets say.

    Args:
        day: of the bill where nothing was reserved: then it is nobody's.
    """
    if held is None:
        await count_up(connection, Count(MONTH, "", month_of(day), spent), Count(DAY, "", day, spent))
    elif spent != held.units:
        await count_up(connection, *counts_of(held.payer, held.day, spent - held.units))


async def free(connection: AsyncConnection, condition: sa.ColumnElement[bool]) -> None:
    """Give back what was reserved for calls that cost nothing."""
    gone = sa.delete(reservations).where(condition).returning(*reservations.c)
    for row in (await connection.execute(gone)).all():
        await count_up(connection, *counts_of(Payer(row.person, row.chat), row.day, -row.units))


async def rename_reservation(connection: AsyncConnection, old: str, new: str) -> None:
    """Let what was reserved for a task be known by another name."""
    change = sa.update(reservations).where(reservations.c.reference == old)
    await connection.execute(change.values(reference=new))


async def free_look(database: AsyncEngine, reference: str) -> None:
    """Give back what was reserved for a look that was not made, or is not billed."""
    async with database.begin() as connection:
        await free(connection, reservations.c.reference == reference)


async def free_unordered(database: AsyncEngine, render_id: str) -> None:
    """Give back what was reserved for parts of an ended render that were never ordered."""
    async with database.begin() as connection:
        await free(connection, reservations.c.render_id == render_id)


async def reserved(database: AsyncEngine, references: Iterable[str]) -> dict[str, int]:
    """Return what is reserved for each of the references, in billionths of a CNY."""
    query = sa.select(reservations).where(reservations.c.reference.in_(list(references)))
    async with database.connect() as connection:
        return {row.reference: row.units for row in (await connection.execute(query)).all()}


async def move_reservations(database: AsyncEngine, old: str, new: str) -> None:
    """Let what was reserved for a group be that of the supergroup that it became."""
    async with for_one_statement(database) as connection:
        await connection.execute(sa.update(reservations).where(reservations.c.chat == old).values(chat=new))


async def forget_old_reservations(database: AsyncEngine, before: str) -> int:
    """Delete what was reserved before a day, whose budgets matter to nobody any more; returns how many."""
    async with for_one_statement(database) as connection:
        return (await connection.execute(sa.delete(reservations).where(reservations.c.day < before))).rowcount
