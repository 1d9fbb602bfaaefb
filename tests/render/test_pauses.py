"""Pauses of renders, which a cancel ends early."""

import asyncio

from bot.render.pauses import Wakes


async def test_a_wake_just_before_the_pause_is_not_lost() -> None:
    wakes = Wakes()
    wakes.wake("a")
    async with asyncio.timeout(1):
        await wakes.pause("a", 60)
    assert not wakes._events


async def test_who_is_woken_too_late_takes_no_memory() -> None:
    wakes = Wakes()
    wakes.wake("a")
    wakes.forget("a")
    assert not wakes._events
