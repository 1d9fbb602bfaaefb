"""The ledger: one row for each paid call, in CNY, decimals kept.

Prices are the vendor's: 0.004 for an image looked at; 0.08 (1:1) or 0.16 (3:4) for each second of video.
"""

import time
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.database import add_row
from storage.tables import ledger

DETECT_PRICE = Decimal("0.004")
SECOND_PRICES = {"1:1": Decimal("0.08"), "3:4": Decimal("0.16")}


async def note_detect(connection: AsyncConnection, link: str, chat_id: int | None = None) -> None:
    """One image was looked at, through a link of its own; part of the transaction that writes down what was seen."""
    await _note(connection, "detect", link, chat_id, Decimal(1), DETECT_PRICE)


async def note_face_check(database: AsyncEngine, link: str, chat_id: int | None) -> None:
    """One image was fetched and checked, and what was found is lost."""
    async with database.begin() as connection:
        await note_detect(connection, link, chat_id)


async def note_video(database: AsyncEngine, task_id: str, ratio: str, seconds: float, chat_id: int | None) -> None:
    """One video of so many seconds was made by a task."""
    quantity = Decimal(str(seconds))
    async with database.begin() as connection:
        await _note(connection, "video", task_id, chat_id, quantity, quantity * SECOND_PRICES[ratio])


async def _note(
    connection: AsyncConnection, kind: str, reference: str, chat_id: int | None, quantity: Decimal, amount: Decimal
) -> None:
    row = {"kind": kind, "reference": reference, "chat_id": chat_id, "at": time.time()}
    row |= {"quantity": str(quantity), "amount": str(amount)}
    await add_row(connection, ledger, row)


async def spent(database: AsyncEngine) -> Decimal:
    """The sum of every row, in CNY."""
    async with database.connect() as connection:
        amounts = (await connection.execute(sa.select(ledger.c.amount))).scalars()
        return sum((Decimal(amount) for amount in amounts), Decimal(0))


async def forget_chats(database: AsyncEngine, older_than: float) -> None:
    """Keep the money of what was paid before a Unix time, but not for whom."""
    async with database.begin() as connection:
        old = sa.and_(ledger.c.at < older_than, ledger.c.chat_id.is_not(None))
        await connection.execute(sa.update(ledger).where(old).values(chat_id=None))
