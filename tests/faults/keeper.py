"""Keeps the bot's processes alive, and strikes at the planned calls: kills, stops, a held database, a moved clock."""

import asyncio
import signal
import sqlite3
import time
from collections import Counter
from collections.abc import Callable, Coroutine
from contextlib import closing
from dataclasses import dataclass
from pathlib import Path
from random import Random
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
"""Between two looks at the bot's memory, which remembers its peak itself, and at what a killed one has left."""

SETTLED_SECONDS = 25.0
"""After which a process has surely begun, and has watched the others for a lease."""


@dataclass
class Kept:
    """One process of the bot, its own settings, and what was done to it."""

    environment: dict[str, str]
    clock: Path
    process: warm.WarmProcess | None = None
    began_at: float = 0.0
    killed: bool = False
    asked_to_stop_at: float | None = None

    @property
    def is_up(self) -> bool:
        """Whether it runs, and nothing is about to end it."""
        return self.process is not None and self.process.returncode is None and self.asked_to_stop_at is None

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self.process is not None
        self.process.send_signal(number)


class Keeper:
    """Starts each process of the bot whenever it has ended, and makes one of them end at the planned calls.

    Args:
        blows: in their order.
        environments: of each process.
        folder: where their data and their log go.
        database: of the bot.
        moves_all: its clock may be set without a blow, and is everybody's.
    """

    def __init__(
        self,
        blows: list[Blow],
        environments: list[dict[str, str]],
        folder: Path,
        database: Database,
        *,
        moves_all: bool = False,
    ) -> None:
        self.done: Counter[str] = Counter()
        self.between: Counter[tuple[int, int]] = Counter()
        """How often it was killed, or a stop was not waited for, while delivering the answer to (chat, voice)."""
        self.stops: list[tuple[float, int]] = []
        """The seconds that each stop took, and the status it ended with."""
        self.moves: list[float] = []
        """How many hours the clock was off after each move."""
        self.takeovers: list[float] = []
        """The seconds after which another machine led what a killed one had, each time."""
        self.outages: list[float] = []
        """For how many seconds PostgreSQL was away, each time."""
        self.ends: list[int] = []
        """The status of each end that no blow was the cause of."""
        self.peak_mb = 0.0
        self.sparing = False
        self._blows = blows
        self._all = [Kept(each, folder / f"clock-{number}") for number, each in enumerate(environments)]
        self._random = Random(len(blows))
        self._folder = folder
        self._database = database
        self._calls = 0
        self._holding: set[asyncio.Task[None]] = set()
        self._one_outage = asyncio.Lock()
        self._moves_all = moves_all
        self._moves_clock = any(blow.kind == "clock" for blow in blows)
        for kept in self._all:
            kept.clock.write_text("0")

    def hear(self, exchange: Exchange, moment: Moment) -> None:
        """Strike if this is the call."""
        stops = all(kept.asked_to_stop_at for kept in self._all)
        if not self._blows or self.sparing or stops or exchange.call in BORING:
            return
        self._calls += moment == "before"
        blow = self._blows[0]
        if self._calls >= blow.after and moment == ("before" if blow.moment == "before" else "after"):
            self._blows.pop(0)
            self._calls = 0
            seconds = blow.seconds if blow.moment == "later" else 0.0
            asyncio.get_running_loop().call_later(seconds, self._strike, blow) if seconds else self._strike(blow)

    async def keep_alive(self) -> None:
        """Start each process whenever it has ended, until cancelled."""
        async with asyncio.TaskGroup() as group:
            for kept in self._all:
                group.create_task(self._keep_one(kept))

    async def _keep_one(self, kept: Kept) -> None:
        while True:
            kept.began_at = time.monotonic()
            kept.process = await warm.start(*self._module(kept), env=kept.environment, output=self._folder / "bot.log")
            pid, status = kept.process.pid, await kept.process.wait()
            if kept.killed and len(self._all) > 1:
                self._do(self._time_takeover(pid))
            if kept.asked_to_stop_at is not None:
                took = time.monotonic() - kept.asked_to_stop_at
                self.stops.append((took, status))
                kept.asked_to_stop_at = None
                if took < DRAIN_SECONDS:
                    continue
            elif not kept.killed:
                self.ends.append(status)
            kept.killed = False
            delivering = (
                "SELECT chat_id, voice_message_id FROM renders WHERE stage = 'delivering' AND (owner NOT IN (SELECT id "
                f"FROM machines) OR owner IN (SELECT id FROM machines WHERE name LIKE '%\\:{pid}'))"
            )
            for row in await self._database.read_when_there(delivering):
                self.between[row["chat_id"], row["voice_message_id"]] += 1

    def _module(self, kept: Kept) -> list[str]:
        """Return what runs as the bot: a clock that budgets move is everybody's, one that a blow moves is its own."""
        if self._moves_all:
            return ["tests.faults.moved_clock", str(kept.clock), "all"]
        return ["tests.faults.moved_clock", str(kept.clock)] if self._moves_clock else ["bot", "run"]

    async def _time_takeover(self, pid: int) -> None:
        """Note how long nobody led what a killed process did, if another one that had run for a while lived on."""
        died = time.monotonic()
        witnesses = [
            (each, each.process) for each in self._all if each.is_up and each.began_at < died - SETTLED_SECONDS
        ]
        theirs = f"SELECT id FROM machines WHERE name LIKE '%\\:{pid}'"
        for row in await self._database.read_when_there(theirs):
            left = f"SELECT count(*) AS number FROM renders WHERE owner = '{row['id']}'"
            count = 0
            while found := (await self._database.read_when_there(left))[0]["number"]:
                count = max(count, int(found))
                await asyncio.sleep(LOOK_SECONDS)
            if count and any(each.is_up and each.process is process for each, process in witnesses):
                self.takeovers.append(time.monotonic() - died)

    async def watch_memory(self) -> None:
        """Look at the memory of each process now and then, until cancelled."""
        while True:
            for kept in self._all:
                if kept.process is not None:
                    self.peak_mb = max(self.peak_mb, peak_mb(kept.process.pid))
            await asyncio.sleep(LOOK_SECONDS)

    async def stop(self) -> int:
        """SIGTERM for all, and wait; returns the worst exit status."""
        processes = [kept.process for kept in self._all if kept.process is not None]
        for process in processes:
            process.terminate()
        async with asyncio.timeout(30):
            return max([abs(await process.wait()) for process in processes])

    async def let_go(self) -> None:
        """Wait until nobody holds the database any more, nor keeps it away."""
        await asyncio.gather(*self._holding)

    def _strike(self, blow: Blow) -> None:
        up = [kept for kept in self._all if kept.is_up]
        if not up:
            self._blows.insert(0, blow)  # all are down just now, and this blow would meet nobody
            return
        kept = self._random.choice(up)
        self.done[blow.kind] += 1
        strikes: dict[str, Callable[[], None]] = {
            "kill": lambda: self._kill(kept),
            "stop": lambda: self._ask_to_stop(kept),
            "lock": self._hold_database,
            "clock": lambda: self._set_clock(kept, blow.hours),
            "away": lambda: self._do(self._take_database_away(blow)),
        }
        strikes[blow.kind]()

    def _ask_to_stop(self, kept: Kept) -> None:
        kept.asked_to_stop_at = time.monotonic()
        kept.send(signal.SIGTERM)

    def _kill(self, kept: Kept) -> None:
        kept.killed = True
        kept.send(signal.SIGKILL)

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

    def _set_clock(self, kept: Kept, hours: float) -> None:
        self.moves.append(hours)
        self._move(kept, hours)

    def _move(self, kept: Kept, hours: float) -> None:
        kept.clock.write_text(str(hours))
        if kept.process is not None and kept.process.returncode is None:
            kept.send(signal.SIGUSR1)

    def set_clock(self, hours: float) -> None:
        """Let the bot's clock be so many hours off, also when it starts again."""
        for kept in self._all:
            self._move(kept, hours)

    def kill(self) -> None:
        """Kill one process now, if one is there, and may be struck."""
        up = [kept for kept in self._all if kept.is_up]
        if up and not self.sparing:
            self.done[AT_MIDNIGHT] += 1
            self._kill(self._random.choice(up))


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
