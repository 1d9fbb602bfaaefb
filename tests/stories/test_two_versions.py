"""An upgrade, one bot after the other: two versions work side by side on one PostgreSQL, and back again."""

import asyncio
import signal
from pathlib import Path

import pytest

from bot.sandbox.telegram import Person
from tests.stories.conftest import World
from tests.stories.fleet import ON_A_SERVER, Bot, Fleet, all_ask
from tests.stories.newer_version import COLUMN, REVISION, make_newer_version

pytestmark = ON_A_SERVER


@pytest.fixture
def newer(tmp_path: Path) -> Path:
    """The code of the next version."""
    return make_newer_version(tmp_path / "newer")


async def led_by(fleet: Fleet, bot: Bot) -> int:
    """Return how many renders a bot leads."""
    rows = await fleet.read("SELECT name FROM renders JOIN machines ON machines.id = renders.owner")
    return sum(row["name"].endswith(f":{bot.pid}") for row in rows)


async def knows_of(bot: Bot, machines: int) -> None:
    """Wait until a bot has heard how many work on the database, by which it knows its share."""
    async with asyncio.timeout(60):
        while f"count={machines} " not in bot.log[bot.log.rindex("machines work on this database") :].split("\n")[0]:
            await asyncio.sleep(0.1)


async def all_wait(world: World, people: list[Person]) -> None:
    """Let all have a render at the service, which holds it."""
    world.emo.hold()
    all_ask(people)
    for person in people:
        await person.sees("Waiting for the service")


async def all_have_a_video(fleet: Fleet, world: World, people: list[Person]) -> None:
    """Let the service go on, and see that each gets one video."""
    world.emo.release()
    for person in people:
        await person.sees_video(timeout=90)
    await fleet.settled()


async def takes_up(fleet: Fleet, bot: Bot, number: int) -> None:
    async with asyncio.timeout(60):
        while await led_by(fleet, bot) < number:
            await asyncio.sleep(0.2)


async def times_led_by_newer(fleet: Fleet, people: list[Person]) -> list[int]:
    rows = await fleet.read(f"SELECT chat_id, coalesce({COLUMN}, 0) AS number FROM renders")
    times = {row["chat_id"]: row["number"] for row in rows}
    return [times[person.user.id] for person in people]


async def test_a_rolling_upgrade_and_the_way_back_lose_nothing_and_pay_nothing_twice(
    fleet: Fleet, world: World, newer: Path
) -> None:
    first, second = [await fleet.add() for _ in range(2)]
    old = [world.person(f"Old {number}") for number in range(3)]
    await all_wait(world, old)
    third = await fleet.add_of(newer)
    assert await fleet.read("SELECT version_num FROM alembic_version") == [{"version_num": REVISION}]
    assert await fleet.read("SELECT oldest FROM compatibility") != [{"oldest": REVISION}], "it has only added"

    assert await first.stop() == 0
    await takes_up(fleet, second, 3)
    await first.start()  # the older version again, on the newer one's tables
    assert "a newer version has added to the tables" in first.log
    await all_have_a_video(fleet, world, old)
    assert await times_led_by_newer(fleet, old) == [0, 0, 0], "what the older ones began is theirs while they live"

    for bot in (first, second, third):
        await knows_of(bot, 3)
    between = [world.person(f"Between {number}") for number in range(3)]
    await all_wait(world, between)
    assert [await led_by(fleet, bot) for bot in (first, second, third)] == [1, 1, 1]
    await first.stop(signal.SIGKILL)
    assert await second.stop() == 0
    await takes_up(fleet, third, 3)
    await all_have_a_video(fleet, world, between)
    assert await times_led_by_newer(fleet, between) == [1, 1, 1], "once each: begun by it, or taken up"

    back = [world.person(f"Back {number}") for number in range(3)]
    await all_wait(world, back)
    await first.start()
    assert await third.stop() == 0
    await takes_up(fleet, first, 3)
    await all_have_a_video(fleet, world, back)

    everybody = [*old, *between, *back]
    assert [world.videos(person) for person in everybody] == [1] * 9
    assert (len(world.emo.tasks), world.videos_paid()) == (9, 9)
    assert await fleet.ledger_is_the_bill()
