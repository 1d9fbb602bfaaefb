"""A model that is gone: the operator is told what to write, nobody waits for what will not come, nothing is lost."""

import asyncio
import re
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.sandbox.emo.models import EMO
from bot.sandbox.telegram import Person
from storage.renders import Stage
from tests.stories.conftest import PORTRAIT, BotProcess, World, brief_voice

GONE = ["retired", "not_exist", "not_exist_400", "not_found", "unknown", "no_channel"]
WORD = "there are no videos until this is mended"
GONE_FOR_NOW = "service that makes the videos is gone"


def told(log: list[Any]) -> list[str]:
    """What the operator was told to mend."""
    return [line["why"] for line in log if line["event"] == WORD]


async def until_told(log: list[Any]) -> None:
    """Wait until the operator is told."""
    async with asyncio.timeout(60):
        while not told(log):
            await asyncio.sleep(0.05)


@pytest.mark.parametrize("life", GONE)
async def test_nobody_waits_and_the_draft_comes_back(life: Any, world: World, alice: Person) -> None:
    world.emo.models.retire(EMO, life)
    with capture_logs() as log:
        async with world.bot(operator_contact="@operator"):
            await until_told(log)
            alice.sends_photo(PORTRAIT)
            await alice.sees(f"I have your photo.*{GONE_FOR_NOW}.*@operator")
            alice.sends_voice(brief_voice())
            await alice.sees(f"{GONE_FOR_NOW}.*I keep your photo and voice message.*@operator")
            render = await world.render_that(lambda render: render.ended)
            draft = await world.draft(alice)
    assert (render.stage, render.reason) == (Stage.FAILED, "no_model")
    assert (draft.portrait_sha, draft.voice_sha) == (render.portrait_sha, render.voice_sha)
    (line,) = told(log)
    for word in ("ENGINE=s2v", "DASHSCOPE_BASE_URL=", "VIDEO_MODEL="):
        assert word in line
    assert world.emo.bill == []


async def test_when_it_is_mended_the_same_draft_becomes_a_video(world: World, alice: Person) -> None:
    world.emo.models.retire(EMO)
    async with world.bot():
        alice.sends_photo(PORTRAIT)
        await alice.sees(GONE_FOR_NOW)
        voice = alice.sends_voice(brief_voice())
        card = await alice.sees("I keep your photo and voice message")
    async with world.bot(engine="s2v"):
        await alice.presses(card, "Try again")
        video = await alice.sees_video()
        draft = await world.draft(alice)
    assert video.reply_to is not None
    assert video.reply_to.id == voice.id
    assert draft.voice_sha is None, "the next photo is for another voice"
    assert [entry.model for entry in world.emo.bill if entry.task_id] == ["wan2.2-s2v"]
    assert (await world.renders())[-1].engine == "s2v"


async def test_a_photo_that_is_sent_after_it_was_mended_is_spoken_by_the_voice_that_stayed(
    world: World, alice: Person
) -> None:
    world.emo.models.retire(EMO)
    async with world.bot():
        alice.sends_photo(PORTRAIT)
        await alice.sees(GONE_FOR_NOW)
        voice = alice.sends_voice(brief_voice())
        await alice.sees("I keep your photo and voice message")
    world.emo.models.retire(EMO, "alive")
    async with world.bot():
        alice.sends_photo(PORTRAIT)
        video = await alice.sees_video()
    assert video.reply_to is not None
    assert video.reply_to.id == voice.id


async def test_a_model_that_is_retired_while_its_task_runs_still_brings_the_video(
    bot: None, world: World, alice: Person
) -> None:
    world.emo.hold()
    alice.sends_photo(PORTRAIT)
    alice.sends_voice(brief_voice())
    await world.render_that(lambda render: render.stage is Stage.WAITING)
    world.emo.models.retire(EMO)
    world.emo.release()
    await alice.sees_video()


async def test_many_renders_are_one_line_to_the_operator(world: World) -> None:
    async with world.bot():
        people = [world.person(name) for name in ("Alice", "Bob", "Carol")]
        for person in people:
            person.sends_photo(PORTRAIT)
            await person.sees("Good photo")
        world.emo.models.retire(EMO)
        with capture_logs() as log:
            for person in people:
                person.sends_voice(brief_voice())
            for person in people:
                await person.sees(GONE_FOR_NOW)
    assert len(told(log)) == 1
    assert [line["event"] for line in log if line["log_level"] == "error"] == [WORD]


async def test_who_waits_for_the_operator_keeps_nobody_from_a_slot(world: World) -> None:
    async with world.bot(max_in_flight=1):
        alice, bob = world.person("Alice"), world.person("Bob")
        for person in (alice, bob):
            person.sends_photo(PORTRAIT)
            await person.sees("Good photo")
        world.emo.accounts[0].standing = "arrears"
        for person in (alice, bob):
            person.sends_voice(brief_voice())
        for person in (alice, bob):
            await person.sees("Not now.*Nothing was lost")
        world.emo.hold()
        world.emo.accounts[0].standing = "good"
        await world.task_states("PENDING")
        assert len(world.emo.tasks) == 1, "there is one slot, also for those who come back"
        world.emo.release()
        for person in (alice, bob):
            await person.sees_video()
    assert len(world.emo.tasks) == 2


async def test_those_who_waited_for_the_operator_come_back_in_turn_after_a_restart(world: World) -> None:
    alice, bob = world.person("Alice"), world.person("Bob")
    async with world.bot(max_in_flight=1):
        for person in (alice, bob):
            person.sends_photo(PORTRAIT)
            await person.sees("Good photo")
        world.emo.accounts[0].standing = "arrears"
        for person in (alice, bob):
            person.sends_voice(brief_voice())
        for person in (alice, bob):
            await person.sees("Not now.*Nothing was lost")
    world.emo.hold()
    world.emo.accounts[0].standing = "good"
    async with world.bot(max_in_flight=1):
        await world.task_states("PENDING")
        world.emo.release()
        for person in (alice, bob):
            await person.sees_video()
    assert len(world.emo.tasks) == 2


@pytest.mark.parametrize(
    ("life", "said"),
    [("retired", "retired"), ("unknown", "does not know"), ("unpurchased", "activate"), ("empty", "top it up")],
)
async def test_the_start_says_what_is_wrong_and_is_not_held_up(life: Any, said: str, world: World) -> None:
    world.emo.models.retire(EMO, life)
    with capture_logs() as log:
        async with world.bot():
            await until_told(log)
    (line,) = told(log)
    assert said in line


async def test_a_start_says_that_the_model_is_there(process: BotProcess, world: World) -> None:
    await process.start()
    async with asyncio.timeout(60):
        while "the service has the model" not in process.log:
            await asyncio.sleep(0.05)
    assert await process.stop() == 0
    assert re.search(r"model=\S*emo-detect-v1", process.log)
    assert world.emo.bill == []
    assert world.emo.tasks == {}
