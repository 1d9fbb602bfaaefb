"""A new engine is a small file and a name: nothing else has to know of it."""

import pytest

from bot.engines.choose import ENGINES
from bot.sandbox.telegram import Person
from tests.media.samples import recorded, speech
from tests.stories.conftest import PORTRAIT, World, brief_voice
from tests.stories.fake_engine import fake


async def test_an_engine_that_nobody_has_makes_a_video(
    world: World, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(ENGINES, "fake", fake)
    async with world.bot(engine="fake"):
        alice.sends_photo(PORTRAIT)
        await alice.sees("Good photo")
        alice.sends_voice(recorded(speech(6.5), world.data_dir.parent / "long.ogg").read_bytes())
        await alice.sees("takes less than 0:05")
        alice.sends_voice(brief_voice())
        await alice.sees_video()
    [task] = await world.all_tasks()
    assert (task.engine, task.second_price) == ("fake", "0.5")
