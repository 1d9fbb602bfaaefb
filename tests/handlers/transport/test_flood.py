"""Telegram's limits: whoever is told to wait waits alone, and what is worth nothing later is not waited for."""

import asyncio
import time
from datetime import timedelta
from typing import Any

import pytest
from telegram.error import RetryAfter

from handlers.transport.flood import ALL_TOLD, NOT_LATER, PER_GROUP_MINUTE, TRIES, FloodLimits

SHORT, LONG = 0.3, 3600.0


class Telegram:
    """Answers each call with the next planned pause, and then takes it."""

    def __init__(self, *pauses: float) -> None:
        self.pauses = list(pauses)
        self.calls = 0

    async def call(self) -> str:
        self.calls += 1
        if self.pauses:
            raise RetryAfter(timedelta(seconds=self.pauses.pop(0)))
        return "taken"


async def make(limits: FloodLimits, telegram: Telegram, chat: int | None = 1, **options: Any) -> Any:
    endpoint, later = options.get("endpoint", "sendMessage"), options.get("later")
    data = {} if chat is None else {"chat_id": chat}
    return await limits.process_request(telegram.call, (), {}, endpoint, data, later)


async def test_a_call_is_made_again_after_the_pause_that_telegram_asks_for() -> None:
    telegram, began = Telegram(SHORT, SHORT), time.monotonic()
    assert await make(FloodLimits(), telegram) == "taken"
    assert telegram.calls == 3
    assert time.monotonic() - began >= 2 * SHORT


async def test_one_chats_flood_holds_up_that_chat_alone() -> None:
    limits = FloodLimits()
    flooded = asyncio.create_task(make(limits, Telegram(LONG)))
    await asyncio.sleep(0)
    same_chat = asyncio.create_task(make(limits, Telegram()))
    async with asyncio.timeout(10):
        assert await make(limits, Telegram(), chat=2) == "taken"
        assert await make(limits, Telegram(), chat=None, endpoint="getMe") == "taken"
    assert not flooded.done()
    assert not same_chat.done()
    flooded.cancel()
    same_chat.cancel()


async def test_a_flooded_method_holds_up_no_chat() -> None:
    limits = FloodLimits()
    menu = asyncio.create_task(make(limits, Telegram(LONG), chat=None, endpoint="setMyCommands"))
    await asyncio.sleep(0)
    async with asyncio.timeout(10):
        assert await make(limits, Telegram()) == "taken"
    assert not menu.done()
    menu.cancel()


async def test_when_many_chats_are_told_at_once_the_whole_bot_pauses() -> None:
    limits = FloodLimits()
    told = [asyncio.create_task(make(limits, Telegram(SHORT), chat=chat)) for chat in range(ALL_TOLD)]
    await asyncio.sleep(0)
    began = time.monotonic()
    assert await make(limits, Telegram(), chat=99) == "taken"
    assert time.monotonic() - began >= SHORT / 2
    assert await asyncio.gather(*told) == ["taken"] * ALL_TOLD


async def test_a_call_that_may_not_wait_is_refused_at_once() -> None:
    limits, telegram = FloodLimits(), Telegram(LONG)
    async with asyncio.timeout(10):
        for _ in range(2):
            with pytest.raises(RetryAfter):
                await make(limits, telegram, later=NOT_LATER)
    assert telegram.calls == 1, "while Telegram asks for a pause, nothing is tried"


@pytest.mark.parametrize("endpoint", ["answerCallbackQuery", "sendChatAction"])
async def test_a_toast_waits_for_nothing(endpoint: str) -> None:
    limits = FloodLimits()
    async with asyncio.timeout(10):
        with pytest.raises(RetryAfter):
            await make(limits, Telegram(LONG), endpoint=endpoint)
        assert await make(limits, Telegram(), endpoint=endpoint) == "taken"


async def test_a_flood_without_end_is_given_up() -> None:
    telegram = Telegram(*[0.001] * (TRIES + 1))
    with pytest.raises(RetryAfter):
        await make(FloodLimits(), telegram)
    assert telegram.calls == TRIES


async def test_an_edit_into_a_group_that_has_had_its_twenty_messages_is_left_for_later() -> None:
    limits, telegram = FloodLimits(), Telegram()
    for _ in range(PER_GROUP_MINUTE):
        await make(limits, telegram, chat=-5)
    with pytest.raises(RetryAfter):
        await make(limits, telegram, chat=-5, later=NOT_LATER)
    assert await make(limits, telegram, chat=-6, later=NOT_LATER) == "taken"
    assert telegram.calls == PER_GROUP_MINUTE + 1
