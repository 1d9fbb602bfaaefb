"""Links to files in a bucket: any machine serves them, from a copy of its own."""

from collections.abc import AsyncIterator
from dataclasses import replace
from pathlib import Path

import aiohttp
import pytest
from prometheus_client import CollectorRegistry

from bot.web.server import build_web, serve
from storage.bucket import BucketAddress
from storage.objects import Objects
from tests.seaweed import Road, Way, address, impatient, needs_s3, road, s3_server
from tests.web.conftest import CONTENT, SECRET, World

__all__ = ["address", "impatient", "road", "s3_server"]

pytestmark = [needs_s3, pytest.mark.usefixtures("impatient")]


@pytest.fixture
async def other(world: World, address: BucketAddress, road: Road, tmp_path: Path) -> AsyncIterator[World]:
    """A second machine with the same database and bucket; the first one keeps its files there, too."""
    world.objects = Objects(tmp_path / "copies", world.database, address, 100_000_000)
    far = replace(address, endpoint=road.url)
    other = replace(world, objects=Objects(tmp_path / "copies of the other", world.database, far, 100_000_000))
    web = build_web(
        other.links,
        other.objects,
        webhook=other.take,
        webhook_secret=SECRET,
        health=other.health,
        registry=CollectorRegistry(),
    )
    runner = await serve(web, "127.0.0.1", 0)
    other.port = runner.addresses[0][1]
    yield other
    await runner.cleanup()


async def test_a_machine_serves_what_another_keeps(
    world: World, other: World, road: Road, client: aiohttp.ClientSession
) -> None:
    link = await world.link()
    for headers, part in (({}, CONTENT), ({"Range": "bytes=10-19"}, CONTENT[10:20])):
        async with client.get(other.local(link), headers=headers) as answer:
            assert await answer.read() == part
            assert answer.headers["Content-Type"] == "image/jpeg"
    assert len(road.asked) == 1
    assert await world.links.fetched(link.key)


async def test_while_the_bucket_is_away_a_link_is_to_be_asked_again_and_counts_as_not_fetched(
    world: World, other: World, road: Road, client: aiohttp.ClientSession
) -> None:
    link = await world.link()
    ways: tuple[Way, ...] = ("cut", "404", "silent")
    for way in ways:
        road.way = way
        async with client.get(other.local(link)) as answer:
            assert (answer.status, answer.headers["Retry-After"]) == (503, "5")
    assert not await world.links.fetched(link.key)
    road.way = "open"
    async with client.get(other.local(link)) as answer:
        assert await answer.read() == CONTENT


async def test_a_link_to_what_was_deleted_finds_nothing(
    world: World, other: World, client: aiohttp.ClientSession
) -> None:
    kept = await world.keep()
    link = await world.links.issue(kept)
    await world.objects.remove(kept.sha)
    async with client.get(other.local(link)) as answer:
        assert answer.status == 404
