"""A served store: objects, links with a clock of their own, and a server on loopback."""

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator, Iterator
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path

import aiohttp
import pytest
from prometheus_client import CollectorRegistry, Counter
from sqlalchemy.ext.asyncio import AsyncEngine
from structlog.testing import capture_logs
from yarl import URL

from bot.web.server import build_web, serve
from storage.database import open_database
from storage.link_keys import LinkKey
from storage.links import Link, Links
from storage.objects import Object, Objects

OLD, NEW = LinkKey("old", b"o" * 32), LinkKey("new", b"n" * 32)
NOON = 1_800_000_000.0
PUBLIC = "https://bot.example/prefix"
CONTENT = bytes(range(256)) * 400
SECRET = "secret-of-the-webhook"


@dataclass
class World:
    """All that is on this side of the server, and its address."""

    database: AsyncEngine
    root: Path
    objects: Objects
    links: Links
    now: float = NOON
    port: int = 0
    said: dict[str, object] = field(default_factory=lambda: {"ok": True})
    updates: list[bytes] = field(default_factory=list)
    fault: Exception | None = None
    issued: list[URL] = field(default_factory=list)

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    def local(self, link: Link) -> URL:
        """Where the proxy would ask for a link."""
        return URL(self.address + link.url.removeprefix(PUBLIC), encoded=True)

    async def keep(self, content: bytes = CONTENT, extension: str = "jpg") -> Object:
        with self.objects.scratch() as folder:
            (folder / "file").write_bytes(content)
            return await self.objects.add(folder / "file", extension=extension, kind="portrait")

    async def link(self, content: bytes = CONTENT, extension: str = "jpg") -> Link:
        link = await self.links.issue(await self.keep(content, extension))
        self.issued.append(self.local(link))
        return link

    async def take(self, body: bytes) -> None:
        if self.fault is not None:
            raise self.fault
        self.updates.append(body)

    async def health(self) -> dict[str, object]:
        if self.fault is not None:
            raise self.fault
        return self.said


@pytest.fixture
async def world(tmp_path: Path, migrated_file: Path) -> AsyncIterator[World]:
    shutil.copy(migrated_file, tmp_path / "bot.db")
    database = open_database(f"sqlite+aiosqlite:///{tmp_path}/bot.db")
    root = tmp_path / "objects"
    made = World(
        database, root, Objects(root, database), Links(database, [OLD], PUBLIC, timedelta(days=1), lambda: made.now)
    )
    registry = CollectorRegistry()
    Counter("videos", "Videos made.", registry=registry).inc(3)
    app = build_web(
        made.links,
        made.objects,
        webhook=made.take,
        webhook_secret=SECRET,
        health=made.health,
        registry=registry,
    )
    runner = await serve(app, "127.0.0.1", 0)
    made.port = runner.addresses[0][1]
    yield made
    await runner.cleanup()
    await database.dispose()


@pytest.fixture
def closed_mouth(world: World, caplog: pytest.LogCaptureFixture) -> Iterator[None]:
    """Whatever a test does to the server, no key, signature or secret comes into the log."""
    for name in ("aiohttp", "asyncio", "bot"):
        caplog.set_level(logging.DEBUG, name)
    with capture_logs() as lines:
        yield
    everything = repr(lines) + caplog.text
    for url in world.issued:
        for secret in (url.query["signature"], url.path.split("/")[2].partition(".")[0]):
            assert secret not in everything
    for secret in (SECRET, "o" * 32, "n" * 32):
        assert secret not in everything


@pytest.fixture
async def client() -> AsyncIterator[aiohttp.ClientSession]:
    async with aiohttp.ClientSession() as session:
        yield session


async def raw(world: World, target: str, method: str = "GET", **headers: str) -> tuple[int, bytes]:
    """Ask for a target exactly as written; gives the status and the body."""
    reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
    lines = [f"{method} {target} HTTP/1.1", "Host: bot", "Connection: close"]
    lines += [f"{name.replace('_', '-')}: {value}" for name, value in headers.items()]
    writer.write("\r\n".join([*lines, "", ""]).encode("utf-8", "surrogateescape"))
    answer = await reader.read()
    writer.close()
    await writer.wait_closed()
    head, _, body = answer.partition(b"\r\n\r\n")
    return int(head.split()[1]), body
