"""A new engine is a small file and a name: nothing else has to know of it."""

import pytest

from bot.engines.choose import ENGINES
from bot.sandbox.telegram import Person
from tests.media.samples import recorded, speech
from tests.stories.conftest import PORTRAIT, World
from tests.stories.fake_engine import fake


async def test_an_engine_that_nobody_has_makes_a_video(
    world: World, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENGINES, "fake", fake)
    async with world.bot(engine="fake"):
        alice.sends_photo(PORTRAIT)
        await alice.sees("Good photo")
        alice.sends_voice(recorded(speech(6.5), world.data_dir.parent / "long.ogg").read_bytes())
        await alice.sees_video()
    tasks = await world.all_tasks()
    assert [(task.engine, task.part, task.second_price) for task in tasks] == [("fake", 1, "0.5"), ("fake", 2, "0.5")]
