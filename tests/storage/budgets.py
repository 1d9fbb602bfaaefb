"""`python -m tests.storage.budgets [ORDERS]`: many orders under a moving clock, and whether every sum is whole then.

On SQLite, and on PostgreSQL where TEST_POSTGRES_URL names a database that may be filled.
"""

import asyncio
import os
import random
import sys
import tempfile
import time
from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

import sqlalchemy as sa
import time_machine
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from bot.gates.money import Budgets
from storage.book import Book, Payer, units
from storage.database import open_database
from storage.keyed_hash import KeyedHash
from storage.ledger import Look, note_look
from storage.reservations import CHAT, DAY, MONTH, PERSON, Item, OverBudget, free, reserve
from storage.tables import counts, ledger, reservations
from storage.upgrade import migrate

BOOK = Book(KeyedHash(b"secret"), ZoneInfo("Asia/Shanghai"))
LOOK = Look("one", "emo", "emo-detect-v1", Decimal("0.004"))
MOST = {DAY: Decimal(40), MONTH: Decimal(600), PERSON: Decimal(8), CHAT: Decimal(12)}
TOGETHER = 100
"""Orders in one transaction: their commits are not what is looked at."""


async def wrong_sums(database: AsyncEngine) -> list[str]:
    """Return where what is counted is not the bill and what is reserved, for a budget, person, chat, day or month."""
    expected: Counter[tuple[str, str, str]] = Counter()
    async with database.connect() as connection:
        rows, held = [
            (await connection.execute(sa.select(*(table.c[name] for name in ("day", "person", "chat", what))))).all()
            for table, what in ((ledger, "amount"), (reservations, "units"))
        ]
        money_counts = sa.select(counts).where(counts.c.kind.in_((DAY, MONTH, PERSON, CHAT)))
        seen = {(row.kind, row.who, row.period): row.used for row in await connection.execute(money_counts)}
    billed = [(*row[:3], units(Decimal(row.amount))) for row in rows]
    for day, person, chat, more in [*billed, *(tuple(row) for row in held)]:
        for key in ((DAY, "", day), (MONTH, "", day[:7]), (PERSON, person, day), (CHAT, chat, day)):
            if key[1] is not None:
                expected[key] += more
    wrong = [key for key in seen.keys() | expected.keys() if seen.get(key, 0) != expected[key]]
    return [f"counted {seen.get(key, 0)}, spent and reserved {expected[key]}: {' '.join(key)}" for key in wrong]


async def many_orders(database: AsyncEngine, orders: int) -> int:
    """Order, and be billed or not, again and again, while days and months go by; return how often there was no room."""
    chance = random.Random(7)
    limits = Budgets(MOST[DAY], MOST[MONTH], MOST[PERSON], MOST[CHAT]).limits()
    people = [BOOK.payer(-chance.randrange(1, 20), chance.randrange(-3, 40)) for _ in range(200)]
    refused = 0
    with time_machine.travel(datetime(2026, 1, 1, tzinfo=UTC), tick=False) as clock:
        for batch in range(orders // TOGETHER):
            async with database.begin() as connection:
                for number in range(TOGETHER):
                    clock.shift(timedelta(minutes=chance.choice((0, 1, 40, -3))))
                    refused += not await order(connection, chance, people, limits, f"{batch}.{number}")
    assert await wrong_sums(database) == []
    async with database.connect() as connection:
        for row in await connection.execute(sa.select(counts)):
            assert 0 <= row.used <= units(MOST[row.kind])
    return refused


async def order(
    connection: AsyncConnection, chance: random.Random, people: list[Payer], limits: dict[str, int], name: str
) -> bool:
    """Somebody reserves; it is billed, given back, or left open. Returns whether there was room."""
    cost = units(Decimal(chance.randrange(1, 300)) / 100)
    try:
        async with connection.begin_nested():
            await reserve(connection, chance.choice(people), BOOK.day(), [Item(name, cost)], limits, "one")
    except OverBudget:
        return False
    match chance.randrange(4):
        case 0:
            pass
        case 1:
            await free(connection, reservations.c.reference == name)
        case _:
            share = Decimal(chance.randrange(1, 101)) / 100
            price = (Decimal(cost) / 10**9 * share).quantize(Decimal("0.000000001"))
            await note_look(connection, BOOK, name, replace(LOOK, price=price))
    return True


async def main(orders: int) -> None:
    """Run it on each database that there is, and say how it went."""
    with tempfile.TemporaryDirectory() as folder:
        for url in (f"sqlite+aiosqlite:///{folder}/bot.db", os.environ.get("TEST_POSTGRES_URL")):
            if url is None:
                continue
            database, began = open_database(url), time.monotonic()
            await migrate(database)
            refused = await many_orders(database, orders)
            await database.dispose()
            took = time.monotonic() - began
            sys.stdout.write(
                f"{url.split(':')[0]}: {orders} orders, {refused} refused, every sum whole, {took:.0f} s\n"
            )


if __name__ == "__main__":
    asyncio.run(main(int(sys.argv[1]) if len(sys.argv) > 1 else 30_000))
