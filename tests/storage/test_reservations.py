"""Money is taken from the budgets before it is spent, exactly, whoever orders at the same instant and whenever."""

import asyncio
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
import time_machine
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.gates.money import Budgets, Money
from storage.access import BLOCKED, read_access, write_access
from storage.book import Book, units
from storage.chats import move_chat
from storage.counts import used
from storage.database import open_database
from storage.keyed_hash import KeyedHash
from storage.ledger import note_video, spent
from storage.renders import Most, Render, TooMany, create_render, create_renders
from storage.reservations import CHAT, DAY, MONTH, PERSON, OverBudget, free_unordered, reserved
from storage.tasks import (
    UNSURE,
    OrderGoingOn,
    TaskRow,
    adopt_tasks,
    drop_intent,
    end_task,
    latest_task,
    update_task,
    write_intent,
)
from tests.storage.budgets import BOOK, many_orders, wrong_sums

ALICE, GROUP = 5, -100
PAYER = BOOK.payer(GROUP, ALICE)


def gate(book: Book = BOOK, /, **budgets: str) -> Money:
    return Money(book, Budgets(**{name: Decimal(amount) for name, amount in budgets.items()}))


async def ask(database: AsyncEngine, origin: str, most: Most | None = None, **place: int) -> Render:
    where = {"chat_id": GROUP, "user_id": ALICE, "thread_id": 0, "voice_message_id": 3} | place
    files = {"portrait_sha": "p", "voice_sha": "v", "ratio": "1:1", "style": "normal"}
    return (await create_render(database, origin, most, **files, **where))[0]


async def order(
    database: AsyncEngine, money: Money, render: Render, *costs: str, attempt: int = 1, part: int = 1
) -> TaskRow:
    payer = money.book.payer(render.chat_id, render.user_id)
    check = money.for_task(
        payer, render.id, attempt, {number: Decimal(cost) for number, cost in enumerate(costs, part)}, render.id
    )
    given: dict[str, Any] = {"engine": "emo", "model": "emo-v1", "second_price": "0.08", "part": part}
    task = await write_intent(database, render.id, [check], account=render.id, attempt=attempt, **given)
    assert task is not None
    return task


async def left_of(database: AsyncEngine, kind: str = DAY, who: str = "", day: str | None = None) -> int:
    period = (day or BOOK.day())[: 7 if kind == MONTH else 10]
    return (await used(database, [(kind, who, period)]))[(kind, who, period)]


@pytest.mark.parametrize(
    ("kind", "budgets"),
    [(DAY, {"day": "1"}), (MONTH, {"month": "1"}), (PERSON, {"person_day": "1"}), (CHAT, {"chat_day": "1"})],
)
async def test_each_budget_holds_to_the_last_fen(database: AsyncEngine, kind: str, budgets: dict[str, str]) -> None:
    money = gate(**budgets)
    for number in range(2):
        await order(database, money, await ask(database, str(number)), "0.5")
    with pytest.raises(OverBudget) as over:
        await order(database, money, await ask(database, "one more"), "0.01")
    assert over.value.kind == kind
    assert await wrong_sums(database) == []


async def test_a_bill_takes_the_place_of_what_was_reserved(database: AsyncEngine) -> None:
    money = gate(day="1")
    task = await order(database, money, await ask(database, "a"), "0.8")
    taken = await update_task(database, task, task_id="t")
    await note_video(database, BOOK, taken, 5.5)
    await note_video(database, BOOK, taken, 5.5)
    assert await left_of(database) == units(Decimal("0.44"))
    assert await spent(database) == Decimal("0.44")
    await order(database, money, await ask(database, "b"), "0.56")
    assert await wrong_sums(database) == []


@pytest.mark.parametrize(
    ("state", "left"), [("FAILED", 0), ("CANCELED", 0), ("NOT_TAKEN", 0), (UNSURE, 8), ("UNKNOWN", 8)]
)
async def test_what_certainly_cost_nothing_is_given_back_and_nothing_else(
    database: AsyncEngine, state: str, left: int
) -> None:
    task = await order(database, gate(day="1"), await ask(database, "a"), "0.8")
    for _ in range(2):
        await end_task(database, task, state)
    assert await left_of(database) == units(Decimal(left) / 10)
    assert await wrong_sums(database) == []


