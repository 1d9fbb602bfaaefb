"""Money: is there room in the budgets for what this costs at most? Reserved with the intent, settled by the bill."""

import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from decimal import Decimal

from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.book import Book, Payer, money, units
from storage.reservations import CHAT, DAY, MONTH, PERSON, Item, reference_of, reserve
from storage.situation import Situation
from storage.tasks import Check

ROUNDING = 0.1
"""Seconds by which a video may be longer than its voice, before they are rounded up."""

NARROWEST = (PERSON, CHAT, DAY, MONTH)
"""The budgets in the order in which a person is told of them."""


@dataclass(frozen=True)
class Budgets:
    """How much may be spent, in CNY: by all in a day and a month, by one person and in one chat a day. 0: no limit."""

    day: Decimal = Decimal(0)
    month: Decimal = Decimal(0)
    person_day: Decimal = Decimal(0)
    chat_day: Decimal = Decimal(0)

    def limits(self) -> dict[str, int]:
        """Return those that there are, in billionths of a CNY, by their kinds."""
        all_of_them = {DAY: self.day, MONTH: self.month, PERSON: self.person_day, CHAT: self.chat_day}
        return {kind: units(amount) for kind, amount in all_of_them.items() if amount}


@dataclass(frozen=True)
class Shortage:
    """A budget has too little left.

    Args:
        kind: which.
        left: CNY.
        needed: CNY that this takes at most.
    """

    kind: str
    left: Decimal
    needed: Decimal


@dataclass(frozen=True)
class Money:
    """The gate, and the book that it is kept by."""

    book: Book = field(default_factory=Book)
    budgets: Budgets = field(default_factory=Budgets)

    def check(self, situation: Situation, cost: Decimal) -> Shortage | None:
        """Check whether there is room for what something costs at most, before anything is fetched for it."""
        limits = self.budgets.limits()
        for kind in NARROWEST if situation.key.user_id > 0 else NARROWEST[1:]:
            if kind in limits and situation.spent.get(kind, 0) + units(cost) > limits[kind]:
                left = max(0, limits[kind] - situation.spent.get(kind, 0))
                return Shortage(kind, money(left), cost)
        return None

    def for_task(self, payer: Payer, render_id: str, attempt: int, costs: Mapping[int, Decimal], account: str) -> Check:
        """Return what reserves the money for a task, in the transaction that writes its intent.

        Args:
            attempt: at the part that is ordered.
            costs: in CNY at most, by part: first of the one that is ordered, then of those that are ordered later. A
                long voice is paid for in whole, or not begun.
            account: whose key it is ordered with.
        """
        part = next(iter(costs))
        items = [
            Item(reference_of(render_id, number, attempt if number == part else 1), units(cost))
            for number, cost in costs.items()
        ]

        async def check(connection: AsyncConnection) -> None:
            await reserve(connection, payer, self.book.day(), items, self.budgets.limits(), account, render_id)

        return check

    async def for_look(self, database: AsyncEngine, payer: Payer, reference: str, cost: Decimal, account: str) -> None:
        """Reserve the money for a look at a photo, by an account.

        Raises:
            OverBudget: there is none left.
        """
        async with database.begin() as connection:
            items = [Item(reference, units(cost))]
            await reserve(connection, payer, self.book.day(), items, self.budgets.limits(), account)


def billed_seconds(seconds: float) -> int:
    """Return for how many seconds the service may bill the video of a voice, at most."""
    return math.ceil(seconds + ROUNDING)
