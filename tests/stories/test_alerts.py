"""The admins are told of what wants them: of each cause once, and once when it has passed."""

import asyncio
import time
from contextlib import suppress
from dataclasses import replace
from decimal import ROUND_CEILING, Decimal
from typing import Any

import aiohttp
import pytest

from bot.sandbox.faults import Fault
from bot.sandbox.telegram import Person
from handlers.admin import alerts
from storage.book import Book
from storage.database import open_database
from storage.objects import Objects
from storage.switches import note_start
from tests.stories.conftest import BRISK, PORTRAIT, World, brief_voice

FEN = Decimal("0.01")


@pytest.fixture
def boss(world: World) -> Person:
    """Who runs the bot, and has said hello to it."""
    boss = world.person("Boss")
    boss.starts()
    return boss


async def orders(person: Person) -> None:
    person.sends_photo(PORTRAIT)
    await person.sees("Good photo|I have your photo")
    person.sends_voice(brief_voice())


async def test_a_budget_is_told_at_80_and_at_100_per_cent_and_when_there_is_room_again(
    world: World, boss: Person, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    day = Book().day()
    monkeypatch.setattr(Book, "day", lambda *_: day)  # midnight would empty it
    admins = (boss.user.id,)
    async with world.bot(admins=admins):
        await orders(alice)
        await alice.sees_video()
    spent = await world.spent()
    most = (spent * Decimal("1.2")).quantize(FEN, ROUND_CEILING)
    async with world.bot(admins=admins, budget_day=most, budget_month=spent):
        await boss.sees(f"80 % of today's budget is used: {spent:.2f} / {most:.2f} CNY")
        await boss.sees("This month's budget is used up: .* Until the next one there are no new videos")
        await boss.sees_nothing(seconds=1.5)
    async with world.bot(admins=admins, budget_day=spent, budget_month=spent * 10):
        await boss.sees("Today's budget is used up: .* Until tomorrow there are no new videos")
        await boss.sees("No longer the case: This month's budget is used up")
    async with world.bot(admins=admins):
        await boss.sees("No longer the case: Today's budget is used up")


async def test_a_disk_that_gets_full_is_told(world: World, boss: Person, monkeypatch: pytest.MonkeyPatch) -> None:
    with monkeypatch.context() as patched:
        async with world.bot(admins=(boss.user.id,), keep_free_mb=1000):
            patched.setattr(Objects, "free_bytes", lambda _: 499_000_000)
            await boss.sees("^The disk is nearly full: 499 MB are free")
            patched.setattr(Objects, "free_bytes", lambda _: 2_000_000_000)
            await boss.sees("No longer the case: The disk is nearly full")


async def test_another_program_that_takes_the_updates_is_told(
    world: World, boss: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alerts, "CONFLICT_SECONDS", 2.0)
    url = f"{world.telegram.url}/bot{world.telegram.token}/getUpdates"

    async def takes_them_too() -> None:
        async with aiohttp.ClientSession() as session:
            while True:
                with suppress(aiohttp.ClientError):
                    await (await session.get(url, params={"timeout": 5, "limit": 1})).read()
                await asyncio.sleep(0.2)

    async with world.bot(replace(BRISK, newcomer=0.0), admins=(boss.user.id,)):
        await boss.sees("Hello!")
        other = asyncio.create_task(takes_them_too())
        await boss.sees("^Another program uses this bot's token, or a webhook is set. Stop it")
        other.cancel()
        with suppress(asyncio.CancelledError):
            await other
        await boss.sees("No longer the case: Another program uses")


async def test_a_webhook_that_telegram_cannot_reach_is_told(world: World, boss: Person) -> None:
    broken = Fault("getWebhookInfo", times=-1, rewrite=no_way_in)
    async with world.bot(admins=(boss.user.id,), telegram_updates="webhook"):
        await boss.sees("Hello!")
        world.telegram.faults.add(broken)
        await boss.sees("^Telegram cannot reach the webhook: Connection refused")
        world.telegram.faults.planned.remove(broken)
        await boss.sees("No longer the case: Telegram cannot reach the webhook")


def no_way_in(said: dict[str, Any]) -> dict[str, Any]:
    """What Telegram tells of a webhook that it cannot reach."""
    trouble = {"last_error_date": int(time.time()), "last_error_message": "Connection refused"}
    return {**said, "result": {**said["result"], **trouble}}


async def test_a_bot_that_ends_again_and_again_is_told(world: World, boss: Person) -> None:
    database = open_database(world.settings().database_url)
    for _ in range(3):
        await note_start(database)  # and no clean stop
    await database.dispose()
    async with world.bot(admins=(boss.user.id,)):
        await boss.sees("The bot has stopped unexpectedly 3 times within minutes")
        await boss.sees_nothing(seconds=1.5)


async def test_videos_that_take_long_and_videos_that_fail_in_a_row_are_told(
    world: World, boss: Person, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(alerts, "LONG_WAIT", 1.0)
    monkeypatch.setattr(alerts, "MANY_FAILURES", 1)
    async with world.bot(admins=(boss.user.id,)):
        await boss.sees("Hello!")
        world.emo.fail_next("DataInspectionFailed", "Input data may contain inappropriate content.")
        await orders(alice)
        await boss.sees("The last 1 videos did not come")
        world.emo.hold()
        await orders(alice)
        await boss.sees("A video has been in the works for 0 minutes, longer than usual")
        world.emo.release()
        await boss.sees("No longer the case: The last 1 videos did not come")
        await boss.sees("No longer the case: A video has been in the works")


async def test_the_start_and_the_stop_are_news_only_for_who_wants_them(world: World, boss: Person) -> None:
    async with world.bot(admins=(boss.user.id,), admin_news=True):
        await boss.sees("The bot is running")
    await boss.sees("The bot is stopping")
    async with world.bot(admins=(boss.user.id,)):
        boss.sends("/usage")
        await boss.sees("Today your videos have cost")
    said = [message.text for message in world.telegram.chat_history(boss)]
    assert (said.count("The bot is running."), said.count("The bot is stopping.")) == (1, 1)


async def test_who_runs_the_bot_allows_and_blocks_by_a_reply_to_what_was_forwarded(
    world: World, boss: Person, alice: Person
) -> None:
    async with world.bot(access="listed", admins=(boss.user.id,)):
        forwarded = boss.forwards(alice.sends("May I, too?"))
        await alice.sees("only for those whom its operator has listed|send me|Send me")
        boss.sends("/allow", reply_to=forwarded)
        await boss.sees(f"{alice.user.id} may use the bot")
        alice.sends_photo(PORTRAIT)
        await alice.sees("Good photo")
        boss.sends("/block", reply_to=forwarded)
        await boss.sees(f"{alice.user.id} is blocked")
        alice.sends_photo(PORTRAIT)
        await alice.sees("doesn't let you use it")
        hidden = boss.forwards(alice.sends("Why?"), hidden=True)
        boss.sends("/allow", reply_to=hidden)
        await boss.sees("Telegram doesn't tell me who wrote that")
        boss.sends("/allow")
        await boss.sees("Write an id after the command, or reply with the command")
