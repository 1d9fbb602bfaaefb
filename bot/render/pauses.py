"""Pauses of renders, and how to end one early."""

import asyncio


class Pauses:
    """Pauses that end early when somebody wakes the render, as a cancel does; a wake before the pause counts."""

    def __init__(self) -> None:
        self._events: dict[str, asyncio.Event] = {}

    async def pause(self, render_id: str, seconds: float) -> None:
        """Wait so many seconds, or until the render is woken."""
        event = self._events.setdefault(render_id, asyncio.Event())
        try:
            async with asyncio.timeout(seconds):
                await event.wait()
        except TimeoutError:
            pass
        finally:
            if self._events.get(render_id) is event:
                del self._events[render_id]

    def wake(self, render_id: str) -> None:
        """End the pause of a render, or the next one that it begins."""
        self._events.setdefault(render_id, asyncio.Event()).set()

    def forget(self, render_id: str) -> None:
        """Let go of a render that will not pause again."""
        self._events.pop(render_id, None)
