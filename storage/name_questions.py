"""Questions for the name of a face, each answered by a reply to the message that asks it."""

from dataclasses import asdict, dataclass

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.clock import unix_now
from storage.database import for_one_statement, put_row
from storage.tables import name_questions


@dataclass(frozen=True)
class NameQuestion:
    """The row of one question.

    Args:
        number: of the message that asks.
        user_id: who is asked.
        key: of the face that gets another name; None: the portrait is to be saved as a new one.
    """

    chat_id: int
    number: int
    user_id: int
    key: str | None = None
    portrait_sha: str | None = None
    portrait_file: str | None = None
    portrait_owner_id: int | None = None


async def note_question(database: AsyncEngine, question: NameQuestion) -> None:
    """Note what an answer to a message will name."""
    row = {**asdict(question), "asked_at": unix_now()}
    async with for_one_statement(database) as connection:
        await put_row(connection, name_questions, row, *row.keys() - {"chat_id", "number"})


async def read_name_question(database: AsyncEngine, chat_id: int, number: int) -> NameQuestion | None:
    """Return the question that a message asks, if it asks one."""
    here = (name_questions.c.chat_id == chat_id, name_questions.c.number == number)
    async with database.connect() as connection:
        row = (await connection.execute(sa.select(name_questions).where(*here))).mappings().first()
    return NameQuestion(**{name: row[name] for name in NameQuestion.__dataclass_fields__}) if row else None


async def forget_old_name_questions(database: AsyncEngine, older_than: float) -> int:
    """Delete questions that were asked before a Unix time; return how many."""
    async with for_one_statement(database) as connection:
        old = sa.delete(name_questions).where(name_questions.c.asked_at < older_than)
        return (await connection.execute(old)).rowcount
