"""What goes on only as long as something else does."""

import asyncio

import pytest

from bot.background import unless


async def end_with(error: Exception, after: float = 0.0) -> None:
    await asyncio.sleep(after)
    raise error


async def test_what_goes_on_ends_with_the_reason_of_what_it_goes_on_with() -> None:
    end = asyncio.create_task(end_with(ValueError("given up")))
    with pytest.raises(ValueError, match="given up"):
        async with unless(end):
            await asyncio.Event().wait()
    task = asyncio.current_task()
    assert task is not None
    assert task.cancelling() == 0


async def test_what_notices_first_waits_for_the_reason() -> None:
    end = asyncio.create_task(end_with(ValueError("given up"), after=0.05))
    with pytest.raises(ValueError, match="given up"):
        async with unless(end):
            raise asyncio.CancelledError


async def test_who_is_told_to_end_ends_though_the_other_goes_on() -> None:
    end = asyncio.create_task(end_with(ValueError(), after=60))

    async def work() -> None:
        async with unless(end):
            await asyncio.Event().wait()

    doing = asyncio.create_task(work())
    await asyncio.sleep(0)
    doing.cancel()
    with pytest.raises(asyncio.CancelledError):
        await doing
    assert not end.done()
    end.cancel()
