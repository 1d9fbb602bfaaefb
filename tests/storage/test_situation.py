"""What is known of somebody is read at once, and is theirs alone."""

import time

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.book import Book
from storage.choices import Choices, write_choices
from storage.drafts import Draft, DraftKey, write_draft
from storage.duets import begin_duet, update_duet
from storage.intake import count_kept, count_made, take_share
from storage.keyed_hash import KeyedHash
from storage.people import PersonPreferences, write_preferences
from storage.renders import Stage, create_render, end_render
from storage.situation import BUDGETS, Situation, read_situation

BOOK = Book(KeyedHash(b"secret"))
KEY = DraftKey(-100, 5, 7)


async def ask(database: AsyncEngine, origin: str, chat_id: int = -100, user_id: int = 5) -> str:
    ids = {"chat_id": chat_id, "user_id": user_id, "thread_id": 0, "voice_message_id": 1}
    files = {"portrait_sha": "face", "voice_sha": "voice", "ratio": "1:1", "style": "normal"}
    render, _ = await create_render(database, origin, **ids, **files)
    return render.id


async def test_of_a_stranger_nothing_is_known(database: AsyncEngine) -> None:
    assert await read_situation(database, BOOK, KEY, "message:-100:1") == Situation(
        KEY, Choices(-100), PersonPreferences(5), Draft(KEY), None, None, spent=dict.fromkeys(BUDGETS, 0)
    )


async def test_all_that_is_known_comes_at_once_and_nothing_of_others(database: AsyncEngine) -> None:
    await write_choices(database, -100, ratio="3:4", who="admins", consent=False)
    await write_preferences(database, 5, told_at=3.0)
    draft = await write_draft(database, KEY, portrait_sha="face", portrait_message_id=9)
    faces = {"first_portrait_sha": "a", "second_portrait_sha": "b", "first_name": "A", "second_name": "B"}
    for key in (KEY, DraftKey(-100, 6, 7)):
        await begin_duet(database, key, **faces, language="en")
    await write_draft(database, DraftKey(-100, 5, 0), voice_sha="in another topic")
    await write_preferences(database, 6, told_at=1.0)
    for origin, place in {"theirs": {}, "another's": {"user_id": 6}, "elsewhere": {"chat_id": -200}}.items():
        await ask(database, origin, **place)
    begun = await ask(database, "message:-100:1")
    await end_render(database, await ask(database, "ended"), Stage.CANCELLED)
    for user_id, chat_id, size in ((5, -100, 10), (5, -200, 20), (6, -100, 40)):
        await take_share(database, BOOK, BOOK.payer(chat_id, user_id), (size,), {})
    await count_kept(database, BOOK, BOOK.payer(-100, 5), 3)
    await count_made(database, BOOK, 100)

    known = await read_situation(database, BOOK, KEY, "message:-100:1")
    assert known.choices == Choices(-100, ratio="3:4", who="admins", consent=False)
    assert known.person == PersonPreferences(5, told_at=3.0)
    assert known.draft == draft
    assert known.duet is not None
    assert (known.duet.user_id, known.duet.first_name) == (5, "A")
    assert known.begun == begun
    assert (known.open_in_chat, known.open_of_person) == (3, 3)
    assert (known.files_today, known.bytes_today) == (2, 33)
    assert (known.chat_bytes_today, known.all_bytes_today) == (53, 173)


async def test_a_duet_waits_for_an_hour_and_for_two_voices(
    database: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    faces = {"first_portrait_sha": "a", "second_portrait_sha": "b", "first_name": "A", "second_name": "B"}
    await begin_duet(database, KEY, **faces, language="en")
    duet = (await read_situation(database, BOOK, KEY)).duet
    assert duet is not None
    now = time.time()
    with monkeypatch.context() as later:
        later.setattr(time, "time", lambda: now + 3601)
        assert (await read_situation(database, BOOK, KEY)).duet is None
    await update_duet(database, duet.id, second_voice_sha="both are there")
    assert (await read_situation(database, BOOK, KEY)).duet is None
