"""Telegram's limits on how often a bot may call: keep them, and wait where Telegram asks for a pause.

Only the chat that was told to wait waits: one chat's flood must not silence the others.
"""

import asyncio
import time
from collections import deque
from collections.abc import Callable, Coroutine, Hashable
from typing import Any

import structlog
from aiolimiter import AsyncLimiter
from telegram.error import RetryAfter
from telegram.ext import BaseRateLimiter

from handlers.transport.sending import retry_seconds

log = structlog.get_logger(__name__)

PER_SECOND, PER_GROUP_MINUTE = 30, 20
"""Messages that Telegram lets a bot send: in all, and into one group."""

TRIES = 6
NOT_LATER = 0
"""As `rate_limit_args`: make the call now or not at all. `RetryAfter` is raised at once where the limits are in the
way."""

TOASTS = ("answerCallbackQuery", "sendChatAction")
"""Calls that are useless later: they never wait, and a pause asked for one holds up no other call."""

ALL_TOLD = 5
ALL_TOLD_SECONDS = 2.0
"""If so many chats are told to wait within so many seconds, the bot as a whole calls too often."""

GROUPS_KEPT = 512

Call = Callable[..., Coroutine[Any, Any, Any]]


class FloodLimits(BaseRateLimiter[int]):
    """Keeps a bot within Telegram's limits; made for one bot, by python-telegram-bot's own seam.

    `rate_limit_args=NOT_LATER` makes a call that does not wait.
    """

    def __init__(self) -> None:
        self._machines = 1
        self._all = AsyncLimiter(PER_SECOND, 1)
        self._groups: dict[int | str, AsyncLimiter] = {}
        self._paused: dict[Hashable, float] = {}
        """Until when to wait, by the monotonic clock, for a chat, a method without a chat, or all (`None`)."""
        self._told: deque[tuple[float, Hashable]] = deque()

    def share(self, machines: int) -> None:
        """Share the limits with so many machines, this one among them: they are the bot's."""
        if machines != self._machines:
            self._machines = machines
            self._all, self._groups = AsyncLimiter(max(1.0, PER_SECOND / machines), 1), {}

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to end."""

    async def process_request(
        self,
        callback: Call,
        args: Any,
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> Any:
        """Make a call when the limits allow it, and again after the pause that Telegram asks for.

        Raises:
            RetryAfter: Telegram asks for yet another pause, or the call may not wait.
        """
        if endpoint in TOASTS:
            return await callback(*args, **kwargs)
        chat = data.get("chat_id")
        who = endpoint if chat is None else str(chat)
        tries = 1 if rate_limit_args == NOT_LATER else TRIES
        for left in reversed(range(tries)):
            await self._pause(who, may_wait=tries > 1)
            try:
                if chat is not None:
                    await self._acquire(chat, may_wait=tries > 1)
                return await callback(*args, **kwargs)
            except RetryAfter as error:
                self._note(who, retry_seconds(error), chat is not None)
                if left == 0:
                    raise
                log.warning("Telegram asks for a pause", call=endpoint, seconds=retry_seconds(error))
        raise AssertionError  # the last try raises

    async def _pause(self, who: Hashable, *, may_wait: bool) -> None:
        """Wait until the pauses of this chat and of the bot are over; they may grow meanwhile."""
        while (seconds := self._seconds_left(who)) > 0:
            if not may_wait:
                raise RetryAfter(max(1, round(seconds)))
            await asyncio.sleep(seconds)

    def _seconds_left(self, who: Hashable) -> float:
        now = time.monotonic()
        return max(self._paused.get(key, now) for key in (who, None)) - now

    def _note(self, who: Hashable, seconds: float, is_chat: bool) -> None:
        """Note that Telegram asked for a pause; when it asks many chats at once, the whole bot pauses."""
        now = time.monotonic()
        self._paused = {key: until for key, until in self._paused.items() if until > now}
        self._paused[who] = max(self._paused.get(who, 0.0), now + seconds)
        if not is_chat:
            return
        self._told.append((now, who))
        while now - self._told[0][0] > ALL_TOLD_SECONDS:
            self._told.popleft()
        if len({chat for _, chat in self._told}) >= ALL_TOLD:
            self._paused[None] = now + seconds
            log.warning("Telegram asks many chats for a pause; the bot as a whole keeps it", seconds=seconds)

    async def _acquire(self, chat: int | str, *, may_wait: bool) -> None:
        """Count one call against the limits, waiting where they are reached."""
        in_group = str(chat).startswith(("-", "@"))
        for limiter in (self._group(chat), self._all) if in_group else (self._all,):
            if not may_wait and not limiter.has_capacity():
                raise RetryAfter(1)
            await limiter.acquire()

    def _group(self, chat: int | str) -> AsyncLimiter:
        if chat not in self._groups:
            if len(self._groups) >= GROUPS_KEPT:
                spent = (key for key, limiter in self._groups.items() if not limiter.has_capacity(limiter.max_rate))
                self._groups = {key: self._groups[key] for key in spent}
            self._groups[chat] = AsyncLimiter(max(1.0, PER_GROUP_MINUTE / self._machines), 60)
        return self._groups[chat]
