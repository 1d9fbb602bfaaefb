"""Tasks that run beside all else: until the first one ends, and until nobody needs them."""

import asyncio
import contextlib
from collections.abc import AsyncIterator, Awaitable, Sequence
from typing import Any

REASON_SECONDS = 1.0
"""What ends with a task may notice before the task itself has ended."""


async def first_end(tasks: "Sequence[asyncio.Task[None]]") -> None:
    """Wait until one of several tasks ends, and raise what it raised; of several that have ended, the first one."""
    done, _ = await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
    await next(task for task in tasks if task in done)


@contextlib.asynccontextmanager
async def unless(end: "asyncio.Task[None]") -> AsyncIterator[None]:
    """Do the block as long as a task goes on; where it ends, so does the block, with what the task raised."""
    doing = asyncio.current_task()
    assert doing is not None  # noqa: S101
    is_cut = False

    def cut(_: object) -> None:
        nonlocal is_cut
        is_cut = doing.cancel()

    end.add_done_callback(cut)
    try:
        yield
    except asyncio.CancelledError:
        if is_cut:
            doing.uncancel()
        if not doing.cancelling():  # else somebody wants it to end
            end.remove_done_callback(cut)
            await asyncio.wait([end], timeout=REASON_SECONDS)
            if end.done():
                end.result()
        raise
    finally:
        end.remove_done_callback(cut)


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
