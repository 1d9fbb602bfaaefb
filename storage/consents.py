"""Consents: whether a photo or a voice of one member may be used by another, asked once for each file and owner."""

from collections.abc import Collection, Iterable, Sequence
from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.clock import unix_now
from storage.database import add_row, for_one_statement, put_row
from storage.tables import cast, consents, wishes

ALLOW, NO, VOUCHED = "allow", "no", "vouched"


@dataclass(frozen=True)
class Consent:
    """What is known about one file.

    Args:
        file: Telegram's file_unique_id.
        owner_id: whose it is.
        kind: photo or voice.
        question: by which the buttons call it.
        answer: allow, no, vouched (who brought it answers for it), or None while it is awaited.
        sent_at: when the owner was asked.
        message_id: of the question.
    """

    chat_id: int
    file: str
    owner_id: int
    kind: str
    question: str
    answer: str | None
    asked_at: float
    sent_at: float | None = None
    message_id: int | None = None


async def read_answers(
    connection: AsyncConnection, chat_id: int, files: Collection[tuple[str, int]]
) -> dict[tuple[str, int], str | None]:
    """Return the answers that there are in a chat, by file and owner; None: it is awaited."""
    query = sa.select(consents.c.file, consents.c.owner_id, consents.c.answer).where(
        consents.c.chat_id == chat_id, consents.c.file.in_({file for file, _ in files})
    )
    return {(row.file, row.owner_id): row.answer for row in await connection.execute(query)}


async def ask_once(database: AsyncEngine, questions: Iterable[Consent]) -> None:
    """Note what is to be asked, unless it is noted already."""
    async with database.begin() as connection:
        for question in questions:
            await add_row(connection, consents, asdict(question))


async def read_awaited(database: AsyncEngine, chat_id: int, owner_id: int, files: Collection[str]) -> list[Consent]:
    """Return those of an owner's files about which an answer is awaited."""
    query = sa.select(consents).where(
        consents.c.chat_id == chat_id,
        consents.c.owner_id == owner_id,
        consents.c.file.in_(files),
        consents.c.answer.is_(None),
    )
    async with database.connect() as connection:
        return [Consent(**row) for row in (await connection.execute(query)).mappings()]


async def note_sent(database: AsyncEngine, chat_id: int, question: str, message_id: int) -> None:
    """Note that a question stands in its chat, and where: it is not sent again."""
    mine = sa.and_(consents.c.chat_id == chat_id, consents.c.question == question)
    async with for_one_statement(database) as connection:
        await connection.execute(sa.update(consents).where(mine).values(sent_at=unix_now(), message_id=message_id))


async def note_answer(database: AsyncEngine, consent: Consent) -> None:
    """Note an answer that nobody was asked for: who saves their own face lets the chat use it."""
    async with for_one_statement(database) as connection:
        await put_row(connection, consents, asdict(consent), "answer")


async def read_question(database: AsyncEngine, chat_id: int, question: str) -> list[Consent]:
    """Return the files that a question is about."""
    query = sa.select(consents).where(consents.c.chat_id == chat_id, consents.c.question == question)
    async with database.connect() as connection:
        return [Consent(**row) for row in (await connection.execute(query)).mappings()]


async def write_answer(database: AsyncEngine, asked: Sequence[Consent], answer: str) -> bool:
    """Note an answer to a question; return False when there was one already."""
    mine = sa.and_(consents.c.chat_id == asked[0].chat_id, consents.c.question == asked[0].question)
    change = sa.update(consents).where(mine, consents.c.answer.is_(None)).values(answer=answer)
    async with for_one_statement(database) as connection:
        return (await connection.execute(change)).rowcount > 0


async def add_wish(database: AsyncEngine, chat_id: int, question: str, asker_id: int, body: str) -> None:
    """Keep what somebody wants until a question is answered; their latest wish is the one that counts."""
    row = {"chat_id": chat_id, "question": question, "asker_id": asker_id, "body": body, "wished_at": unix_now()}
    async with for_one_statement(database) as connection:
        await put_row(connection, wishes, row, "body", "wished_at")


async def read_wishes(database: AsyncEngine, chat_id: int, question: str) -> list[str]:
    """Return what waits for an answer, oldest first, as JSON."""
    query = sa.select(wishes.c.body).where(wishes.c.chat_id == chat_id, wishes.c.question == question)
    async with database.connect() as connection:
        return list((await connection.execute(query.order_by(wishes.c.wished_at))).scalars())


async def drop_wishes(database: AsyncEngine, chat_id: int, question: str) -> None:
    """Forget what waited for an answer: it goes on, or comes to nothing."""
    gone = sa.delete(wishes).where(wishes.c.chat_id == chat_id, wishes.c.question == question)
    async with for_one_statement(database) as connection:
        await connection.execute(gone)


async def withdraw_questions(database: AsyncEngine, owner_id: int) -> list[Consent]:
    """Delete what an owner was asked and has not answered, with what waits for it; return that.

    Who may ask again one day asks anew: the old question has no buttons then.
    """
    open_ = sa.and_(consents.c.owner_id == owner_id, consents.c.answer.is_(None))
    async with database.begin() as connection:
        gone = (await connection.execute(sa.delete(consents).where(open_).returning(*consents.c))).mappings().all()
        for row in gone:
            waited = sa.and_(wishes.c.chat_id == row["chat_id"], wishes.c.question == row["question"])
            await connection.execute(sa.delete(wishes).where(waited))
    return [Consent(**row) for row in gone]


async def forget_old_consents(database: AsyncEngine, older_than: float) -> int:
    """Delete what was asked before a Unix time, but the answer about a saved face; returns how many."""
    saved = sa.exists().where(cast.c.chat_id == consents.c.chat_id, cast.c.portrait_file == consents.c.file)
    async with database.begin() as connection:
        await connection.execute(sa.delete(wishes).where(wishes.c.wished_at < older_than))
        old = sa.delete(consents).where(consents.c.asked_at < older_than, sa.or_(consents.c.answer.is_(None), ~saved))
        return (await connection.execute(old)).rowcount
