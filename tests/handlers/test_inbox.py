"""Updates that an earlier process left: each is handled in the end, or given up with a word, and none stops the bot."""

from typing import Any

from bot.app import bot_running
from bot.sandbox.telegram import Person
from handlers.inbox import MOST_TRIES
from storage.database import migrate, open_engine
from storage.inbox import unhandled_updates, write_updates
from tests.stories.conftest import World


async def leave(world: World, bodies: list[dict[str, Any]], lives: int) -> None:
    """Write updates down as processes do that die before they handled them."""
    world.data_dir.mkdir()
    engine = open_engine(world.settings().database_url)
    await migrate(engine)
    await write_updates(engine, bodies)
    for _ in range(lives - 1):
        await unhandled_updates(engine)
    await engine.dispose()


async def unhandled(world: World) -> int:
    engine = open_engine(world.settings().database_url)
    try:
        return len(await unhandled_updates(engine))
    finally:
        await engine.dispose()


async def test_left_updates_are_handled_in_their_order(world: World, alice: Person) -> None:
    alice.sends("/help")
    alice.sends("/status")
    await leave(world, list(reversed(world.telegram.updates())), lives=MOST_TRIES - 1)
    async with bot_running(world.settings()):
        await alice.sees("that's all")
        await alice.sees("Nothing is in the works")
    assert await unhandled(world) == 0


async def test_an_update_that_nobody_could_finish_is_given_up_with_a_word(world: World, alice: Person) -> None:
    alice.sends("/help")
    await leave(world, world.telegram.updates(), lives=MOST_TRIES)
    async with bot_running(world.settings()):
        await alice.sees("Something went wrong")
        alice.sends("/status")
        await alice.sees("Nothing is in the works")
    assert await unhandled(world) == 0


async def test_an_update_that_cannot_be_read_does_not_keep_the_bot_from_starting(world: World, alice: Person) -> None:
    await leave(world, [{"update_id": 1, "message": {"message_id": "?"}}], lives=1)
    async with bot_running(world.settings()):
        alice.sends("/help")
        await alice.sees("that's all")
    assert await unhandled(world) == 0
