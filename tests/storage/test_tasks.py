"""Tasks: written before they are ordered, one order at a time for an account, and never overwritten."""

import time
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.book import Book
from storage.keyed_hash import KeyedHash
from storage.ledger import Look, note_look, note_video, spent
from storage.renders import Render, Stage, create_render, end_render, forget_old_renders, read_render, update_render
from storage.tasks import (
    FORGOTTEN,
    NOT_TAKEN,
    UNSURE,
    VIDEO_LIFE,
    OrderGoingOn,
    TaskRow,
    adopt_tasks,
    close_intents,
    drop_intent,
    end_task,
    forget_tasks,
    latest_task,
    may_live,
    tasks_of,
    update_task,
    write_intent,
)
from storage.voice_parts import voice_of, write_parts
from storage.workload import known_task_ids, open_submits, recent_paces

BOOK = Book(KeyedHash(b"secret"))


async def ask(database: AsyncEngine, origin: str) -> Render:
    files = {"portrait_sha": "p", "voice_sha": "v", "ratio": "1:1", "style": "normal"}
    place = {"chat_id": 1, "user_id": 5, "thread_id": 0, "voice_message_id": 3}
    return (await create_render(database, origin, **files, **place))[0]


async def intend(database: AsyncEngine, render: Render, attempt: int = 1, **columns: Any) -> TaskRow:
    given = {"account": "one", "engine": "emo", "model": "emo-v1", "second_price": "0.16"} | columns
    task = await write_intent(database, render.id, part=1, attempt=attempt, **given)
    assert task is not None
    return task


async def test_an_order_is_written_down_and_its_answer_beside_it(database: AsyncEngine) -> None:
    render = await ask(database, "a")
    task = await intend(database, render)
    assert task.is_intent
    assert await open_submits(database, "one") == {render.id}
    taken = await update_task(database, task, task_id="t", submitted_at=5.0)
    assert taken == await latest_task(database, render.id)
    assert not taken.is_intent
    assert await open_submits(database, "one") == set()


async def test_of_one_account_only_one_order_is_on_its_way(database: AsyncEngine) -> None:
    first, second, third = [await ask(database, origin) for origin in "abc"]
    task = await intend(database, first)
    with pytest.raises(OrderGoingOn):
        await intend(database, second)
    await intend(database, third, account="two")
    await update_task(database, task, task_id="t")
    await intend(database, second)


async def test_an_order_that_is_being_judged_holds_up_nobody(database: AsyncEngine) -> None:
    first, second = [await ask(database, origin) for origin in "ab"]
    task = await intend(database, first)
    await update_task(database, task, judging_since=9.0)
    await intend(database, second)


async def test_a_render_that_has_ended_is_not_ordered(database: AsyncEngine) -> None:
    render = await ask(database, "a")
    await end_render(database, render.id, Stage.CANCELLED)
    columns = {"account": "one", "engine": "emo", "model": "emo-v1", "second_price": "0.08"}
    assert await write_intent(database, render.id, part=1, attempt=1, **columns) is None


async def test_an_attempt_that_came_to_nothing_stays_beside_the_next_one(database: AsyncEngine) -> None:
    render = await ask(database, "a")
    failed = await update_task(database, await intend(database, render), task_id="first", state="RUNNING")
    await end_task(database, failed, "FAILED")
    await update_task(database, await intend(database, render, attempt=2), task_id="second", state="PENDING")
    seen = [(task.attempt, task.task_id, task.state, task.ended) for task in await tasks_of(database, render.id)]
    assert seen == [(1, "first", "FAILED", True), (2, "second", "PENDING", False)]
    assert await known_task_ids(database, ["first", "second", "strange"]) == {"first", "second"}


async def test_an_order_that_was_certainly_not_taken_leaves_nothing(database: AsyncEngine) -> None:
    render = await ask(database, "a")
    await drop_intent(database, await intend(database, render))
    assert await latest_task(database, render.id) is None
    taken = await update_task(database, await intend(database, render), task_id="t")
    await drop_intent(database, taken)
    assert await latest_task(database, render.id) == taken, "what may be paid is not dropped"


