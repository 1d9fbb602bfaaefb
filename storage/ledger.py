"""The ledger: one row for each paid call, in CNY, decimals kept. Prices are the engine's, as they were when ordered."""

import time
from dataclasses import dataclass
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.database import add_row
from storage.tables import ledger
from storage.tasks import TaskRow


@dataclass(frozen=True)
class Look:
    """A paid look at a photo: who was asked, and what it costs in CNY."""

    account: str
    engine: str
    model: str
    price: Decimal


async def note_look(connection: AsyncConnection, link: str, look: Look, chat_id: int | None = None) -> None:
    """Note a paid look at a photo, in the transaction that writes down its result."""
    paid = {"account": look.account, "engine": look.engine, "model": look.model}
    await _note(connection, "detect", link, chat_id, Decimal(1), look.price, paid)


async def note_lost_look(database: AsyncEngine, link: str, look: Look, chat_id: int | None) -> None:
    """Note a paid look whose result is lost."""
    async with database.begin() as connection:
        await note_look(connection, link, look, chat_id)


async def note_video(database: AsyncEngine, task: TaskRow, seconds: float, chat_id: int | None) -> None:
    """Note the video of a task."""
    quantity = Decimal(str(seconds))
    paid = {"account": task.account, "engine": task.engine, "model": task.model}
    async with database.begin() as connection:
        amount = quantity * Decimal(task.second_price)
        await _note(connection, "video", task.task_id or "", chat_id, quantity, amount, paid)


async def _note(
    connection: AsyncConnection,
    kind: str,
    reference: str,
    chat_id: int | None,
    quantity: Decimal,
    amount: Decimal,
    paid: dict[str, str],
) -> None:
    row = {"kind": kind, "reference": reference, "chat_id": chat_id, "at": time.time(), **paid}
    row |= {"quantity": str(quantity), "amount": str(amount)}
    await add_row(connection, ledger, row)


async def spent(database: AsyncEngine) -> Decimal:
    """Return the sum of every row, in CNY."""
    async with database.connect() as connection:
        amounts = (await connection.execute(sa.select(ledger.c.amount))).scalars()
        return sum((Decimal(amount) for amount in amounts), Decimal(0))


async def forget_chats(database: AsyncEngine, older_than: float) -> None:
    """Keep the money of what was paid before a Unix time, but not for whom."""
    async with database.begin() as connection:
        old = sa.and_(ledger.c.at < older_than, ledger.c.chat_id.is_not(None))
        await connection.execute(sa.update(ledger).where(old).values(chat_id=None))
