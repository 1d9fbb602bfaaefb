"""SIGTERM at any moment: the bot ends by itself within ten seconds, with status 0, and what it left goes on."""

import asyncio
import time

from bot.sandbox.faults import Fault
from bot.sandbox.telegram import Person
from tests.faults.keeper import hold
from tests.stories.conftest import PORTRAIT, BotProcess, World, brief_voice

LONG = 40.0


async def stops_in_time(process: BotProcess) -> None:
    began = time.monotonic()
    assert await process.stop() == 0, process.log
    assert time.monotonic() - began < 10, process.log


async def test_stopped_while_it_waits_for_telegram_to_come_up(world: World, process: BotProcess) -> None:
    knocked = asyncio.Event()
    world.telegram.faults.watch("getMe", "before", lambda _: knocked.set())
    world.telegram.faults.add(Fault("getMe", drop="before", times=-1))
    await process.start()
    await asyncio.wait_for(knocked.wait(), 60)
    await stops_in_time(process)


async def test_stopped_while_everything_hangs_at_once_nothing_is_lost(
    world: World, process: BotProcess, alice: Person
) -> None:
    bob, carol = world.person("Bob"), world.person("Carol")
    sent, hung = asyncio.Event(), asyncio.Event()
    world.telegram.faults.watch("sendVideo", "before", lambda _: sent.set())
    world.telegram.faults.add(Fault("sendVideo", delay=LONG, drop="before"))
    await process.start()
    alice.sends_photo(PORTRAIT)
    alice.sends_voice(brief_voice())
    await asyncio.wait_for(sent.wait(), 40)
    world.telegram.faults.planned.clear()
    world.telegram.faults.watch("getFile", "before", lambda _: hung.set())
    world.telegram.faults.add(Fault("getFile", delay=LONG, drop="before"))
    bob.sends_photo(PORTRAIT)
    await asyncio.wait_for(hung.wait(), 60)
    await stops_in_time(process)
    carol.sends("/help")
    await process.start()
    await alice.sees_video()
    await bob.sees("Good photo")
    await carol.sees("that's all")
    assert world.videos(alice) == 1
    assert len(world.emo.tasks) == 1
    await stops_in_time(process)


async def test_stopped_while_a_submit_hangs_it_is_found_again(world: World, process: BotProcess, alice: Person) -> None:
    submitted = asyncio.Event()
    world.emo.hold()
    world.emo.faults.watch("submit", "after", lambda _: submitted.set())
    world.emo.faults.watch("submit", "after", lambda _: asyncio.sleep(LONG) if len(world.emo.tasks) == 1 else None)
    await process.start()
    alice.sends_photo(PORTRAIT)
    alice.sends_voice(brief_voice())
    await asyncio.wait_for(submitted.wait(), 40)
    await stops_in_time(process)
    world.telegram.faults.watch("getUpdates", "before", lambda _: world.emo.release())
    await process.start()
    await alice.sees_video()
    assert len(world.emo.tasks) == world.videos(alice) == 1


async def test_stopped_while_another_program_holds_the_database(
    world: World, process: BotProcess, alice: Person
) -> None:
    asked = asyncio.Event()
    await process.start()
    alice.sends("/help")
    await alice.sees("that's all", timeout=40)
    world.telegram.faults.watch("getFile", "after", lambda _: asked.set())
    alice.sends_photo(PORTRAIT)
    await asyncio.wait_for(asked.wait(), 60)
    holding = asyncio.create_task(hold(world.data_dir, seconds=30))
    await alice.sees("Your files go to")
    await stops_in_time(process)
    holding.cancel()
    await asyncio.gather(holding, return_exceptions=True)
    await process.start()
    await alice.sees("Good photo", timeout=40)
    await stops_in_time(process)
