"""The operator's days of a run: when the money of one is spent, the bot's clock goes to the end of it."""

import asyncio
import random
import time
from collections.abc import Callable
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

ZONE = ZoneInfo("Asia/Kathmandu")
"""The operator's: its midnight is in the middle of everybody else's hour."""

BEFORE = 1.5
"""Seconds before a midnight to which the clock is set: what is on its way is ordered one day, and billed the next."""

GATHER = 1.0
"""Seconds in which others may meet the same shortage."""


class Calendar:
    """The days, from the last but one of a month.

    Args:
        seed: draws when the bot is killed about a midnight.
        set_clock: by so many hours.
        kill: the bot.
    """

    def __init__(self, seed: int, set_clock: Callable[[float], None], kill: Callable[[], None]) -> None:
        self.midnights: list[str] = []
        """The days that began."""
        self._random = random.Random(f"{seed}:midnights")
        self._set_clock = set_clock
        self._kill = kill
        self._short = asyncio.Event()
        self._waiting: list[tuple[bool, asyncio.Future[None]]] = []
        self._now = last_but_one(datetime.now(ZONE))
        self._go_to(self._now)

    def _go_to(self, moment: datetime) -> None:
        self._now = moment
        self._set_clock((moment.timestamp() - time.time()) / 3600)

    async def wait_for_more(self, *, month: bool) -> None:
        """Wait until a day begins, or a month, whose budget may have room."""
        came = asyncio.get_running_loop().create_future()
        self._waiting.append((month, came))
        self._short.set()
        await came

    async def keep(self) -> None:
        """Let a midnight come whenever somebody waits for one, until cancelled."""
        while True:
            await self._short.wait()
            await asyncio.sleep(GATHER)
            midnight = next_midnight(self._now, month=any(month for month, _ in self._waiting))
            self._go_to(midnight - timedelta(seconds=BEFORE))
            asyncio.get_running_loop().call_later(self._random.uniform(0.0, 2 * BEFORE), self._kill)
            await asyncio.sleep(2 * BEFORE)
            self._now = midnight
            self.midnights.append(f"{midnight:%m-%d}")
            self._short.clear()
            for _, came in self._waiting:  # also who was refused in the last seconds of the day
                came.set_result(None)
            self._waiting.clear()


def last_but_one(moment: datetime) -> datetime:
    """Return noon of the last day but one of a moment's month."""
    first_of_next = next_midnight(moment.replace(hour=12), month=True)
    return first_of_next - timedelta(days=1, hours=12)


def next_midnight(moment: datetime, *, month: bool) -> datetime:
    """Return the next beginning of a day, or of a month."""
    day = moment.replace(hour=0, minute=0, second=0, microsecond=0) + timedelta(days=1)
    while month and day.day != 1:
        day += timedelta(days=1)
    return day
