"""A name is the answer to one message in one chat; a question that nobody answered is let go."""

from sqlalchemy.ext.asyncio import AsyncEngine

from storage.book import Book
from storage.chats import move_chat
from storage.name_questions import NameQuestion, forget_old_name_questions, note_question, read_name_question

ANNA = NameQuestion(-7, 3, 5, portrait_sha="a", portrait_file="photo", portrait_owner_id=6)


async def test_a_question_is_that_of_its_message(database: AsyncEngine) -> None:
    await note_question(database, ANNA)
    await note_question(database, ANNA)  # after a kill
    await note_question(database, NameQuestion(-7, 4, 5, key="anna"))
    assert await read_name_question(database, -7, 3) == ANNA
    assert (await read_name_question(database, -7, 4)) == NameQuestion(-7, 4, 5, key="anna")
    assert await read_name_question(database, -8, 3) is None


async def test_an_old_question_and_one_of_a_group_that_moved_are_gone(database: AsyncEngine) -> None:
    await note_question(database, ANNA)
    await move_chat(database, Book(), -7, -100)
    assert await read_name_question(database, -7, 3) is None
    assert await read_name_question(database, -100, 3) is None
    await note_question(database, ANNA)
    assert await forget_old_name_questions(database, 0.0) == 0
    assert await forget_old_name_questions(database, 1e12) == 1
    assert await read_name_question(database, -7, 3) is None
