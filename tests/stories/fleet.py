"""Several bots as real processes on one PostgreSQL, behind a balancer that spreads calls at random over them."""

import asyncio
import os
import random
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Iterable
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import Any, Self
from urllib.parse import urlsplit

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import create_async_engine

from bot.sandbox.telegram import Person
from storage.database import open_database
from storage.ledger import spent
from tests import warm
from tests.ports import port_of_its_own
from tests.stories.conftest import PORTRAIT, World, brief_voice

SERVER = os.environ.get("TEST_POSTGRES_URL", "")
ON_A_SERVER = [
    pytest.mark.skipif(
        not SERVER, reason="PostgreSQL is not tried: set TEST_POSTGRES_URL=postgresql+psycopg://user@127.0.0.1/name"
    ),
    pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning", "ignore::ResourceWarning"),
]
"""The marks of stories that want a server; what is killed or cut there leaves connections open."""

NEWEST = "SELECT owner FROM renders ORDER BY created_at DESC LIMIT 1"
AT_WORK = "SELECT owner FROM renders WHERE owner IS NOT NULL ORDER BY created_at LIMIT 1"
"""Who leads the newest render; and the oldest one that somebody leads."""


class Pipe:
    """A TCP proxy that spreads connections over those of its upstreams that listen, and may be cut.

    Args:
        upstreams: hosts and ports.
    """

    def __init__(self, *upstreams: tuple[str, int]) -> None:
        self.upstreams = list(upstreams)
        self.port = 0
        self._server: asyncio.Server | None = None
        self._open: set[asyncio.StreamWriter] = set()
        self._tasks: set[asyncio.Task[None]] = set()
        self._is_cut = False

    async def __aenter__(self) -> Self:
        """Listen."""
        self._server = await asyncio.start_server(self._carry, "127.0.0.1", self.port)
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def __aexit__(self, *_: object) -> None:
        """Close everything."""
        assert self._server is not None
        self._server.close()
        self.cut()
        for task in self._tasks:
            task.cancel()
        await asyncio.gather(*self._tasks, return_exceptions=True)

    def cut(self) -> None:
        """End every connection, and let no new one through."""
        self._is_cut = True
        for writer in self._open:
            writer.transport.abort()

    def mend(self) -> None:
        """Let connections through again."""
        self._is_cut = False

    async def _carry(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._tasks.add(task)
        self._open.add(writer)
        theirs: asyncio.StreamWriter | None = None
        try:
            their_reader, theirs = await self._connect()
            self._open.add(theirs)
            await asyncio.gather(_pour(reader, theirs), _pour(their_reader, writer))
        except OSError:
            pass
        finally:
            self._tasks.discard(task)
            for each in (writer, theirs):
                if each is not None:
                    self._open.discard(each)
                    each.transport.abort()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        if not self._is_cut:
            for host, port in random.sample(self.upstreams, len(self.upstreams)):
                with suppress(OSError):
                    return await asyncio.open_connection(host, port)
        raise ConnectionRefusedError


async def _pour(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    while data := await reader.read(65536):
        writer.write(data)
        await writer.drain()
    writer.write_eof()


class Bot:
    """One of the processes.

    Args:
        code: the folder of another version of the bot; None: it is this one.
    """

    def __init__(self, fleet: "Fleet", number: int, code: Path | None = None) -> None:
        self._code = code
        self.port = port_of_its_own()
        self.changes: dict[str, str] = {}
        self._fleet = fleet
        self._log = fleet.folder / f"bot-{number}.log"
        self._process: warm.WarmProcess | asyncio.subprocess.Process | None = None

    async def start(self, *module: str, **changes: str) -> None:
        """Start it, with other settings where given; return when it has joined the others."""
        self.changes = changes
        environment = self._fleet.environment | {"LISTEN": f"127.0.0.1:{self.port}"} | changes
        program = module or ("bot", "run")
        if self._code is None:
            self._process = await warm.start(*program, env=environment, output=self._log)
        else:
            with self._log.open("ab") as log:
                self._process = await asyncio.create_subprocess_exec(
                    *(sys.executable, "-m", *program), env=environment, cwd=self._code, stdout=log, stderr=log
                )
        async with asyncio.timeout(90):
            while f":{self.pid}" not in [name[name.rindex(":") :] for name in await self._fleet.names()]:
                assert self._process.returncode is None, self.log
                await asyncio.sleep(0.1)

    @property
    def pid(self) -> int:
        """Of the process that was started last."""
        assert self._process is not None
        return self._process.pid

    @property
    def is_up(self) -> bool:
        """Whether it runs."""
        return self._process is not None and self._process.returncode is None

    def send(self, number: signal.Signals) -> None:
        """Send it a signal."""
        assert self._process is not None
        self._process.send_signal(number)

    def freeze(self) -> None:
        """SIGSTOP."""
        self.send(signal.SIGSTOP)
        self.is_left_out()

    def thaw(self) -> None:
        """SIGCONT."""
        self.send(signal.SIGCONT)
        self.is_let_in()

    def is_left_out(self) -> None:
        """Get no calls any more: a balancer asks for `/health`, and hears nothing good."""
        self._fleet.balancer.upstreams.remove(("127.0.0.1", self.port))

    def is_let_in(self) -> None:
        """Get calls again."""
        self._fleet.balancer.upstreams.append(("127.0.0.1", self.port))

    async def stop(self, number: signal.Signals = signal.SIGTERM) -> int:
        """End it; return its status."""
        assert self._process is not None
        self.send(number)
        self.send(signal.SIGCONT)
        async with asyncio.timeout(60):
            return await self._process.wait()

    @property
    def log(self) -> str:
        """What it has logged."""
        return self._log.read_text() if self._log.exists() else ""


class Fleet:
    """The processes, their database, and the balancer before them."""

    def __init__(self, world: World, database: str, balancer: Pipe) -> None:
        self.world, self.folder = world, Path(world.data_dir).parent
        self.database = database
        self.balancer = balancer
        self.bots: list[Bot] = []
        self._rows = create_async_engine(database, pool_pre_ping=True)

    @property
    def environment(self) -> dict[str, str]:
        """What all processes are told."""
        return self.world.environment() | {
            "DATABASE_URL": self.database,
            "PUBLIC_URL": f"http://127.0.0.1:{self.balancer.port}",
            "DATA_DIR": str(self.folder / "shared"),
        }

    async def add(self, *module: str, **changes: str) -> Bot:
        """Start another one."""
        return await self._add(Bot(self, len(self.bots)), *module, **changes)

    async def add_of(self, code: Path) -> Bot:
        """Start another one, of another version."""
        return await self._add(Bot(self, len(self.bots), code))

    async def _add(self, bot: Bot, *module: str, **changes: str) -> Bot:
        self.bots.append(bot)
        bot.is_let_in()
        await bot.start(*module, **changes)
        return bot

    async def read(self, query: str) -> list[dict[str, Any]]:
        """Return the rows of a query; none before there are tables."""
        try:
            async with self._rows.connect() as connection:
                return [dict(row) for row in (await connection.execute(sa.text(query))).mappings()]
        except sa.exc.ProgrammingError:
            return []

    async def names(self) -> list[str]:
        """Host and process of each machine that lives, the leader first."""
        return [row["name"] for row in await self.read("SELECT name FROM machines ORDER BY number")]

    async def leader_of(self, render: str = NEWEST) -> Bot | None:
        """Return the process that leads the newest render, or another one."""
        query = f"SELECT name FROM machines WHERE id = ({render})"
        pids = [int(row["name"].rpartition(":")[2]) for row in await self.read(query)]
        return next((bot for bot in self.bots if bot.is_up and bot.pid in pids), None)

    async def led(self, render: str = NEWEST, seconds: float = 60) -> Bot:
        """Wait until somebody leads the newest render, or another one."""
        async with asyncio.timeout(seconds):
            while (bot := await self.leader_of(render)) is None:
                await asyncio.sleep(0.05)
        return bot

    async def settled(self, seconds: float = 60) -> None:
        """Wait until nothing is left to do."""
        open_ = (
            "SELECT (SELECT count(*) FROM renders WHERE ended_at IS NULL OR owner IS NOT NULL) + (SELECT count(*) FROM "
            "inbox WHERE done_at IS NULL) AS number"
        )
        async with asyncio.timeout(seconds):
            while [row["number"] for row in await self.read(open_)] != [0]:
                await asyncio.sleep(0.2)

    async def ledger_is_the_bill(self) -> bool:
        """Whether what was written down is what was charged."""
        database = open_database(self.database)
        try:
            return await spent(database) == sum(entry.amount for bill in self.world.bills for entry in bill)
        finally:
            await database.dispose()

    def tell(self) -> None:
        """Print what waits at Telegram and what each process logged, which is shown where a story failed."""
        feed = self.world.telegram.world.feed
        print(f"Telegram posts to {feed.webhook}; {[update['update_id'] for update in feed.waiting]} wait there")
        for bot in self.bots:
            print(f"--- port {bot.port}, {'up' if bot.is_up else 'down'}\n{bot.log[-5000:]}")

    async def end(self) -> None:
        """End every process."""
        for bot in self.bots:
            if bot.is_up:
                await bot.stop(signal.SIGKILL)
        await self._rows.dispose()


def all_ask(people: Iterable[Person]) -> None:
    """Let each send a photo, and a voice of another length."""
    for number, person in enumerate(people):
        person.sends_photo(PORTRAIT)
        person.sends_voice(brief_voice(1.0 + number / 4))


@asynccontextmanager
async def fleet_in(world: World, at: str = SERVER) -> AsyncIterator[Fleet]:
    """A fleet without a ship yet, on a database of its own at a server."""
    name = f"fleet_{secrets.token_hex(6)}"
    server = create_async_engine(at, isolation_level="AUTOCOMMIT", poolclass=sa.NullPool)
    async with server.connect() as connection:
        await connection.execute(sa.text(f"CREATE DATABASE {name}"))
    url = sa.make_url(at).set(database=name).render_as_string(hide_password=False)
    world.ledger_is_whole = False  # that of SQLite; the fleet's is on the server
    try:
        async with Pipe() as balancer:
            fleet = Fleet(world, url, balancer)
            try:
                yield fleet
            finally:
                fleet.tell()
                await fleet.end()
    finally:
        async with server.connect() as connection:
            await connection.execute(sa.text(f"DROP DATABASE {name} WITH (FORCE)"))
        await server.dispose()


def place_of(url: str) -> tuple[str, int]:
    """Return the host and port of an address."""
    parts = urlsplit(url)
    return str(parts.hostname), int(parts.port or socket.getservbyname(parts.scheme.partition("+")[0]))
