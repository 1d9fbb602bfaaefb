"""Consents: whether a photo that one member posted may be used by another, asked once for each photo."""

from dataclasses import dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import add_row
from storage.tables import consents


@dataclass(frozen=True)
class Consent:
    """The row of one photo: `photo` is Telegram's file_unique_id, `asker_message` what waits for an answer (JSON)."""

    chat_id: int
    photo: str
    message_id: int
    owner_id: int
    asker_id: int
    asker_message: str | None
    answer: str | None
    asked_at: float


async def ask_once(database: AsyncEngine, question: Consent) -> bool:
    """Note a question; False when it has been asked already."""
    row = {name: getattr(question, name) for name in Consent.__dataclass_fields__}
    async with database.begin() as connection:
        return await add_row(connection, consents, row) is not None


async def read_consent(database: AsyncEngine, chat_id: int, photo: str) -> Consent | None:
    """Return what is known about a photo."""
    query = sa.select(consents).where(consents.c.chat_id == chat_id, consents.c.photo == photo)
    async with database.connect() as connection:
        row = (await connection.execute(query)).mappings().first()
    return Consent(**row) if row else None


async def write_answer(database: AsyncEngine, consent: Consent, answer: str) -> bool:
    """Note an answer; return False when there was one already."""
    mine = sa.and_(consents.c.chat_id == consent.chat_id, consents.c.photo == consent.photo)
    change = sa.update(consents).where(mine, consents.c.answer.is_(None)).values(answer=answer)
    async with database.begin() as connection:
        return (await connection.execute(change)).rowcount == 1


async def let_go(database: AsyncEngine, consent: Consent) -> None:
    """Forget the message that waited: it has been handled."""
    mine = sa.and_(consents.c.chat_id == consent.chat_id, consents.c.photo == consent.photo)
    async with database.begin() as connection:
        await connection.execute(sa.update(consents).where(mine).values(asker_message=None))


async def forget_old_consents(database: AsyncEngine, older_than: float) -> int:
    """Delete what was asked before a Unix time; returns how many."""
    async with database.begin() as connection:
        return (await connection.execute(sa.delete(consents).where(consents.c.asked_at < older_than))).rowcount
