"""What Telegram shows of the bot is told in the background, and only when it is new."""

import asyncio
import json
import shutil

import pytest

from bot.sandbox.faults import Fault
from bot.sandbox.telegram import Person
from handlers.announcing import SCOPES
from handlers.texts.language import LANGUAGES, speaking
from handlers.texts.menus import GROUPS, PRIVATE
from storage.announcements import announced, note_announced
from storage.database import open_database
from tests.stories.conftest import World


@pytest.fixture(autouse=True)
def never_ran(world: World) -> None:
    """The bot has not run here, nor told anything."""
    shutil.rmtree(world.data_dir)


@pytest.fixture
def menus(world: World) -> list[None]:
    """One for each menu of commands that Telegram has taken."""
    taken: list[None] = []
    world.telegram.faults.watch("setMyCommands", "after", lambda _: taken.append(None))
    return taken


async def helps(alice: Person) -> None:
    alice.sends("/help")
    await alice.sees("that's all")


MENUS = len(SCOPES) * len(LANGUAGES)
"""One for each place and language."""


async def until_announced(world: World, menus: int = MENUS) -> None:
    database = open_database(world.settings().database_url)
    try:
        async with asyncio.timeout(60):
            while sum(each.startswith("commands:") for each in await announced(database)) != menus:
                await asyncio.sleep(0.05)
    finally:
        await database.dispose()


def shown(world: World, scope: str, language: str = "", **more: object) -> dict[str, str]:
    """What Telegram shows in a place."""
    menu = world.telegram.world.profile.commands.get(
        (json.dumps({"type": scope, **more}, sort_keys=True), language), []
    )
    return {each["command"]: each["description"] for each in menu}


async def test_a_flood_at_the_start_keeps_nobody_waiting_and_a_start_tells_only_what_is_new(
    world: World, alice: Person, menus: list[None]
) -> None:
    flood = {"ok": False, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 3600}}
    world.telegram.faults.add(Fault("setMyCommands", status=429, body=flood))
    async with world.bot():
        await helps(alice)
    assert menus == []
    async with world.bot():
        await until_announced(world)
    assert len(menus) == MENUS
    for language in LANGUAGES:
        with speaking(language):
            private, group = ({name: text() for name, text in menu.items()} for menu in (PRIVATE, GROUPS))
        code = "" if language == "en" else language
        assert shown(world, "all_private_chats", code) == private
        assert shown(world, "all_group_chats", code) == group
    assert "talk" not in shown(world, "all_private_chats")
    assert "settings" not in shown(world, "all_group_chats")
    assert "settings" in shown(world, "all_chat_administrators")
    async with world.bot():
        await helps(alice)
    assert len(menus) == MENUS


async def test_a_menu_that_telegram_refuses_is_not_told_at_every_start(
    world: World, alice: Person, menus: list[None]
) -> None:
    no = {"ok": False, "error_code": 400, "description": "Bad Request: BOT_COMMAND_INVALID"}
    refused = Fault("setMyCommands", status=400, body=no)
    world.telegram.faults.add(refused)
    for _ in range(2):
        async with world.bot():
            await until_announced(world)
            await helps(alice)
    assert len(menus) == MENUS - 1


async def test_who_runs_the_bot_has_commands_of_their_own_for_as_long_as_they_do(world: World, alice: Person) -> None:
    bob = world.person("Bob")  # has never begun to talk with the bot
    for _ in range(2):
        async with world.bot(admins=[alice.user.id, bob.user.id]):
            await helps(alice)
            await until_announced(world, MENUS + len(LANGUAGES))
        menu = shown(world, "chat", chat_id=alice.user.id)
        assert {"admin", "broadcast", "trace", "talk"} - menu.keys() == {"talk"}
        assert not shown(world, "chat", chat_id=bob.user.id)
    async with world.bot():
        await until_announced(world)
    assert not shown(world, "chat", chat_id=alice.user.id)


async def test_the_menu_of_an_older_version_goes(world: World, alice: Person) -> None:
    async with world.bot():
        await until_announced(world)
    world.telegram.world.profile.commands[json.dumps({"type": "default"}), "es"] = [{"command": "old"}]
    database = open_database(world.settings().database_url)
    await note_announced(database, "commands:es", "of an older version")
    await database.dispose()
    async with world.bot():
        await until_announced(world)
    assert not shown(world, "default", "es")
