"""`kill -9` at every step, before and after each call that it makes: one task, one video, nothing lost.

A call that is killed "before" reached the other side, which did nothing; "after": the other side did it, and its
answer found nobody.
"""

import asyncio
import sqlite3
from collections.abc import Callable
from contextlib import closing

import pytest
from aiohttp import web

from bot.sandbox.faults import Fault, Faults, Moment
from bot.sandbox.telegram import Person
from storage.renders import Stage
from tests.stories.conftest import BY_EACH_ENGINE, PORTRAIT, VOICE, BotProcess, World

TELEGRAM_CALLS = ("getFile", "sendVideo", "deleteMessage")
EMO_CALLS = ("detect", "submit", "poll", "video")


class Killer:
    """Kills the bot at the first call of each name, and starts it again each time."""

    def __init__(self, world: World, process: BotProcess, when: Moment) -> None:
        self._process = process
        self._when = when
        self.left = {*TELEGRAM_CALLS, *EMO_CALLS}
        for faults, calls in ((world.telegram.faults, TELEGRAM_CALLS), (world.emo.faults, EMO_CALLS)):
            for call in calls:
                faults.watch(call, when, self._strike(faults, call))

    def _strike(self, faults: Faults, call: str) -> Callable[[web.Request], None]:
        def strike(_: web.Request) -> None:
            if call in self.left:
                self.left.discard(call)
                if self._when == "before":
                    faults.add(Fault(call, drop="before"))
                self._process.kill()

        return strike

    async def keep_alive(self) -> None:
        """Start the bot whenever it is dead, until cancelled."""
        while True:
            await self._process.start()
            await self._process.stopped(seconds=600)


@BY_EACH_ENGINE
@pytest.mark.parametrize("when", ["before", "after"])
async def test_killed_at_every_step_the_video_comes_once(
    world: World, process: BotProcess, alice: Person, when: Moment
) -> None:
    killer = Killer(world, process, when)
    alice.sends_photo(PORTRAIT)
    voice = alice.sends_voice(VOICE)
    keeper = asyncio.create_task(killer.keep_alive())
    world.emo.hold()  # the real service fetches the files some time after the submit; here, when the bot is back
    down = {"submit", "poll"} if when == "before" else {"submit"}
    world.telegram.faults.watch("getMe", "after", lambda _: None if down & killer.left else world.emo.release())
    try:
        video = await alice.sees_video(timeout=110)
        await until(lambda: not killer.left)
        await until_async(world, "the render is delivered and its card gone")
    finally:
        keeper.cancel()
        await asyncio.gather(keeper, return_exceptions=True)
    assert video.reply_to is not None
    assert video.reply_to.id == voice.id
    assert len(world.emo.tasks) == 1, process.log
    # Killed between Telegram's taking the video and the note of it, the bot cannot know, and sends it once more.
    assert world.videos(alice) == (1 if when == "before" else 2)
    assert world.videos_paid() == 1
    with closing(sqlite3.connect(world.data_dir / "emobot.db")) as database:
        alive = database.execute("SELECT count(*) FROM links WHERE revoked_at IS NULL").fetchone()
    assert alive == (0,), "links that nobody may fetch any more"


async def until(true: Callable[[], bool], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.05)


async def until_async(world: World, what: str, seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while True:
            renders = await world.renders()
            cards = {render.card_message_id for render in renders}
            alice = world.person("Alice")
            if [render.stage for render in renders] == [Stage.DELIVERED] and not cards & set(alice.chat.messages):
                return
            await asyncio.sleep(0.2)


async def test_a_bot_that_was_down_when_the_service_fetched_hands_the_task_over_again_unpaid(
    world: World, process: BotProcess, alice: Person
) -> None:
    world.emo.faults.watch("submit", "after", lambda _: process.kill() if len(world.emo.tasks) == 1 else None)
    world.emo.hold()  # the service fetches when the bot is gone
    alice.sends_photo(PORTRAIT)
    alice.sends_voice(VOICE)
    await process.start()
    await process.stopped()
    world.emo.release()
    await until(lambda: [task.state for task in world.emo.tasks.values()] == ["FAILED"])
    await process.start()
    await alice.sees_video()
    assert world.videos_paid() == 1
    assert await process.stop() == 0


async def test_a_photo_that_began_a_video_is_not_taken_for_a_new_one_after_a_kill(
    world: World, process: BotProcess, alice: Person
) -> None:
    cards = 0

    def strike(_: web.Request) -> None:
        nonlocal cards
        cards += len(alice.chat.messages) > 3  # the voice, the photo, the answer to the voice, and then the card
        if cards == 1:
            process.kill()

    world.telegram.faults.watch("sendMessage", "after", strike)
    process.is_back_when_the_service_fetches()
    alice.sends_voice(VOICE)
    await process.start()
    await alice.sees("Got your voice")
    alice.sends_photo(PORTRAIT)
    await process.stopped()
    await process.start()
    await alice.sees_video()
    assert not any(message.text.startswith("Good photo") for message in world.telegram.chat_history(alice))
    assert len(world.emo.tasks) == 1
    assert await process.stop() == 0
