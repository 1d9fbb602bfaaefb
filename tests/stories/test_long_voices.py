"""Voices that are longer than S2V takes: three tasks, one video, the mouth with its words to the end."""

import asyncio
from collections import Counter
from collections.abc import Callable
from functools import cache
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import av
import pytest

from bot.engines.choose import ENGINES
from bot.media.recognition import same_sound
from bot.sandbox.emo.models import S2V
from bot.sandbox.telegram import Person
from bot.sandbox.telegram.message import Message
from storage.renders import Stage
from tests.media.samples import recorded, speech
from tests.stories.conftest import PORTRAIT, BotProcess, World
from tests.stories.fake_engine import fake

WITHOUT_A_QUESTION: dict[str, Any] = {"engine": "s2v", "ask_above": 1000}
SECONDS = 47.0
BRIEFLY: dict[str, Any] = {"engine": "fake", "ask_above": 1000}
BRIEF_SECONDS = 12.0
"""Four parts of an engine that takes five seconds: where the length is not the point."""


@pytest.fixture
def engine_of_five_seconds(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(ENGINES, "fake", fake)


@cache
def long_voice(seconds: float = SECONDS) -> bytes:
    with TemporaryDirectory() as folder:
        return recorded(speech(seconds), Path(folder) / "voice.ogg").read_bytes()


async def orders(person: Person, voice: bytes) -> None:
    person.sends_photo(PORTRAIT)
    await person.sees("Good photo|I have your photo")
    person.sends_voice(voice)


def paid(world: World) -> Counter[str]:
    return Counter(entry.model for entry in world.emo.bill)


def length(video: Message) -> float:
    with av.open(str(video.files[-1].path)) as container:
        assert container.duration is not None
        return container.duration / av.time_base


async def test_forty_seven_seconds_become_three_tasks_and_one_video(world: World, alice: Person) -> None:
    async with world.bot(**WITHOUT_A_QUESTION):
        world.emo.hold()
        await orders(alice, long_voice())
        await alice.sees("This is part 1 of 3; you get them as one video")
        world.emo.release()
        video = await alice.sees_video(timeout=120)
    assert length(video) == pytest.approx(SECONDS, abs=0.1)
    assert paid(world)[S2V.name] == 3
    rows = await world.all_tasks()
    assert [(row.part, row.attempt) for row in rows] == [(1, 1), (2, 1), (3, 1)]
    assert sum(row.video_seconds or 0 for row in rows) == pytest.approx(SECONDS, abs=0.5)
    voice = next(path for path in world.objects() if path.stat().st_size > SECONDS * 90_000)
    assert same_sound(Path(str(video.files[-1].path)), voice)


async def test_killed_after_each_part_no_part_is_paid_twice(world: World, process: BotProcess, alice: Person) -> None:
    environment = {"ENGINE": "s2v", "ASK_ABOVE": "1000"}
    left = {1, 2, 3}

    def strike(_: object) -> None:
        made = sum(task.state == "SUCCEEDED" for task in world.emo.tasks.values())
        if made in left:
            left.discard(made)
            process.kill()

    async def keep_alive() -> None:
        while True:
            await process.start(**environment)
            await process.stopped(seconds=600)

    world.emo.faults.watch("poll", "after", strike)
    alice.sends_photo(PORTRAIT)
    alice.sends_voice(long_voice())
    keeper = asyncio.create_task(keep_alive())
    try:
        video = await alice.sees_video(timeout=180)
        await delivered(world)
    finally:
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
    assert left == set()
    assert length(video) == pytest.approx(SECONDS, abs=0.1)
    assert paid(world)[S2V.name] == 3, process.log
    assert world.videos(alice) == 1


async def delivered(world: World) -> None:
    await world.render_that(lambda render: render.stage is Stage.DELIVERED)


async def test_a_part_that_fails_is_tried_again_alone(
    engine_of_five_seconds: None, world: World, alice: Person
) -> None:
    async with world.bot(**BRIEFLY):
        watch_parts(world, lambda made: world.emo.fail_next("InternalError.Algo", "no", 1) if made == 1 else None)
        await orders(alice, long_voice(BRIEF_SECONDS))
        await alice.sees_video(timeout=120)
    assert [(row.part, row.attempt) for row in await world.all_tasks()] == [(1, 1), (2, 1), (2, 2), (3, 1), (4, 1)]
    assert paid(world)[S2V.name] == 4


def watch_parts(world: World, do: Callable[[int], None]) -> None:
    """Do something before each submit; it is told how many parts are made."""
    seen: set[int] = set()

    def before(_: object) -> None:
        made = sum(task.state == "SUCCEEDED" for task in world.emo.tasks.values())
        if made not in seen:
            seen.add(made)
            do(made)

    world.emo.faults.watch("submit", "before", before)


async def test_cancelled_while_a_part_is_made_the_others_are_not_ordered(
    engine_of_five_seconds: None, world: World, alice: Person
) -> None:
    async with world.bot(**BRIEFLY):
        world.emo.hold()
        await orders(alice, long_voice(BRIEF_SECONDS))
        card = await alice.sees("part 1 of 4")
        await world.task_that(lambda task: task.task_id is not None)
        await alice.presses(card, "Cancel")
        await world.render_that(lambda render: render.ended)
        await world.task_states("CANCELED")
    assert len(world.emo.tasks) == 1


async def test_a_voice_beyond_the_longest_is_offered_cut(world: World, alice: Person) -> None:
    async with world.bot(**WITHOUT_A_QUESTION, longest_voice=25):
        await orders(alice, long_voice())
        offer = await alice.sees("takes less than 0:25")
        await alice.presses(offer, offer.buttons[0])
        video = await alice.sees_video(timeout=120)
    assert 15 < length(video) < 25
    assert paid(world)[S2V.name] == 2


async def test_forgotten_between_parts_nothing_of_them_stays(
    engine_of_five_seconds: None, world: World, alice: Person
) -> None:
    async with world.bot(**BRIEFLY):
        world.emo.hold()
        await orders(alice, long_voice(BRIEF_SECONDS))
        await alice.sees("part 1 of 4")
        await world.task_that(lambda task: task.task_id is not None)
        assert len(world.objects()) == 6, "a photo, a voice, and its four parts"
        alice.sends("/forget")
        await alice.presses(await alice.sees("Nothing can bring it back"), "Forget me")
        await world.no_objects()
        await world.task_states("CANCELED")
        world.emo.release()


async def test_what_was_made_of_a_render_that_ended_is_not_paid_again(
    engine_of_five_seconds: None, world: World, alice: Person
) -> None:
    """The second part fails for good; *Try again* takes up the first one."""
    async with world.bot(**BRIEFLY):
        watch_parts(world, lambda made: world.emo.fail_next("SomethingNew", "who knows", 1) if made == 1 else None)
        await orders(alice, long_voice(BRIEF_SECONDS))
        card = await alice.sees(lambda message: "Try again" in message.buttons, timeout=120)
        await alice.presses(card, "Try again")
        video = await alice.sees_video(timeout=120)
    assert length(video) == pytest.approx(BRIEF_SECONDS, abs=0.1)
    assert paid(world)[S2V.name] == 4
