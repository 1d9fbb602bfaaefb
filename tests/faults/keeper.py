"""Keeps the bot's process alive, and strikes it at the planned calls: kills, stops, a held database, a moved clock."""

import asyncio
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import closing
from pathlib import Path
from typing import Any

from bot.render.workflow import DRAIN_SECONDS
from tests import warm
from tests.faults.database import Database
from tests.faults.plan import BORING, Blow
from tests.faults.proxy import Exchange, Moment

STOP_SECONDS = 10.0
"""A stop may take so long: then Docker would kill."""

HELD_SECONDS = 10.0
"""For which another program holds the database."""

AT_MIDNIGHT = "kill at midnight"

LOOK_SECONDS = 0.5
"""Between two looks at the bot's memory, which remembers its peak itself."""


class Keeper:
    """Starts the bot whenever it has ended, and makes it end at the planned calls.

    Args:
        blows: in their order.
        folder: where its data and its log go.
        database: of the bot.
        moves_clock: its clock may be set, without a blow too.
    """

    def __init__(
        self,
        blows: list[Blow],
        environment: dict[str, str],
        folder: Path,
        database: Database,
        *,
        moves_clock: bool = False,
    ) -> None:
        self.done: Counter[str] = Counter()
        self.between: Counter[tuple[int, int]] = Counter()
        """How often it was killed, or a stop was not waited for, while delivering the answer to (chat, voice)."""
        self.stops: list[tuple[float, int]] = []
        """The seconds that each stop took, and the status it ended with."""
        self.moves: list[float] = []
        """How many hours the clock was off after each move."""
        self.outages: list[float] = []
        """For how many seconds PostgreSQL was away, each time."""
        self.ends: list[int] = []
        """The status of each end that no blow was the cause of."""
        self.peak_mb = 0.0
        self._killed = False
        self.sparing = False
        self._blows = blows
        self._environment = environment
        self._folder = folder
        self._database = database
        self._calls = 0
        self._process: warm.WarmProcess | None = None
        self._asked_to_stop_at: float | None = None
        self._holding: set[asyncio.Task[None]] = set()
        self._one_outage = asyncio.Lock()
        self._clock = folder / "clock"
        self._moves_clock = moves_clock or any(blow.kind == "clock" for blow in blows)
        self._clock.write_text("0")

    def hear(self, exchange: Exchange, moment: Moment) -> None:
        """Strike if this is the call."""
        if not self._blows or self.sparing or self._asked_to_stop_at or exchange.call in BORING:
            return
        self._calls += moment == "before"
        blow = self._blows[0]
        if self._calls >= blow.after and moment == ("before" if blow.moment == "before" else "after"):
            self._blows.pop(0)
            self._calls = 0
            seconds = blow.seconds if blow.moment == "later" else 0.0
            asyncio.get_running_loop().call_later(seconds, self._strike, blow) if seconds else self._strike(blow)

    async def keep_alive(self) -> None:
        """Start the bot whenever it has ended, until cancelled."""
        module = ["tests.faults.moved_clock", str(self._clock)] if self._moves_clock else ["bot", "run"]
        while True:
            self._process = await warm.start(*module, env=self._environment, output=self._folder / "bot.log")
            status = await self._process.wait()
            if self._asked_to_stop_at is not None:
                took = time.monotonic() - self._asked_to_stop_at
                self.stops.append((took, status))
                self._asked_to_stop_at = None
                if took < DRAIN_SECONDS:
                    continue
            elif not self._killed:
                self.ends.append(status)
            self._killed = False
            delivering = "SELECT chat_id, voice_message_id FROM renders WHERE stage = 'delivering'"
            for row in await self._database.read_when_there(delivering):
                self.between[row["chat_id"], row["voice_message_id"]] += 1

    async def watch_memory(self) -> None:
        """Look at the memory of the bot now and then, until cancelled."""
        while True:
            if self._process is not None:
                self.peak_mb = max(self.peak_mb, peak_mb(self._process.pid))
            await asyncio.sleep(LOOK_SECONDS)

    async def stop(self) -> int:
        """SIGTERM, and wait; returns the exit status."""
        assert self._process is not None
        if self._process.returncode is None:
            self._process.send_signal(signal.SIGTERM)
        async with asyncio.timeout(30):
            return await self._process.wait()

    async def let_go(self) -> None:
        """Wait until nobody holds the database any more, nor keeps it away."""
        await asyncio.gather(*self._holding)

    def _strike(self, blow: Blow) -> None:
        if self._process is None or self._process.returncode is not None:
            self._blows.insert(0, blow)  # it is down just now, and this blow would meet nobody
            return
        self.done[blow.kind] += 1
        strikes: dict[str, Callable[[], None]] = {
            "kill": self._kill,
            "stop": self._ask_to_stop,
            "lock": self._hold_database,
            "clock": lambda: self._set_clock(blow.hours),
            "away": lambda: self._do(self._take_database_away(blow)),
        }
        strikes[blow.kind]()

    def _send(self, number: signal.Signals) -> None:
        assert self._process is not None
        self._process.send_signal(number)

    def _ask_to_stop(self) -> None:
        self._asked_to_stop_at = time.monotonic()
        self._send(signal.SIGTERM)

    def _kill(self) -> None:
        self._killed = True
        self._send(signal.SIGKILL)

    def _hold_database(self) -> None:
        self._do(hold(self._folder / "data", HELD_SECONDS))

    async def _take_database_away(self, blow: Blow) -> None:
        server = self._database.server
        assert server is not None
        async with self._one_outage:  # the next one comes after this one
            began = time.monotonic()
            await server.stop("immediate" if blow.hard else "fast")
            await asyncio.sleep(blow.away)
            await server.start()
            self.outages.append(time.monotonic() - began)

    def _do(self, work: Coroutine[Any, Any, None]) -> None:
        task = asyncio.create_task(work)
        self._holding.add(task)
        task.add_done_callback(self._holding.discard)

    def _set_clock(self, hours: float) -> None:
        self.moves.append(hours)
        self.set_clock(hours)

    def set_clock(self, hours: float) -> None:
        """Let the bot's clock be so many hours off, also when it starts again."""
        self._clock.write_text(str(hours))
        if self._process is not None and self._process.returncode is None:
            self._send(signal.SIGUSR1)

    def kill(self) -> None:
        """Kill it now, if it is there, and may be struck."""
        if self._process is not None and self._process.returncode is None and not self.sparing:
            self.done[AT_MIDNIGHT] += 1
            self._kill()


async def hold(data_dir: Path, seconds: float) -> None:
    """Keep everybody else from writing to the bot's databases, as a backup or a curious operator may."""

    async def hold_one(name: str) -> None:
        connection = sqlite3.connect(data_dir / name, timeout=30, check_same_thread=False, isolation_level=None)
        with closing(connection) as database:
            await asyncio.to_thread(database.execute, "BEGIN IMMEDIATE")
            await asyncio.sleep(seconds)

    await asyncio.gather(hold_one("emobot.db"), hold_one("workflows.db"))


def peak_mb(pid: int) -> float:
    """The most megabytes that a process has had resident; 0 for one that has just ended."""
    try:
        status = Path(f"/proc/{pid}/status").read_text()
    except OSError:
        return 0.0
    found = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
    return int(found[0]) / 1000 if found else 0.0
