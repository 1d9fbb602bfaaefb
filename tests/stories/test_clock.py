"""The machine's clock is set while a submit is lost: it is found, or made again, in seconds and not in hours."""

import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from email.utils import formatdate
from typing import Literal

import pytest
import time_machine
from aiohttp import web

from bot.sandbox.faults import Fault
from bot.sandbox.telegram import Person
from tests.stories.conftest import PORTRAIT, World, brief_voice


@pytest.fixture
def clock(world: World, monkeypatch: pytest.MonkeyPatch) -> Iterator[time_machine.Traveller]:
    """The bot's clock, to be moved; the service keeps the right time."""
    offset = time.time() - time.monotonic()
    world.emo.clock = lambda: datetime.fromtimestamp(offset + time.monotonic(), UTC)
    dated = "aiohttp.web_response.rfc822_formatted_time"
    monkeypatch.setattr(dated, lambda: formatdate(offset + time.monotonic(), usegmt=True))
    with time_machine.travel(datetime.now(UTC)) as clock:
        yield clock


@pytest.mark.parametrize("lost", ["before", "after"])
@pytest.mark.parametrize(
    ("was", "becomes"),
    [(0, -6), (0, 6), (6, 0), (-6, 0), (6, 6), (-6, -6)],
    ids=["set back", "set ahead", "was ahead and is mended", "was behind and is mended", "is ahead", "is behind"],
)
async def test_a_lost_submit_is_cleared_up_whatever_is_done_to_the_clock(
    bot: None,
    world: World,
    alice: Person,
    clock: time_machine.Traveller,
    was: int,
    becomes: int,
    lost: Literal["before", "after"],
) -> None:
    bob, submits = world.person("Bob"), 0

    def set_the_clock(_: web.Request) -> None:
        nonlocal submits
        submits += 1
        if submits == 1:
            clock.shift(timedelta(hours=becomes - was))

    clock.shift(timedelta(hours=was))
    world.emo.faults.watch("submit", "before", set_the_clock)
    world.emo.faults.add(Fault("submit", drop=lost))
    for person in (alice, bob):
        person.sends_photo(PORTRAIT)
        await person.sees("Good photo")
    alice.sends_voice(brief_voice())
    await world.task_that(lambda _: True)
    bob.sends_voice(brief_voice())
    await alice.sees_video(timeout=20)
    await bob.sees_video(timeout=20)
    assert len(world.emo.tasks) == 2
    assert submits == (2 if lost == "after" else 3)
