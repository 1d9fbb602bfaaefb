"""Bad moments: a stop, a lock, a full disk, a clock that jumps, and the same asked twice."""

import asyncio
import sqlite3
import time
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest

from bot.sandbox.telegram import Person
from storage.objects import Objects
from storage.queue import next_in_queue
from storage.renders import Stage
from storage.store import StorageFull
from tests.stories.conftest import PORTRAIT, VOICE, World, brief_voice


async def orders_a_video(person: Person) -> None:
    person.sends_photo(PORTRAIT)
    await person.sees("Good photo")
    person.sends_voice(brief_voice())


@asynccontextmanager
async def locked(world: World) -> AsyncIterator[None]:
    """Another program holds the bot's database."""
    other = sqlite3.connect(world.data_dir / "emobot.db", isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    try:
        yield
    finally:
        other.execute("ROLLBACK")
        other.close()


@pytest.fixture
def impatient_database(monkeypatch: pytest.MonkeyPatch) -> None:
    """The bot waits a second for a lock instead of fifteen."""
    monkeypatch.setattr("storage.sqlite.BUSY_SECONDS", 1)


@pytest.mark.parametrize("call", ["submit", "poll", "video"])
async def test_a_database_that_is_locked_for_longer_than_one_waits_costs_no_render(
    call: str, impatient_database: None, bot: None, world: World, alice: Person, asked: Counter[str]
) -> None:
    holds: list[asyncio.Task[None]] = []

    async def lock(_: object) -> None:
        if asked[call] == 1:
            holds.append(asyncio.create_task(hold()))

    async def hold() -> None:
        async with locked(world):
            await asyncio.sleep(2.0)

    world.emo.faults.watch(call, "after", lock)
    await orders_a_video(alice)
    await alice.sees_video()
    paid = sum(entry.model == "emo-v1" for entry in world.emo.bill)  # one that could not fetch its files failed unpaid
    assert paid == world.videos(alice) == 1


async def test_a_lock_right_after_the_sending_sends_nothing_twice(
    impatient_database: None, bot: None, world: World, alice: Person
) -> None:
    async def hold() -> None:
        async with locked(world):
            await asyncio.sleep(2.0)

    holds: list[asyncio.Task[None]] = []
    world.telegram.faults.watch("sendVideo", "after", lambda _: holds.append(asyncio.create_task(hold())))
    await orders_a_video(alice)
    await alice.sees_video()
    await world.render_that(lambda render: render.stage is Stage.DELIVERED)
    assert world.videos(alice) == 1


async def test_a_disk_that_is_full_while_the_video_comes_is_waited_for(
    bot: None, world: World, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    add = Objects.add
    full: list[float] = []

    async def add_or_not(self: Objects, *args: object, **kwargs: object) -> object:
        if kwargs["kind"] == "video" and len(full) < 2:
            full.append(time.monotonic())
            raise StorageFull("no room left")
        return await add(self, *args, **kwargs)  # type: ignore[arg-type]

    monkeypatch.setattr(Objects, "add", add_or_not)
    await orders_a_video(alice)
    await alice.sees_video()
    assert len(full) == 2
    assert len(world.emo.tasks) == 1


async def test_a_turn_that_breaks_is_given_again(
    bot: None, world: World, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    broke: list[Exception] = []

    async def break_once(*args: Any) -> Any:
        if not broke:
            broke.append(RuntimeError("nobody thought of this"))
            raise broke[0]
        return await next_in_queue(*args)

    monkeypatch.setattr("bot.render.turns.next_in_queue", break_once)
    await orders_a_video(alice)
    await alice.sees_video()
    assert broke
    assert len(world.emo.tasks) == 1


async def test_never_more_tasks_than_allowed_and_one_for_each_chat(world: World, alice: Person) -> None:
    world.emo.hold()
    people = [alice, *(world.person(name) for name in ("Bob", "Carol", "Dave"))]
    async with world.bot(max_in_flight=2):
        for person in people:
            person.sends_photo(PORTRAIT)
            await person.sees("Good photo")
        for person in people:
            for voice in (brief_voice(), VOICE):
                person.sends_voice(voice)
        await asyncio.gather(*(person.sees("next|In the queue") for person in people))
        await world.task_states("PENDING", "PENDING")
        at_work = {task.render_id for task in await world.all_tasks()}
        handed_over = [render.chat_id for render in await world.renders() if render.id in at_work]
        assert len(set(handed_over)) == 2
        most: list[int] = []

        def count(_: object) -> None:
            open_tasks = [task for task in world.emo.tasks.values() if task.state in ("PENDING", "RUNNING")]
            most.append(len(open_tasks))

        world.emo.faults.watch("submit", "after", count)
        world.emo.release()
        for person in people:
            await person.sees_video()
            await person.sees_video()
    assert max(most) <= 2
    assert len(most) == 6
