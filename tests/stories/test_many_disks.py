"""Several bots on machines of their own: nothing in common but a PostgreSQL, a bucket, and their settings."""

import asyncio
import signal
from collections.abc import AsyncIterator

import pytest

from storage.bucket import BucketAddress
from tests.seaweed import KEY, SECRET, address, needs_s3, s3_server
from tests.stories.conftest import PORTRAIT, World, brief_voice
from tests.stories.fleet import NO_SERVER, SERVER, Fleet, fleet_in

__all__ = ["address", "s3_server"]

pytestmark = [
    needs_s3,
    pytest.mark.skipif(not SERVER, reason=NO_SERVER),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]


LED = "SELECT owner FROM renders WHERE owner IS NOT NULL ORDER BY created_at LIMIT 1"


@pytest.fixture
async def fleet(world: World, address: BucketAddress) -> AsyncIterator[Fleet]:
    """Three processes, each with a disk of its own, behind a balancer that gives them updates and links at random."""
    common = {
        "TELEGRAM_UPDATES": "webhook",
        "LINK_SECRETS": f"common:{'s' * 40}",
        "OBJECTS_URL": str(address),
        "AWS_ENDPOINT_URL": str(address.endpoint),
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
    for number, person in enumerate(people):
        person.sends_photo(PORTRAIT)
        person.sends_voice(brief_voice(1.0 + number / 4))
    for person in people:
        await person.sees("Waiting for the service|next|in the queue|place")
    async with asyncio.timeout(60):
        while (first := await fleet.leader_of(LED)) is None:
            await asyncio.sleep(0.1)
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
