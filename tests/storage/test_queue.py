"""The queue: whose turn it is. First come, first served between chats that had no turn yet, and one each for all."""

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage import queue
from storage.queue import Next, agree, begin_render, next_in_queue, place_of, renders_of
from storage.renders import Stage, create_render, end_render, read_render, update_render
from storage.tables import renders

ALICE, BOB, CAROL = 11, 22, 33


async def ask(database: AsyncEngine, chat_id: int, number: int) -> str:
    render, _ = await create_render(
        database,
        f"message:{chat_id}:{number}",
        chat_id=chat_id,
        user_id=chat_id,
        thread_id=0,
        voice_message_id=number,
        portrait_sha="portrait",
        voice_sha=f"voice {number}",
        ratio="1:1",
        style="normal",
    )
    return render.id


async def next_of(database: AsyncEngine, busy: set[int], turns: dict[int, float]) -> Next | None:
    render, _ = await next_in_queue(database, busy, turns, "here")
    return render


async def begin(database: AsyncEngine, render_id: str, machine: str = "here") -> bool:
    render = await read_render(database, render_id)
    assert render is not None
    return await begin_render(database, render_id, machine, in_turn_of=render.chat_id) is not None


async def test_whoever_came_first_is_next_and_begins_once(database: AsyncEngine) -> None:
    first, second = await ask(database, ALICE, 1), await ask(database, BOB, 1)
    assert (found := await next_of(database, set(), {}))
    assert found.id == first
    assert await begin(database, first)
    assert not await begin(database, first)
    assert [render.id for render in await renders_of(database, "here")] == [first]
    assert (found := await next_of(database, {ALICE}, {}))
    assert found.id == second


async def test_a_chat_has_one_at_a_time(database: AsyncEngine) -> None:
    await ask(database, ALICE, 1)
    await ask(database, ALICE, 2)
    assert await next_of(database, {ALICE}, {}) is None


async def test_who_asks_for_much_lets_others_in_between(database: AsyncEngine) -> None:
    for number in range(3):
        await ask(database, ALICE, number)
    await ask(database, BOB, 1)
    await ask(database, CAROL, 1)
    order: list[int] = []
    turns: dict[int, float] = {}
    while (render := await next_of(database, set(), turns)) is not None:
        assert await begin(database, render.id)
        order.append(render.chat_id)
        turns[render.chat_id] = float(len(order))
    assert order == [ALICE, BOB, CAROL, ALICE, ALICE]


async def test_a_chat_with_much_ahead_hides_nobody(database: AsyncEngine, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue, "PAGE", 3)
    for number in range(8):
        await ask(database, ALICE, number)
    bobs = await ask(database, BOB, 1)
    await ask(database, CAROL, 1)
    assert (found := await next_of(database, set(), {ALICE: 1.0}))
    assert found.id == bobs
    assert await begin(database, bobs, "there")
    assert (found := await next_of(database, {ALICE}, {}))
    assert found.chat_id == CAROL


async def test_the_queue_is_read_by_its_indexes(database: AsyncEngine) -> None:
    """Of many that wait only some are looked at, and of those at work none of the others."""
    first = await ask(database, ALICE, 1)
    await fill(database, first, ended=4000, at_work=300, waiting=600)
    dialect = database.dialect
    query = queue._page([BOB], None).params(machine="here")
    words = str(query.compile(dialect=dialect, compile_kwargs={"literal_binds": True}))
    explain = "EXPLAIN" if dialect.name == "postgresql" else "EXPLAIN QUERY PLAN"
    async with database.begin() as connection:
        await connection.execute(sa.text("ANALYZE renders"))
        plan = str((await connection.execute(sa.text(f"{explain} {words}"))).all())
    if dialect.name == "postgresql":
        assert "Seq Scan" not in plan
        assert plan.count("renders_waiting") == 1, plan
        assert plan.count("renders_at_work") in (1, 2), plan  # the owner's index serves the other as well
    else:
        assert [name for name in ("renders", "twin", "other") if f"SCAN {name}" in plan] == []


async def fill(database: AsyncEngine, like: str, *, ended: int, at_work: int, waiting: int) -> None:
    """Add renders of other chats, so that the database has something to choose its ways by."""
    async with database.begin() as connection:
        row = dict((await connection.execute(sa.select(renders).where(renders.c.id == like))).mappings().one())
        more = []
        for number in range(ended + at_work + waiting):
            at = row["created_at"] + number
            own = {"id": f"more {number}", "origin": f"more:{number}", "chat_id": 1000 + number, "created_at": at}
            goes: dict[str, object] = {"ended_at": None, "owner": None}
            if number < ended:
                goes = {"ended_at": at, "owner": None, "stage": Stage.DELIVERED}
            elif number < ended + at_work:
                goes = {"ended_at": None, "owner": "there", "stage": Stage.WAITING}
            more.append(row | own | goes)
        await connection.execute(sa.insert(renders), more)


async def test_the_same_voice_sent_again_waits_for_the_video_that_is_on_its_way(database: AsyncEngine) -> None:
    first = await ask(database, ALICE, 1)
    assert await begin(database, first)
    again, _ = await create_render(
        database,
        "message:again",
        chat_id=ALICE,
        user_id=ALICE,
        thread_id=0,
        voice_message_id=9,
        portrait_sha="portrait",
        voice_sha="voice 1",
        ratio="1:1",
        style="normal",
    )
    await ask(database, BOB, 1)
    bobs = await next_of(database, set(), {})
    assert bobs is not None
    assert bobs.chat_id == BOB, "it is another chat's: nobody waits for that"
    await end_render(database, bobs.id, Stage.DELIVERED)
    assert await next_of(database, set(), {}) is None
    await end_render(database, first, Stage.DELIVERED)
    assert await next_of(database, set(), {}) == Next(again.id, ALICE)


async def test_what_was_cancelled_while_it_waited_never_begins(database: AsyncEngine) -> None:
    render_id = await ask(database, ALICE, 1)
    await end_render(database, render_id, Stage.CANCELLED, only_from=(Stage.QUEUED,))
    assert await next_of(database, set(), {}) is None
    assert not await begin(database, render_id)
    assert (render := await read_render(database, render_id))
    assert render.stage is Stage.CANCELLED


async def test_who_is_asked_about_a_price_stands_in_nobodys_way_until_they_say_yes(database: AsyncEngine) -> None:
    asked, other = await ask(database, ALICE, 1), await ask(database, BOB, 1)
    await update_render(database, asked, stage=Stage.ASKING)
    assert (found := await next_of(database, set(), {}))
    assert found.id == other
    assert (waiting := await read_render(database, other))
    assert await place_of(database, waiting) == 0
    assert await renders_of(database, "here") == []
    assert not await begin(database, asked), "nothing begins, and nothing is paid, before the yes"
    assert await agree(database, asked)
    assert not await agree(database, asked), "a second press changes nothing"
    assert (found := await next_of(database, set(), {}))
    assert found.id == asked


async def test_a_yes_to_a_cancelled_one_comes_too_late(database: AsyncEngine) -> None:
    asked = await ask(database, ALICE, 1)
    await update_render(database, asked, stage=Stage.ASKING)
    assert await end_render(database, asked, Stage.CANCELLED, only_from=(Stage.ASKING,))
    assert not await agree(database, asked)
