"""Connections that only want to be there, silent, slow or deaf: each is cut off. For ten thousand see `test_crowds`."""

import asyncio
import socket
import time
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import aiohttp
import pytest
from structlog.testing import capture_logs

import bot.web.access_log
import bot.web.connection_limit
import bot.web.server
from bot.web.server import build_web, serve
from tests.web.conftest import CONTENT, World
from tests.web.wire import request, send, target_of


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


async def trickle(port: int, first: bytes, drop: bytes, seconds: float = 40) -> float:
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
    assert await trickle(world.port, first, drop) < 30


async def test_a_reader_that_takes_nothing_is_cut_off_and_its_file_closed(world: World, short: None) -> None:
    target = target_of(world, await world.link(CONTENT * 200, "mp4"))
    deaf = []
    for _ in range(20):
        connection = socket.socket()
        connection.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        connection.connect(("127.0.0.1", world.port))
        connection.sendall(request(target) + request("/media/x") * 500)
        deaf.append(connection)
    async with asyncio.timeout(30):
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


async def test_who_asks_for_health_a_hundred_times_costs_one_look(world: World, client: aiohttp.ClientSession) -> None:
    looks = 0

    async def look() -> dict[str, object]:
        nonlocal looks
        looks += 1
        await asyncio.sleep(0.1)
        return {"ok": True}

    app = build_web(world.links, world.objects, webhook=None, webhook_secret=None, health=look)
    runner = await serve(app, "127.0.0.1", 0)
    address = f"http://127.0.0.1:{runner.addresses[0][1]}/health"

    async def ask() -> int:
        async with client.get(address) as answer:
            return answer.status

    assert set(await asyncio.gather(*(ask() for _ in range(100)))) == {200}
    asked_at_once = looks
    await asyncio.sleep(1.2)
    assert await ask() == 200
    await runner.cleanup()
    assert asked_at_once < 5  # a look is good for a second, however slow this machine is
    assert looks == asked_at_once + 1


async def test_refusals_are_told_together(monkeypatch: pytest.MonkeyPatch, world: World) -> None:
    monkeypatch.setattr(bot.web.access_log, "TOLD_SECONDS", 1000.0)
    bot.web.access_log._refused.clear()
    app = build_web(world.links, world.objects, webhook=None, webhook_secret=None, health=world.health)
    runner = await serve(app, "127.0.0.1", 0)
    port = runner.addresses[0][1]
    with capture_logs() as lines:
        for target in ("/media/forged.jpg", "/media/forged.jpg", "/wp-login.php"):
            await send(port, request(target, last=True))
        await runner.cleanup()
    (told,) = [line for line in lines if "refused" in line["event"]]
    assert told["counts"] == {"403 /media/{name}": 2, "404 none": 1}
    assert "forged" not in repr(lines)


async def test_an_address_has_so_many_connections_and_leaves_others_theirs(
    monkeypatch: pytest.MonkeyPatch, world: World
) -> None:
    monkeypatch.setattr(bot.web.connection_limit, "MOST_OF_ONE", 20)
    monkeypatch.setattr(bot.web.connection_limit, "neighbour_of", lambda address: address)

    async def knock() -> asyncio.StreamWriter | None:
        reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
        try:
            async with asyncio.timeout(0.2):
                await reader.read(1)
        except TimeoutError:
            return writer
        except ConnectionError:
            pass
        writer.close()
        return None

    admitted = [writer for writer in await asyncio.gather(*(knock() for _ in range(30))) if writer is not None]
    assert len(admitted) == 20
    for writer in admitted[:5]:
        writer.close()
        await writer.wait_closed()
    await asyncio.sleep(0.2)
    again = [writer for writer in [await knock() for _ in range(8)] if writer is not None]
    assert len(again) == 5
    for writer in (*admitted[5:], *again):
        writer.close()
        await writer.wait_closed()


@pytest.mark.parametrize(
    ("address", "who"),
    [
        ("127.0.0.1", None),
        ("172.18.0.2", None),
        ("::1", None),
        ("8.8.8.8", "8.8.8.8"),
        ("::ffff:8.8.8.8", "8.8.8.8"),
        ("2606:4700:1:2:3:4:5:6", "2606:4700:1:2::/64"),
    ],
)
def test_a_proxy_speaks_for_many_and_a_network_for_one(address: str, who: str | None) -> None:
    assert bot.web.connection_limit.neighbour_of(address) == who
