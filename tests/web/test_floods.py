"""Connections that only want to be there, silent, slow or deaf: each is cut off. For ten thousand see `test_crowds`."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import pytest

import bot.web.server
from bot.web.server import build_web, serve
from tests.web.conftest import CONTENT, World
from tests.web.wire import request, target_of


@pytest.fixture
async def short(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """The same server with less patience, by the same rules."""
    monkeypatch.setattr(bot.web.server, "IDLE_SECONDS", 0.5)
    monkeypatch.setattr(bot.web.server, "UNREAD_SECONDS", 0.5)
    monkeypatch.setattr(bot.web.server, "LINGERING_SECONDS", 0.2)
    app = build_web(world.links, world.objects, webhook=world.take, webhook_secret="s" * 40, health=world.health)
    runner = await serve(app, "127.0.0.1", 0)
    world.port = runner.addresses[0][1]
    yield
    await runner.cleanup()


async def trickle(port: int, first: bytes, drop: bytes, seconds: float = 5) -> float:
    """Send `first`, then a drop every now and then; returns the seconds until the server has had enough."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    began = time.monotonic()

    async def drip() -> None:
        with suppress(ConnectionError):
            while True:
                writer.write(drop)
                await asyncio.sleep(0.05)

    writer.write(first)
    dripping = asyncio.create_task(drip())
    try:
        async with asyncio.timeout(seconds):
            with suppress(ConnectionError):
                while await reader.read(65536):
                    pass
        return time.monotonic() - began
    finally:
        dripping.cancel()
        writer.transport.abort()


@pytest.mark.parametrize(
    ("first", "drop"),
    [
        (b"", b""),
        (b"G", b"E"),
        (b"GET /media/", b"A"),
        (b"GET /media/x HTTP/1.1\r\nHost: bot\r\nX-Slow: ", b"y"),
        (b"GET /media/x HTTP/1.1\r\nHost: bot\r\n", b"X: y\r\n"),
        (b"", b"\r\n"),
        (request("/media/x"), b""),
        (request("/media/x"), b"G"),
        (request("/media/x", "Content-Length: 1000000", method="POST"), b"x"),
        (request("/media/x", "Transfer-Encoding: chunked"), b"1\r\nx\r\n"),
        (request("/media/x", "Connection: Upgrade", "Upgrade: websocket"), b"x"),
        (request("127.0.0.1:22", method="CONNECT"), b"x"),
    ],
    ids=[
        "silence",
        "method",
        "path",
        "value",
        "headers",
        "empty-lines",
        "kept-open",
        "second-head",
        "body",
        "chunks",
        "upgrade",
        "tunnel",
    ],
)
async def test_who_does_not_come_to_the_end_of_a_request_is_cut_off(
    world: World, short: None, first: bytes, drop: bytes
) -> None:
    assert await trickle(world.port, first, drop) < 3


async def test_a_reader_that_takes_nothing_is_cut_off_and_its_file_closed(world: World, short: None) -> None:
    target = target_of(world, await world.link(CONTENT * 200, "mp4"))
    deaf = []
    for _ in range(20):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", world.port))
        connection.sendall(request(target) + request("/media/x") * 500)
        deaf.append(connection)
    async with asyncio.timeout(3):
        while readings("mp4") < 20:
            await asyncio.sleep(0.02)
        while readings("mp4"):
            await asyncio.sleep(0.05)
    for connection in deaf:
        connection.close()


def readings(extension: str) -> int:
    """How many times this process holds a file of that extension open."""
    descriptors = list(Path("/proc/self/fd").iterdir())
    return sum(each.is_symlink() and each.readlink().suffix == f".{extension}" for each in descriptors)


async def test_a_slow_reader_that_reads_gets_it_all(world: World, short: None) -> None:
    """What is short is the patience with those who take nothing, not with those who take their time."""
    whole = CONTENT * 100
    target = target_of(world, await world.link(whole, "mp4"))
    reader, writer = await asyncio.open_connection("127.0.0.1", world.port, limit=65_536)
    writer.write(request(target, last=True))
    await reader.readuntil(b"\r\n\r\n")
    came = 0
    while piece := await reader.read(600_000):
        came += len(piece)
        await asyncio.sleep(0.005)
    writer.close()
    assert came == len(whole)


async def test_who_sends_on_and_on_without_reading_is_not_kept_in_memory(world: World, short: None) -> None:
    """Answers that nobody takes are not made: a pipeline waits for its reader."""
    _, writer = await asyncio.open_connection("127.0.0.1", world.port, limit=1024)
    many = request("/media/x") * 1000
    sent = 0
    with suppress(ConnectionError, TimeoutError):
        async with asyncio.timeout(5):
            while sent < 200_000_000:
                writer.write(many)
                await writer.drain()
                sent += len(many)
    assert sent < 50_000_000
    writer.transport.abort()
