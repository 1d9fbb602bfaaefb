"""Several bots whose clocks are forty hours apart: the database's is everybody's, and nobody notices."""

import signal
import time
from collections.abc import AsyncIterator
from datetime import UTC, datetime

import pytest

from tests.stories.conftest import World
from tests.stories.fleet import AT_WORK, ON_A_SERVER, Bot, Fleet, all_ask, fleet_in

pytestmark = ON_A_SERVER

TIMES = (
    *("inbox.received_at", "inbox.done_at", "ledger.at", "renders.created_at", "renders.ended_at", "renders.agreed_at"),
    *("links.created_at", "links.fetched_at", "links.revoked_at", "objects.used_at", "machines.seen_at"),
    *("tasks.intent_at", "tasks.submitted_at", "tasks.started_at", "tasks.ended_at", "verdicts.decided_at"),
)
"""Columns that one machine writes and another one reads."""


@pytest.fixture
async def fleet(world: World) -> AsyncIterator[Fleet]:
    """Two processes, one twenty hours ahead and one as many behind, which get updates and links at random."""
    async with fleet_in(world) as fleet:
        for hours in (20, -20):
            await add(fleet, hours)
        yield fleet


async def add(fleet: Fleet, hours: int) -> Bot:
    file = fleet.folder / f"clock-{hours}"
    file.write_text(str(hours))
    told = {"TELEGRAM_UPDATES": "webhook", "LINK_TTL": "1h", "TIMEZONE": "UTC"}
    return await fleet.add("tests.faults.moved_clock", str(file), **told)


async def test_bots_whose_clocks_are_far_apart_agree_on_links_deadlines_and_days(fleet: Fleet, world: World) -> None:
    began = time.time()
    people = [world.person(f"Person {number}") for number in range(6)]
    world.emo.hold()
    all_ask(people)
    await people[0].sees("Waiting for the service|next|in the queue|place")
    first = await fleet.led(AT_WORK)
    hours = 20 if first is fleet.bots[0] else -20
    await first.stop(signal.SIGKILL)
    await add(fleet, hours)
    world.emo.release()
    for person in people:
        await person.sees_video(timeout=120)
    await fleet.settled()
    assert [world.videos(person) for person in people] == [1] * 6
    assert world.videos_paid() == 6
    assert await fleet.ledger_is_the_bill()
    for column in TIMES:
        table, _, name = column.partition(".")
        found = await fleet.read(f"SELECT min({name}) AS least, max({name}) AS most FROM {table}")
        low, high = found[0]["least"], found[0]["most"]
        assert low is None or began - 60 < low <= high < time.time() + 60, column
    days = {row["day"] for row in await fleet.read("SELECT day FROM ledger")}
    assert days <= {datetime.fromtimestamp(at, UTC).date().isoformat() for at in (began, time.time())}
