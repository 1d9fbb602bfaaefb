"""Several bots on machines of their own: nothing in common but a PostgreSQL, a bucket, and their settings."""

import asyncio
import signal
from collections.abc import AsyncIterator

import pytest

from storage.bucket import BucketAddress
from tests.seaweed import KEY, SECRET, Road, address, needs_s3, road, s3_server
from tests.stories.conftest import PORTRAIT, World, brief_voice
from tests.stories.fleet import AT_WORK, ON_A_SERVER, Fleet, all_ask, fleet_in

__all__ = ["address", "road", "s3_server"]

pytestmark = [
    needs_s3,
    *ON_A_SERVER,
]


@pytest.fixture
async def fleet(world: World, address: BucketAddress, road: Road) -> AsyncIterator[Fleet]:
    """Three processes, each with a disk of its own, behind a balancer that gives them updates and links at random."""
    common = {
        "TELEGRAM_UPDATES": "webhook",
        "LINK_SECRETS": f"common:{'s' * 40}",
        "OBJECTS_URL": str(address),
        "AWS_ENDPOINT_URL": road.url,
        "AWS_ACCESS_KEY_ID": KEY,
        "AWS_SECRET_ACCESS_KEY": SECRET,
        "AWS_ALLOW_HTTP": "true",
    }
    async with fleet_in(world) as fleet:
        for number in range(3):
            disk = fleet.folder / f"disk-{number}"
            disk.mkdir()
            (disk / "hash-key").write_text("a" * 64)
            await fleet.add(DATA_DIR=str(disk), **common)
        yield fleet


async def test_any_machine_makes_serves_and_delivers_what_any_other_was_sent(fleet: Fleet, world: World) -> None:
    people = [world.person(f"Person {number}") for number in range(4)]
    world.emo.hold()
    all_ask(people)
    for person in people:
        await person.sees("Waiting for the service|next|in the queue|place")
    first = await fleet.led(AT_WORK)
    await first.stop(signal.SIGKILL)
    world.emo.release()
    for person in people:
        await person.sees_video(timeout=120)
    await fleet.settled()
    assert [world.videos(person) for person in people] == [1] * 4
    assert world.videos_paid() == 4
    assert await fleet.ledger_is_the_bill()
    disks = [fleet.folder / f"disk-{number}" for number in range(3)]
    assert not [disk for disk in disks if (disk / "objects").exists()]
    assert sum(bool(list(disk.glob("copies/of-1/??/*"))) for disk in disks) > 1


async def test_a_bucket_that_has_bad_days_under_several_machines_delays_videos_and_costs_nothing(
    fleet: Fleet, world: World, road: Road
) -> None:
    people = [world.person(f"Person {number}") for number in range(4)]
    world.emo.hold()
    all_ask(people[:3])
    for person in people[:3]:
        await person.sees("Waiting for the service")
    people[3].sends_photo(PORTRAIT)
    people[3].sends_voice(brief_voice(2.0))
    await people[3].sees("next|in the queue|place")
    before = await fleet.names()
    road.way = "404"
    world.emo.release()
    for person in people[:3]:
        await person.sees("I can't reach my files just now. Nothing was lost; I go on by myself", timeout=90)
    road.way = "cut"
    await asyncio.sleep(3)
    road.way = "slow"
    for person in people:
        await person.sees_video(timeout=120)
    await fleet.settled()
    assert await fleet.names() == before
    assert [world.videos(person) for person in people] == [1] * 4
    assert world.videos_paid() == 4
    assert await fleet.ledger_is_the_bill()
