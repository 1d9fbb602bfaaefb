"""Updates: each counts once, none is lost to a kill."""

import json

from sqlalchemy import select
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.inbox import forget_old_updates, mark_handled, note_try, take_left, write_updates
from storage.tables import inbox

HELLO = {"update_id": 7, "message": {"text": "hello"}}
BYE = {"update_id": 8, "message": {"text": "bye"}}


async def test_an_update_that_comes_again_is_to_be_handled_until_it_is(database: AsyncEngine) -> None:
    assert await write_updates(database, [HELLO]) == [HELLO]
    assert await write_updates(database, [HELLO, BYE]) == [HELLO, BYE]
    await mark_handled(database, 7)
    assert await write_updates(database, [HELLO]) == []


async def test_what_was_not_handled_is_handled_after_a_restart(database: AsyncEngine) -> None:
    await write_updates(database, [BYE, HELLO])
    await mark_handled(database, 7)
    assert await take_left(database, "next") == [(BYE, 1)]
    await note_try(database, 8)
    assert await take_left(database, "next") == [(BYE, 2)]


async def test_a_handled_update_keeps_its_number_and_forgets_its_words(database: AsyncEngine) -> None:
    await write_updates(database, [HELLO])
    await mark_handled(database, 7)
    async with database.connect() as connection:
        row = (await connection.execute(select(inbox))).mappings().one()
    assert row["body"] is None
    assert "hello" not in json.dumps(dict(row))
    assert await forget_old_updates(database) == 0
