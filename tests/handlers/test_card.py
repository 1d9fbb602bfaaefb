"""The cards of many renders."""

import asyncio
from typing import Any, cast

import pytest

from bot.render.timing import Timing
from handlers.card import Cards


async def test_however_many_cards_there_are_the_bot_has_time_for_other_things(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    moves, moved = 0, asyncio.Event()

    async def move_all(_: Cards) -> None:
        nonlocal moves
        moves += 1
        moved.set()
        await asyncio.sleep(0.1)

    monkeypatch.setattr(Cards, "move_all", move_all)
    nothing = cast(Any, None)
    cards = Cards(nothing, nothing, nothing, timing=Timing(card_tick=0.01))
    moving = asyncio.create_task(cards.keep_moving())
    await moved.wait()
    await asyncio.sleep(0.6)
    moving.cancel()
    await asyncio.gather(moving, return_exceptions=True)
    assert moves == 1
