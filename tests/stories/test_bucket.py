"""The bot keeps its files in a bucket: people see no difference, and none of its bad days costs them anything."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.sandbox.telegram import Person
from storage.bucket import BucketAddress
from tests.seaweed import Road, address, needs_s3, road, s3_server
from tests.stories.conftest import PORTRAIT, World, brief_voice

__all__ = ["address", "road", "s3_server"]

pytestmark = needs_s3


@pytest.fixture
async def bot(
    world: World, address: BucketAddress, road: Road, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> AsyncIterator[None]:
    """A new bot that often tidies, and a way to its bucket."""
    monkeypatch.setattr("bot.housekeeping.COPIES_SECONDS", 0.2)
    world.data_dir = tmp_path / "new"
    async with bot_with(world, address, road):
        yield
    assert world.objects() == []


@asynccontextmanager
async def bot_with(world: World, address: BucketAddress, road: Road) -> AsyncIterator[None]:
    place: dict[str, Any] = {
        "objects_url": str(address),
        "aws_endpoint_url": road.url,
        "aws_access_key_id": address.key_id,
        "aws_secret_access_key": SecretStr(address.secret or ""),
        "aws_allow_http": True,
    }
    async with world.bot(**place):
        yield


def copies(world: World) -> list[str]:
    return [path.name for path in (world.data_dir / "copies").glob("of-1/[0-9a-f][0-9a-f]/*")]


async def test_a_bucket_that_goes_away_while_a_video_is_made_delays_it_and_nothing_is_paid_twice(
    bot: None, world: World, alice: Person, road: Road
) -> None:
    fetches = 0

    def cut(_: web.Request) -> None:
        nonlocal fetches
        fetches += 1
        if fetches == 1:
            road.way = "404"

    world.emo.faults.watch("video", "after", cut)
    alice.sends_photo(PORTRAIT)
    await alice.sees("Good photo")
    alice.sends_voice(brief_voice())
    await alice.sees("I can't reach my files just now. Nothing was lost; I go on by myself")
    alice.sends_voice(brief_voice(2.5))
    await alice.sees("I can't reach my files just now. Nothing was lost; please send that again in a few minutes")
    road.way = "slow"
    await alice.sees_video()
    road.way = "open"
    assert (world.detects_paid(), world.videos_paid(), world.videos(alice)) == (1, 1, 1)
    assert len(copies(world)) == 3


async def test_who_is_forgotten_while_the_bucket_is_away_hears_so_and_is_gone_from_it_later(
    bot: None, world: World, alice: Person, road: Road
) -> None:
    alice.sends_photo(PORTRAIT)
    await alice.sees("Good photo")
    road.way = "cut"
    alice.sends("/forget")
    question = await alice.sees("Nothing can bring it back")
    press = await alice.presses(question, "Forget me")
    assert press.text is not None
    assert press.text.startswith("Done: 1 file")
    assert "The storage of my files doesn't answer just now" in press.text
    assert copies(world) == []
    asked = len(road.asked)
    road.way = "open"
    async with asyncio.timeout(60):
        while not any(line.startswith("DELETE") for line in road.asked[asked:]):
            await asyncio.sleep(0.05)


async def test_the_faces_of_the_last_videos_are_drawn_from_the_bucket(
    bot: None, world: World, alice: Person, road: Road
) -> None:
    alice.sends_photo(PORTRAIT)
    await alice.sees("Good photo")
    alice.sends_voice(brief_voice())
    await alice.sees_video()
    for path in (world.data_dir / "copies").glob("of-1/[0-9a-f][0-9a-f]/*"):
        path.unlink()
    alice.sends("/history")
    shown = await alice.sees("Your last videos here")
    assert shown.media == "photo", "another machine has made it: no copy was here"
    asked = [line for line in road.asked if line.startswith("GET")]
    for path in (world.data_dir / "copies").glob("of-1/[0-9a-f][0-9a-f]/*"):
        path.unlink()
    road.way = "cut"
    alice.sends("/history")
    shown = await alice.sees("Your last videos here")
    assert (shown.media, shown.buttons) == (None, ["1"]), "without the bucket the words are there, and the button"
    road.way = "open"
    await alice.presses(shown, "1")
    await alice.sees_video()
    assert asked
    assert world.videos_paid() == 1