async def test_an_order_that_was_refused_gives_its_money_back_and_is_reserved_anew(database: AsyncEngine) -> None:
    money, render = gate(day="1"), await ask(database, "a")
    for _ in range(3):
        task = await order(database, money, render, "0.8")
        await drop_intent(database, task)
    assert await left_of(database) == 0
    await order(database, money, render, "0.8")
    assert await wrong_sums(database) == []


async def test_an_intent_without_money_is_not_written(database: AsyncEngine) -> None:
    render = await ask(database, "a")
    with pytest.raises(OverBudget):
        await order(database, gate(day="0.1"), render, "0.8")
    await order(database, gate(day="1"), render, "0.8")  # its row would be there already


async def test_all_parts_of_a_long_voice_are_reserved_together_or_not_at_all(database: AsyncEngine) -> None:
    money = gate(day="3")
    with pytest.raises(OverBudget):
        await order(database, money, await ask(database, "too long"), "1", "1", "1", "1")
    assert await left_of(database) == 0
    render = await ask(database, "long")
    first = await order(database, money, render, "1", "1", "1")
    with pytest.raises(OverBudget):
        await order(database, money, await ask(database, "b"), "0.1")
    await update_task(database, first, task_id="first")
    await order(database, money, render, "1", "1", part=2)
    assert await left_of(database) == units(Decimal(3))
    await free_unordered(database, render.id)
    assert await left_of(database) == units(Decimal(2)), "the third part was never ordered"
    assert await wrong_sums(database) == []


async def test_another_try_reserves_anew_and_an_unsure_one_keeps_its_own(database: AsyncEngine) -> None:
    money, render = gate(day="2"), await ask(database, "a")
    await end_task(database, await order(database, money, render, "1"), UNSURE)
    await order(database, money, render, "1", attempt=2)
    with pytest.raises(OverBudget):
        await order(database, money, await ask(database, "b"), "0.01")
    assert await wrong_sums(database) == []


async def test_a_render_that_takes_up_the_task_of_another_takes_over_what_is_reserved_for_it(
    database: AsyncEngine,
) -> None:
    money, (before, after) = gate(day="1"), [await ask(database, name) for name in ("before", "after")]
    await update_task(database, await order(database, money, before, "0.8"), task_id="t")
    await adopt_tasks(database, before.id, after.id)
    taken = await latest_task(database, after.id)
    assert taken is not None
    await note_video(database, BOOK, taken, 5.0)
    assert await left_of(database) == units(Decimal("0.4"))
    assert await wrong_sums(database) == []


async def test_who_speaks_as_a_chat_counts_as_the_chat(database: AsyncEngine) -> None:
    money = gate(person_day="0.1", chat_day="1")
    for number, user_id in enumerate((GROUP, -200, -300)):
        await order(database, money, await ask(database, str(number), user_id=user_id), "0.3")
    with pytest.raises(OverBudget):
        await order(database, money, await ask(database, "one more", user_id=-400), "0.3")
    assert await wrong_sums(database) == []


async def test_of_those_who_order_at_one_instant_only_so_many_pass_as_the_budget_has_room_for(
    migrated_url: str, database: AsyncEngine
) -> None:
    others = [open_database(migrated_url) for _ in range(2)]  # as two processes would
    money, renders = gate(day="1"), [await ask(database, str(number), user_id=number + 1) for number in range(40)]

    async def try_to_order(number: int, render: Render) -> bool:
        try:
            await order(others[number % 2], money, render, "0.3")
        except OverBudget:
            return False
        return True

    try:
        passed = await asyncio.gather(*(try_to_order(number, render) for number, render in enumerate(renders)))
    finally:
        for other in others:
            await other.dispose()
    assert sum(passed) == 3
    assert await left_of(database) == units(Decimal("0.9"))
    assert await wrong_sums(database) == []