async def test_the_open_order_of_an_ended_render_is_closed(database: AsyncEngine) -> None:
    ended, going_on = [await ask(database, origin) for origin in "ab"]
    await intend(database, ended)
    await end_render(database, ended.id, Stage.UNSURE, "submit_lost")
    await close_intents(database)
    closed = await latest_task(database, ended.id)
    assert closed is not None
    assert (closed.state, closed.ended) == (UNSURE, True)
    await intend(database, going_on)
    await close_intents(database)
    assert await open_submits(database, "one") == {going_on.id}


async def test_the_pace_is_learned_from_tasks_of_the_same_model(database: AsyncEngine) -> None:
    for origin, model, worked_until in (("a", "emo-v1", 185.0), ("b", "wan2.2-s2v", 1100.0)):
        task = await intend(database, await ask(database, origin), model=model)
        ready = {"task_id": origin, "started_at": 100.0, "worked_until": worked_until, "video_seconds": 10.0}
        await update_task(database, task, **ready)
    assert await recent_paces(database, "emo-v1") == [8.5]
    assert await recent_paces(database, "wan2.2-s2v") == [100.0]


async def test_tasks_that_the_service_lost_are_ordered_anew_where_there_is_no_video_yet(
    database: AsyncEngine,
) -> None:
    waiting, fetched, ended = [await ask(database, origin) for origin in "abc"]
    for render in (waiting, fetched, ended):
        await update_task(database, await intend(database, render), task_id=render.id, video_url="http://dead")
    await update_render(database, fetched.id, video_sha="video")
    await end_render(database, ended.id, Stage.DELIVERED)
    assert await forget_tasks(database) == 1
    lost = await latest_task(database, waiting.id)
    assert lost is not None
    assert (lost.state, lost.ended, lost.video_url) == (NOT_TAKEN, True, None)


async def test_what_the_service_may_have_of_an_ended_render_is_taken_up_by_another_one(database: AsyncEngine) -> None:
    ended, again = await ask(database, "a"), await ask(database, "b")
    ended = await write_parts(database, ended, ["one", "two"])
    failed = await update_task(database, await intend(database, ended), task_id="failed")
    await end_task(database, failed, "FAILED")
    unknown = await update_task(database, await intend(database, ended, attempt=2), task_id="t")
    await end_task(database, unknown, "UNKNOWN")
    assert await may_live(database, ended.id)
    await adopt_tasks(database, ended.id, again.id)
    assert not await may_live(database, ended.id)
    taken = await latest_task(database, again.id)
    assert taken is not None
    assert (taken.task_id, taken.state, taken.ended, taken.attempt) == ("t", FORGOTTEN, False, 2)
    assert [task.task_id for task in await tasks_of(database, ended.id)] == ["failed"]
    now = await read_render(database, again.id)
    assert now is not None
    assert [await voice_of(database, now, part) for part in range(1, now.parts + 1)] == ["one", "two"]


async def test_a_video_that_was_ready_long_ago_is_not_taken_up(database: AsyncEngine) -> None:
    render = await ask(database, "a")
    task = await update_task(database, await intend(database, render), task_id="t", state="SUCCEEDED")
    await update_task(database, task, ended_at=time.time() - VIDEO_LIFE - 1)
    assert not await may_live(database, render.id)


async def test_a_task_goes_with_its_render(database: AsyncEngine) -> None:
    render = await ask(database, "a")
    await intend(database, render)
    await end_render(database, render.id, Stage.FAILED)
    assert await forget_old_renders(database, 2e9 * 2) == 1
    assert await tasks_of(database, render.id) == []


async def test_the_ledger_counts_each_thing_once_at_the_price_it_was_ordered_for(database: AsyncEngine) -> None:
    task = await update_task(database, await intend(database, await ask(database, "a")), task_id="task")
    look = Look("one", "emo", "emo-detect-v1", Decimal("0.004"))
    for _ in range(2):
        async with database.begin() as connection:
            await note_look(connection, BOOK, "link", look)
        await note_video(database, BOOK, task, 13.93)
    assert str(await spent(database)) == "2.2328"


async def test_a_task_does_not_show_its_links_and_where_its_video_is(database: AsyncEngine) -> None:
    secret: dict[str, Any] = {
        "image_link": "a secret",
        "audio_link": "a secret",
        "video_url": "https://host/v?Signature=secret",
    }
    task = await intend(database, await ask(database, "a"), **secret)
    assert task.video_url == secret["video_url"]
    assert "secret" not in repr(task)
