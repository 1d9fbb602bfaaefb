"""What Telegram shows of the bot is told in the background, and only when it is new."""

import asyncio
import shutil

import pytest

from bot.sandbox.faults import Fault
from bot.sandbox.telegram import Person
from handlers import texts
from handlers.texts.language import LANGUAGES, speaking
from storage.announcements import announced
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


async def until_announced(world: World) -> None:
    database = open_database(world.settings().database_url)
    try:
        async with asyncio.timeout(60):
            while len(await announced(database)) < len(LANGUAGES):
                await asyncio.sleep(0.05)
    finally:
        await database.dispose()


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
    assert len(menus) == len(LANGUAGES)
    told = world.telegram.world.profile.commands
    for language in LANGUAGES:
        with speaking(language):
            wanted = {name: text() for name, text in texts.COMMANDS.items()}
        found = next(menu for key, menu in told.items() if key[-1] == ("" if language == "en" else language))
        assert {each["command"]: each["description"] for each in found} == wanted
    async with world.bot():
        await helps(alice)
    assert len(menus) == len(LANGUAGES)


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
    assert len(menus) == len(LANGUAGES) - 1
