"""Pauses of renders, which a cancel ends early."""

import asyncio

from bot.render.pauses import Pauses


async def test_a_wake_just_before_the_pause_is_not_lost() -> None:
    pauses = Pauses()
    pauses.wake("a")
    async with asyncio.timeout(1):
        await pauses.pause("a", 60)
    assert not pauses._events


async def test_who_is_woken_too_late_takes_no_memory() -> None:
    pauses = Pauses()
    pauses.wake("a")
    pauses.forget("a")
    assert not pauses._events
