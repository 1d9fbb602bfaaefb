"""Tasks that run beside all else: until the first one ends, and until nobody needs them."""

import asyncio
import contextlib
from collections.abc import Awaitable, Sequence
from typing import Any


async def first_end(tasks: "Sequence[asyncio.Task[None]]") -> None:
    """Wait until one of several tasks ends, and raise what it raised; of several that have ended, the first one."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    await next(task for task in tasks if task in done)


async def cancel_all(tasks: "list[asyncio.Task[Any]]") -> None:
    """End background tasks."""
    for task in tasks:
        task.cancel()
    await asyncio.gather(*tasks, return_exceptions=True)


async def within(seconds: float, work: Awaitable[object]) -> None:
    """Wait for some work, but not longer than so many seconds."""
    with contextlib.suppress(TimeoutError):
        async with asyncio.timeout(seconds):
            await work
