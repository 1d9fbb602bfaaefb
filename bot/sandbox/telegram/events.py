"""One log of all that happens in the sandbox's Telegram, for people who wait, the terminal and the page."""

import asyncio
import time
from collections import deque
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from itertools import islice
from typing import Any, Literal

from bot.sandbox.telegram.message import Message

Kind = Literal[
    "call",
    "answer",
    "update",
    "webhook",
    "new",
    "edited",
    "deleted",
    "draft",
    "action",
    "reaction",
    "pressed",
    "file",
    "exchange",
]
KEPT = 20_000


@dataclass(frozen=True)
class Event:
    """Something that happened.

    Args:
        number: counts from 1 without gaps.
        at: seconds since the epoch.
        kind: `call` and `answer` are the bot's; `update` is what waits for it; `new`, `edited`, `deleted` are messages;
            `exchange` is what the page shows of a call to any stand-in.
        chat_id: the chat it happened in, when it did in one.
        message: the message as it was at that moment.
        data: the rest, without secrets.
    """

    number: int
    at: float
    kind: Kind
    chat_id: int | None = None
    message: Message | None = None
    data: dict[str, Any] = field(default_factory=dict)


class Log:
    """Append-only, bounded: the oldest events fall off."""

    def __init__(self, kept: int = KEPT) -> None:
        self._events: deque[Event] = deque(maxlen=kept)
        self._last = 0
        self._waiting: set[asyncio.Future[None]] = set()

    @property
    def last(self) -> int:
        """The number of the newest event; 0 before any."""
        return self._last

    def add(self, kind: Kind, chat_id: int | None = None, message: Message | None = None, **data: Any) -> Event:
        """Write one down and wake all who wait."""
        self._last += 1
        event = Event(self._last, time.time(), kind, chat_id, message, data)
        self._events.append(event)
        for waiter in self._waiting:
            if not waiter.done():
                waiter.set_result(None)
        self._waiting.clear()
        return event

    @property
    def first_kept(self) -> int:
        """The number of the oldest event that is still kept."""
        return self._last - len(self._events) + 1

    def since(self, number: int) -> list[Event]:
        """Events after `number` that are still kept, oldest first."""
        return list(islice(self._events, max(0, number + 1 - self.first_kept), None))

    async def changed(self) -> None:
        """Wait for the next event."""
        waiter: asyncio.Future[None] = asyncio.get_running_loop().create_future()
        self._waiting.add(waiter)
        try:
            await waiter
        finally:
            self._waiting.discard(waiter)

    async def follow(self, since: int = 0) -> AsyncIterator[Event]:
        """Every event after `since`, then each new one as it happens; ends only when left."""
        while True:
            for event in self.since(since):
                since = event.number
                yield event
            if since >= self._last:
                await self.changed()

    async def first(self, fits: Callable[[Event], bool], since: int, timeout: float) -> Event:  # noqa: ASYNC109
        """The first event after `since` that fits; raises TimeoutError."""
        async with asyncio.timeout(timeout):
            async for event in self.follow(since):
                if fits(event):
                    return event
        raise AssertionError("a log is followed for ever")