async def test_a_day_ends_at_the_operators_midnight_and_what_was_ordered_before_it_stays_in_it(
    database: AsyncEngine,
) -> None:
    money = gate(day="1", month="1.5")
    with time_machine.travel(datetime(2026, 11, 30, 15, 59, tzinfo=UTC), tick=False) as clock:
        before = await update_task(database, await order(database, money, await ask(database, "a"), "1"), task_id="a")
        clock.shift(timedelta(minutes=2))
        assert BOOK.day() == "2026-12-01"
        await order(database, money, await ask(database, "b"), "1")
        await note_video(database, BOOK, before, 10.0)
    assert await left_of(database, DAY, day="2026-11-30") == units(Decimal("0.8"))
    assert await left_of(database, MONTH, day="2026-12-01") == units(Decimal(1))
    assert await wrong_sums(database) == []


async def test_thousands_of_orders_under_a_moving_clock_leave_every_sum_whole(database: AsyncEngine) -> None:
    refused = await many_orders(database, 500)
    assert 50 < refused < 450


async def test_of_renders_asked_for_at_one_instant_only_so_many_wait_as_may(database: AsyncEngine) -> None:
    async def asks(number: int, **place: int) -> bool:
        try:
            await ask(database, f"{place}{number}", Most(of_person=2, in_chat=3), **place)
        except TooMany:
            return False
        return True

    everywhere = await asyncio.gather(*(asks(number, chat_id=-number) for number in range(1, 13)))
    assert sum(everywhere) == 2, "twelve groups at once"
    as_chat = await asyncio.gather(*(asks(number, chat_id=-50, user_id=-50 - number) for number in range(9)))
    assert sum(as_chat) == 3, "by the chat, whoever they say they are"
    in_chat = await asyncio.gather(*(asks(number, chat_id=-60, user_id=60 + number) for number in range(9)))
    assert sum(in_chat) == 3


async def test_both_halves_of_a_duet_are_taken_or_none(database: AsyncEngine) -> None:
    files = {"portrait_sha": "p", "voice_sha": "v", "ratio": "1:1", "style": "normal", "voice_message_id": 1}
    row = {"chat_id": GROUP, "user_id": ALICE, "thread_id": 0, **files}
    halves = [("duet:1", row), ("duet:2", row)]
    with pytest.raises(TooMany):
        await create_renders(database, halves, Most(of_person=1, in_chat=9))
    made = await create_renders(database, halves, Most(of_person=2, in_chat=9))
    again = await create_renders(database, halves, Most(of_person=2, in_chat=9))
    assert [(render, False) for render, _ in made] == again


async def test_a_supergroup_takes_over_what_its_group_has_spent_and_what_was_said_of_it(database: AsyncEngine) -> None:
    money = gate(chat_day="1")
    task = await update_task(database, await order(database, money, await ask(database, "a"), "0.4"), task_id="t")
    await order(database, money, await ask(database, "b"), "0.4")
    await note_video(database, BOOK, task, 5.0)
    await write_access(database, BOOK.mark(GROUP), BLOCKED)
    for _ in range(2):
        await move_chat(database, BOOK, GROUP, -1001)
    assert await left_of(database, CHAT, BOOK.mark(-1001)) == units(Decimal("0.8"))
    assert await read_access(database, BOOK.mark(-1001)) == BLOCKED
    assert await wrong_sums(database) == []


async def test_a_hash_says_nothing_without_the_key() -> None:
    assert BOOK.mark(5) == BOOK.mark(5) != BOOK.mark(6)
    assert BOOK.mark(5) != Book(KeyedHash(b"another")).mark(5)
    assert "secret" not in repr(BOOK)


async def test_one_order_at_a_time_still_holds(database: AsyncEngine) -> None:
    money = gate(day="1")
    await order(database, money, await ask(database, "a"), "0.4")
    other = await ask(database, "b")
    check = money.for_task(PAYER, other.id, 1, {1: Decimal("0.4")}, other.id)
    row: dict[str, Any] = {"part": 1, "attempt": 1, "engine": "emo", "model": "m", "second_price": "1"}
    async with database.connect() as connection:
        taken = (await connection.execute(sa.text("SELECT account FROM tasks"))).scalar()
    with pytest.raises(OrderGoingOn):
        await write_intent(database, other.id, [check], account=taken, **row)
    assert await left_of(database) == units(Decimal("0.4"))
    assert await reserved(database, [f"{other.id}:1:1"]) == {}
