"""A wish for another photo and an order, at the same moment: one of them comes first, and the other one knows."""

import asyncio
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.drafts import DraftKey, read_draft, write_draft
from storage.photo_changes import PhotoChange, begin_photo_change, waiting_for_photo
from storage.renders import Render, Stage, create_render, end_render, read_render
from storage.tasks import update_task, write_intent

KEY = DraftKey(1, 5)
TASK: dict[str, Any] = {"part": 1, "attempt": 1, "account": "default", "engine": "emo", "model": "emo-v1"}
TASK |= {"second_price": "0.08"}


async def new_render(database: AsyncEngine, origin: str = "a") -> Render:
    columns = {"chat_id": 1, "user_id": 5, "thread_id": 0, "voice_message_id": 3, "portrait_sha": "old"}
    columns |= {"voice_sha": "voice", "ratio": "1:1", "style": "normal"}
    await write_draft(database, KEY, portrait_sha="old", portrait_used=True, voice_sha=None)
    return (await create_render(database, origin, **columns))[0]


async def test_of_a_change_and_an_order_one_comes_first(database: AsyncEngine) -> None:
    for number in range(10):
        render = await new_render(database, str(number))
        task, (change, draft) = await asyncio.gather(
            write_intent(database, render.id, **TASK), begin_photo_change(database, render)
        )
        assert change is (PhotoChange.WAITS if task is None else PhotoChange.ORDERED)
        assert (draft.voice_sha, draft.portrait_sha) == ("voice", None)
        now = await read_render(database, render.id)
        assert now is not None
        assert now.ended == (task is None)
        if task is not None:
            await update_task(database, task, task_id=str(number))


async def test_twice_is_once_and_another_voice_is_not_lost(database: AsyncEngine) -> None:
    render = await new_render(database)
    for _ in range(2):
        change, draft = await begin_photo_change(database, render)
        assert (change, draft.voice_sha, draft.voice_message_id) == (PhotoChange.WAITS, "voice", 3)
    assert await waiting_for_photo(database, draft) == await read_render(database, render.id)
    other = await new_render(database, "b")
    await write_draft(database, KEY, portrait_sha=None, portrait_used=False, voice_sha="another")
    assert (await begin_photo_change(database, other))[0] is PhotoChange.TAKEN
    assert (await read_draft(database, KEY)).voice_sha == "another"


@pytest.mark.parametrize("used", [True, False])
async def test_a_photo_that_came_since_stays_unless_it_was_used(used: bool, database: AsyncEngine) -> None:
    render = await new_render(database)
    await write_draft(database, KEY, portrait_sha="newer", portrait_used=used)
    change, draft = await begin_photo_change(database, render)
    assert change is PhotoChange.WAITS
    assert draft.portrait_sha == (None if used else "newer")


async def test_what_ended_otherwise_is_left_alone(database: AsyncEngine) -> None:
    render = await new_render(database)
    await end_render(database, render.id, Stage.DELIVERED)
    change, draft = await begin_photo_change(database, render)
    assert (change, draft.portrait_sha, draft.voice_sha) == (PhotoChange.ENDED, "old", None)
