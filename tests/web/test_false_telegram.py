"""Mallory posts to the webhook as if she were Telegram; nothing of hers is taken, nor even read."""

import asyncio
import gzip
from collections.abc import AsyncIterator
from contextlib import suppress

import aiohttp
import pytest

from bot.web.server import build_web, serve
from tests.web.conftest import SECRET, World
from tests.web.wire import request, send, statuses

pytestmark = pytest.mark.usefixtures("closed_mouth")

NAME = "X-Telegram-Bot-Api-Secret-Token"
GOOD = f"{NAME}: {SECRET}"
BODY = b'{"update_id": 1}'
LENGTH = f"Content-Length: {len(BODY)}"


@pytest.fixture
async def hasty(world: World, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[None]:
    """The same server, which listens to the rest of a refused body for a shorter time."""
    monkeypatch.setattr("bot.web.server.LINGERING_SECONDS", 0.2)
    app = build_web(world.links, world.objects, webhook=world.take, webhook_secret=SECRET, health=world.health)
    runner = await serve(app, "127.0.0.1", 0)
    world.port = runner.addresses[0][1]
    yield
    await runner.cleanup()


@pytest.mark.parametrize(
    "headers",
    [
        [],
        [f"{NAME}:"],
        [f"{NAME}: {SECRET[:-1]}"],
        [f"{NAME}: {SECRET}x"],
        [f"{NAME}: {SECRET.upper()}"],
        [f"{NAME}: {SECRET}, {SECRET}"],
        [f'{NAME}: "{SECRET}"'],
        [f"{NAME}: Bearer {SECRET}"],
        [f"{NAME}: \udcff\udcfe"],
        [f"{NAME}: {'x' * 8000}"],
        [GOOD, f"{NAME}: wrong"],
        [f"{NAME}: wrong", GOOD],
        [GOOD, GOOD],
        [f"X-{GOOD}"],
        [GOOD.replace("-", "_")],
        [f"Authorization: {SECRET}"],
        [f"Cookie: {NAME}={SECRET}"],
    ],
)
async def test_without_just_the_secret_nothing_is_taken(world: World, headers: list[str]) -> None:
    answer = await send(world.port, request("/telegram", *headers, LENGTH, method="POST", last=True) + BODY)
    assert statuses(answer) == [403]
    assert world.updates == []


async def test_the_secret_elsewhere_or_with_another_method_opens_nothing(world: World) -> None:
    for method in ("GET", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE"):
        answer = await send(world.port, request("/telegram", GOOD, LENGTH, method=method, last=True) + BODY)
        assert statuses(answer) == [405]
    for target in (
        "/telegram/",
        "//telegram",
        "/Telegram",
        "/telegram.",
        "/x/../telegram",
        "/telegram;x",
        "/telegra%6",
    ):
        answer = await send(world.port, request(target, GOOD, LENGTH, method="POST", last=True) + BODY)
        assert statuses(answer)[0] in (400, 404), target
    assert world.updates == []


async def test_a_stranger_is_refused_before_the_body_is_there(world: World) -> None:
    reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
    writer.write(request("/telegram", "Content-Length: 1000000000000", method="POST"))
    async with asyncio.timeout(30):
        head = await reader.readuntil(b"\r\n")
    assert b" 403 " in head
    writer.close()


async def test_a_stranger_is_not_asked_for_the_body_and_telegram_is(hasty: None, world: World) -> None:
    expecting = ("Expect: 100-continue", LENGTH)
    refused = await send(world.port, request("/telegram", *expecting, method="POST", last=True), seconds=30)
    assert statuses(refused)[0] == 403
    reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
    writer.write(request("/telegram", GOOD, *expecting, method="POST", last=True))
    async with asyncio.timeout(30):
        assert b" 100 " in await reader.readuntil(b"\r\n\r\n")
        writer.write(BODY)
        assert statuses(await reader.read()) == [200]
    writer.close()
    assert world.updates == [BODY]


async def test_a_huge_body_is_cut_off(hasty: None, world: World) -> None:
    """What is more than a megabyte is not kept, and a stranger's is not listened to for long."""
    chunk = b"10000\r\n" + b"x" * 65_536 + b"\r\n"
    for secret, status in ((GOOD, 413), ("X: y", 403)):
        reader, writer = await asyncio.open_connection("127.0.0.1", world.port)
        writer.write(request("/telegram", secret, "Transfer-Encoding: chunked", method="POST"))
        answering = asyncio.create_task(reader.readuntil(b"\r\n"))
        with suppress(ConnectionError):
            async with asyncio.timeout(10):  # a TimeoutError: still listening
                while True:
                    writer.write(chunk)
                    await writer.drain()
                    await asyncio.sleep(0.01)
        assert str(status).encode() in await answering
        writer.transport.abort()
    assert world.updates == []


async def test_a_small_body_that_unpacks_to_gigabytes_is_left_packed(
    world: World, client: aiohttp.ClientSession
) -> None:
    bomb = gzip.compress(bytes(50_000_000), 9)
    headers = {"Content-Encoding": "gzip"}
    for path in ("/telegram", "/media/x", "/health"):
        async with client.post(world.address + path, data=bomb, headers=headers) as answer:
            assert answer.status in (403, 405)
    async with client.post(f"{world.address}/telegram", data=bomb, headers={**headers, NAME: SECRET}) as answer:
        assert answer.status == 200
    assert world.updates == [bomb]


async def test_strangers_in_crowds_do_not_keep_telegram_waiting(world: World) -> None:
    half = request("/telegram", "Content-Length: 1000000", method="POST") + b"x" * 1000
    crowd = [asyncio.create_task(send(world.port, half, seconds=5)) for _ in range(200)]
    whole = request("/telegram", GOOD, LENGTH, method="POST", last=True) + BODY
    assert statuses(await send(world.port, whole)) == [200]
    for each in crowd:
        each.cancel()
    await asyncio.gather(*crowd, return_exceptions=True)
    assert world.updates == [BODY]
