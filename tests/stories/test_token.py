"""The operator revokes the token, or renames the bot: it ends with a clear line, and nothing is lost or paid twice."""

import asyncio
from dataclasses import replace

import pytest
from telegram.error import InvalidToken

from bot.sandbox.faults import Fault
from bot.sandbox.telegram import Person
from bot.sandbox.telegram.server import TOKEN
from storage.renders import Stage
from tests.stories.conftest import BRISK, World
from tests.stories.test_bad_telegram import orders_a_video, works

NEW_TOKEN = TOKEN.partition(":")[0] + ":BBanother0tokenAfterTheFirstWasRevoked"


OFTEN = replace(BRISK, ask_token=0.2)


@pytest.mark.parametrize("way", ["polling", "webhook"])
async def test_a_revoked_token_ends_the_bot_and_the_video_comes_with_the_new_one(
    way: str, world: World, alice: Person
) -> None:
    world.emo.hold()
    async with world.bot(OFTEN, telegram_updates=way) as failed:
        await orders_a_video(alice)
        await world.render_that(lambda render: render.stage is Stage.WAITING and render.card_message_id is not None)
        world.telegram.token = NEW_TOKEN
        world.emo.release()
        with pytest.raises(InvalidToken):
            await asyncio.wait_for(failed, 60)
        assert not (await world.renders())[0].ended
    async with world.bot(OFTEN, telegram_updates=way):
        await alice.sees_video()
        await works(alice)
    assert len(world.emo.tasks) == 1
    assert world.videos(alice) == 1


async def test_what_says_401_but_is_not_telegram_ends_nothing(world: World, alice: Person) -> None:
    for call in ("getMe", "getUpdates"):
        world.telegram.faults.add(Fault(call, status=401, body="<html>log in first</html>", times=3))
    async with world.bot(OFTEN) as failed:
        await works(alice)
        assert not failed.done()


async def test_a_bot_that_is_renamed_hears_its_new_name(world: World) -> None:
    alice = world.person("Alice")
    async with world.bot(OFTEN):
        group = world.telegram.group("Friends", [alice])
        renamed = asyncio.Event()
        world.telegram.renames("quite_another_bot")
        world.telegram.faults.watch("getMe", "after", lambda _: renamed.set())
        await asyncio.wait_for(renamed.wait(), 60)
        alice.sends("/help@quite_another_bot", chat=group)
        await alice.sees("that's all", chat=group)
