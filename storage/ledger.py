"""The ledger: one row for each paid call, in CNY, decimals kept. Prices are the engine's, as they were when ordered.

It names nobody: people and chats stand in it as keyed hashes.
"""

from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.book import Book, units
from storage.clock import unix_now
from storage.database import add_row, for_one_statement
from storage.reservations import count_bill, reference_of, take_reservation
from storage.tables import ledger
from storage.tasks import TaskRow


@dataclass(frozen=True)
class Look:
    """A paid look at a photo: who was asked, and what it costs in CNY."""

    account: str
    engine: str
    model: str
    price: Decimal


async def note_look(connection: AsyncConnection, book: Book, link: str, look: Look) -> None:
    """Note a paid look at a photo, in the transaction that writes down its result."""
    paid = {"account": look.account, "engine": look.engine, "model": look.model}
    row = {"kind": "detect", "reference": link, "quantity": "1", **paid}
    await _note(connection, book, link, look.price, row)


async def note_lost_look(database: AsyncEngine, book: Book, link: str, look: Look) -> None:
    """Note a paid look whose result is lost."""
    async with database.begin() as connection:
        await note_look(connection, book, link, look)


async def note_video(database: AsyncEngine, book: Book, task: TaskRow, seconds: float) -> None:
    """Note the video of a task."""
    quantity = Decimal(str(seconds))
    paid = {"account": task.account, "engine": task.engine, "model": task.model}
    row = {"kind": "video", "reference": task.task_id or "", "quantity": str(quantity), **paid}
    reference = reference_of(task.render_id, task.part, task.attempt)
    async with database.begin() as connection:
        await _note(connection, book, reference, quantity * Decimal(task.second_price), row)


async def _note(connection: AsyncConnection, book: Book, reserved: str, amount: Decimal, row: dict[str, str]) -> None:
    """Write a row, and count it in the place of what was reserved; what is noted already is not noted again."""
    held = await take_reservation(connection, reserved)
    day = held.day if held else book.day()
    whose = {"day": day, "person": held and held.payer.person, "chat": held and held.payer.chat}
    added = await add_row(connection, ledger, {**row, **whose, "at": unix_now(), "amount": str(amount)})
    if added is not None:
        await count_bill(connection, held, day, units(amount))


async def spent(database: AsyncEngine) -> Decimal:
    """Return the sum of every row, in CNY."""
    async with database.connect() as connection:
        amounts = (await connection.execute(sa.select(ledger.c.amount))).scalars()
        return sum((Decimal(amount) for amount in amounts), Decimal(0))


async def move_payer(database: AsyncEngine, old: str, new: str) -> None:
    """Let what a group has spent be that of the supergroup that it became."""
    async with for_one_statement(database) as connection:
        await connection.execute(sa.update(ledger).where(ledger.c.chat == old).values(chat=new))
