"""What the machine tells of the bot: its processes, their memory; and a canary that hears of visitors."""

import asyncio
import os
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path

from aiohttp import web

PAGE = os.sysconf("SC_PAGE_SIZE")
PAUSE = 0.1


@dataclass
class Memory:
    """Resident megabytes of the bot, of the process that its decoders are forked from, and of those.

    Shared pages count in each process that maps them.
    """

    bot: float = 0.0
    decoder_server: float = 0.0
    children: float = 0.0
    largest_child: float = 0.0

    @property
    def all(self) -> float:
        """The sum."""
        return self.bot + self.decoder_server + self.children


@dataclass
class Watch:
    """Looks at a process and its descendants ten times a second.

    Args:
        first: once the bot was warm.
        last: at the end.
        peak: the most of each, not of one moment; `peak_all` is.
    """

    pid: int
    first: Memory = field(default_factory=Memory)
    last: Memory = field(default_factory=Memory)
    peak: Memory = field(default_factory=Memory)
    peak_all: float = 0.0

    async def run(self) -> None:
        """Look until cancelled."""
        while True:
            self.look()
            await asyncio.sleep(PAUSE)

    def look(self) -> None:
        """Look once."""
        now = self.last = measure(self.pid)
        for name in ("bot", "decoder_server", "children", "largest_child"):
            setattr(self.peak, name, max(getattr(self.peak, name), getattr(now, name)))
        self.peak_all = max(self.peak_all, now.all)

    def begin(self) -> None:
        """From now on growth counts."""
        self.look()
        self.first = self.last


def measure(pid: int) -> Memory:
    """The memory of a bot as it is."""
    decoder_servers = children_of(pid)
    decoders = [resident(child) for decoder_server in decoder_servers for child in children_of(decoder_server)]
    return Memory(resident(pid), sum(map(resident, decoder_servers)), sum(decoders), max(decoders, default=0.0))


def children_of(pid: int) -> list[int]:
    """The processes that a process has forked, from any of its threads, and that live."""
    found: list[int] = []
    for task in Path(f"/proc/{pid}/task").glob("*/children"):
        try:
            found += map(int, task.read_text().split())
        except OSError:
            continue
    return found


def decoders_of(pid: int) -> list[int]:
    """The decoders of a bot that still live."""
    return [child for decoder_server in children_of(pid) for child in children_of(decoder_server)]


def resident(pid: int) -> float:
    """Megabytes of a process; 0 for one that has just ended."""
    try:
        return int(Path(f"/proc/{pid}/statm").read_text().split()[1]) * PAGE / 1e6
    except (OSError, IndexError):
        return 0.0


@asynccontextmanager
async def canary(voice: bytes) -> AsyncIterator[tuple[str, list[str]]]:
    """An address on loopback that gives out a good voice, and the paths that were asked of it."""
    asked: list[str] = []

    async def hear(request: web.Request) -> web.Response:
        asked.append(request.path_qs)
        return web.Response(body=voice, content_type="audio/ogg")

    site = web.Application()
    site.router.add_route("*", "/{path:.*}", hear)
    runner = web.AppRunner(site, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}", asked
    finally:
        await runner.cleanup()
