"""Whatever update the Bot API may send, the bot reads it or skips it, marks it, and lives."""

import random

import pytest

from tests.stories.conftest import World
from tests.updates.draw import Draw, Way, places, types
from tests.updates.run import send_all


@pytest.mark.parametrize("way", ["polling", "webhook"])
async def test_every_kind_of_update_is_read_written_down_and_marked(way: str, world: World) -> None:
    assert await send_all(world, way, 150, handled=False) == 150


async def test_every_kind_of_update_goes_through_the_handlers(world: World) -> None:
    assert await send_all(world, "polling", 100, handled=True) == 100


def test_each_field_and_each_member_of_a_union_has_its_place() -> None:
    last = {way[-1] for way in places()}
    for entry in types().values():
        assert last >= set(entry.get("one_of", ())) | set(entry.get("optional", ()))


@pytest.mark.parametrize("way", [("message", "pinned_message", "InaccessibleMessage"), ("message", "gift", "gift")])
def test_an_update_has_what_it_is_drawn_for_and_dates_may_be_0(way: Way) -> None:
    assert way in places()
    place = Draw(random.Random(1), dates=(0,)).update(1, way)
    for step in way[:2]:
        assert step in place
        assert place.get("date", 0) == 0
        place = place[step]
    assert place
