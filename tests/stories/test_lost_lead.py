"""A render that its workflow has lost, as with a database that went away, is led again without a restart."""

import pytest

from bot.render import workflow
from bot.sandbox.telegram import Person
from tests.stories.conftest import PORTRAIT, VOICE, World


async def test_a_render_that_nobody_leads_is_taken_up_again(
    world: World, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    launch = workflow.Workflows._launch
    lost: list[str] = []

    async def lose_the_first(self: workflow.Workflows, render_id: str) -> None:
        if lost:
            await launch(self, render_id)
        lost.append(render_id)

    monkeypatch.setattr(workflow.Workflows, "_launch", lose_the_first)
    monkeypatch.setattr(workflow, "LOOK_SECONDS", 0.2)
    async with world.bot():
        alice.sends_photo(PORTRAIT)
        alice.sends_voice(VOICE)
        await alice.sees_video()
    assert len(lost) == 2
    assert len(world.emo.tasks) == 1
