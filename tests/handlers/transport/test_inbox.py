"""Updates that an earlier process left: each is handled in the end, or given up with a word, and none stops the bot."""

import asyncio
from collections.abc import Callable
from dataclasses import replace
from typing import Any

import aiohttp
import pytest

from bot.app import webhook_secret
from bot.sandbox.faults import Fault
from bot.sandbox.telegram import Person
from bot.web.webhook import SECRET_HEADER
from handlers.transport.inbox import MOST_TRIES
from storage.database import open_database
from storage.inbox import Body, note_try, take_left, write_updates
from tests.stories.conftest import BRISK, PORTRAIT, World


async def leave_updates(world: World, bodies: list[dict[str, Any]], lives: int) -> None:
    """Write updates down as processes do that die while they handle them."""
    database = open_database(world.settings().database_url)
    await write_updates(database, bodies)
    for body in bodies * (lives - 1):
        await note_try(database, body["update_id"])
    await database.dispose()


async def left(world: World) -> list[tuple[Body, int]]:
    database = open_database(world.settings().database_url)
    try:
        return await take_left(database, "next")
    finally:
        await database.dispose()


async def test_left_updates_are_handled_in_their_order(world: World, alice: Person) -> None:
    alice.sends("/help")
    alice.sends("/status")
    await leave_updates(world, list(reversed(world.telegram.updates())), lives=MOST_TRIES - 1)
    async with world.bot():
        await alice.sees("that's all")
        await alice.sees("Nothing is in the works")
    assert await left(world) == []


async def test_an_update_that_nobody_could_finish_is_given_up_with_a_word(world: World, alice: Person) -> None:
    alice.sends("/help")
    await leave_updates(world, world.telegram.updates(), lives=MOST_TRIES)
    async with world.bot():
        await alice.sees("Something went wrong")
        alice.sends("/status")
        await alice.sees("Nothing is in the works")
    assert await left(world) == []


async def test_an_update_that_cannot_be_read_does_not_keep_the_bot_from_starting(world: World, alice: Person) -> None:
    await leave_updates(world, [{"update_id": 1, "message": {"message_id": "?"}}], lives=1)
    async with world.bot():
        alice.sends("/help")
        await alice.sees("that's all")
    assert await left(world) == []


async def test_lives_in_which_an_update_only_waited_for_its_turn_are_not_counted(world: World, alice: Person) -> None:
    """Alice's photo hangs; her word after it has not begun, whatever becomes of the bot meanwhile."""
    knocked = asyncio.Event()
    world.telegram.faults.watch("getFile", "before", lambda _: knocked.set())
    world.telegram.faults.add(Fault("getFile", delay=40.0, drop="before", times=MOST_TRIES - 2))
    alice.sends_photo(PORTRAIT)
    alice.sends("/help")
    for _ in range(MOST_TRIES - 2):
        async with world.bot(timing=replace(BRISK, stop=0.2)):
            await asyncio.wait_for(knocked.wait(), 60)
            knocked.clear()
    assert [tries for _, tries in await left(world)] == [MOST_TRIES - 2, 1]
    async with world.bot():
        await alice.sees("Good photo")
        await alice.sees("that's all")
    assert await left(world) == []


def inaccessible_pin(update_id: int) -> dict[str, Any]:
    """What Telegram sends where the message that was pinned is gone by now: a valid update."""
    chat = {"id": -100_5, "type": "supergroup", "title": "Friends"}
    pinned = {"chat": chat, "message_id": 7, "date": 0}
    return {"update_id": update_id, "message": {"message_id": 8, "date": 1, "chat": chat, "pinned_message": pinned}}


def unreadable_member(update_id: int) -> dict[str, Any]:
    """An older local Bot API server leaves a field out that the library wants."""
    person, chat = {"id": 5, "is_bot": False, "first_name": "Bob"}, {"id": 5, "type": "private", "first_name": "Bob"}
    restricted = {"user": person, "status": "restricted"}
    change = {"chat": chat, "from": person, "date": 1, "old_chat_member": restricted, "new_chat_member": restricted}
    return {"update_id": update_id, "my_chat_member": change}


@pytest.mark.parametrize("way", ["polling", "webhook"])
@pytest.mark.parametrize("strange", [inaccessible_pin, unreadable_member])
async def test_an_update_that_the_library_cannot_read_stops_nobody(
    strange: Callable[[int], dict[str, Any]], way: str, world: World, alice: Person
) -> None:
    async with world.bot(telegram_updates=way) as failed:
        alice.sends("/help")
        await alice.sees("that's all")
        world.telegram.redeliver(strange(600_000_000))
        alice.sends("/status")
        await alice.sees("Nothing is in the works")
        assert not failed.done()
    assert await left(world) == []
    async with world.bot(telegram_updates=way):
        alice.sends("/help")
        await alice.sees("that's all")


async def test_what_is_no_update_at_all_is_skipped_in_both_ways(world: World, alice: Person) -> None:
    async with world.bot(telegram_updates="webhook"):
        for body in (b"no json", b"[" * 100_000, b"{}", b'"words"'):
            assert await post(world, body) == 200
        alice.sends("/help")
        await alice.sees("that's all")
    world.telegram.faults.add(Fault("getUpdates", status=200, body={"ok": True, "result": [{"update": 1}]}))
    world.telegram.faults.add(Fault("getUpdates", status=200, body={"ok": True, "result": "nothing"}))
    async with world.bot():
        alice.sends("/status")
        await alice.sees("Nothing is in the works")


async def post(world: World, body: bytes) -> int:
    """What the webhook answers to a body that comes with Telegram's own secret."""
    secret = {SECRET_HEADER: webhook_secret(world.settings())}
    async with (
        aiohttp.ClientSession() as session,
        session.post(f"http://127.0.0.1:{world.port}/telegram", data=body, headers=secret) as response,
    ):
        return response.status
