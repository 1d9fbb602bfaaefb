"""Telegram's updates, the health check, the metrics, and an address that cannot be had."""

import asyncio
import errno
import io
import socket
from typing import Any

import aiohttp
import pytest
from structlog.testing import capture_logs

import bot.web.connection_limit
import bot.web.state
from bot.web.server import CannotListen, PortTaken, build_web, serve
from tests.web.conftest import SECRET, World, raw

HEADER = "X-Telegram-Bot-Api-Secret-Token"


async def post(world: World, client: aiohttp.ClientSession, body: Any = b'{"update_id": 1}', **headers: str) -> int:
    async with client.post(f"{world.address}/telegram", data=body, headers=headers) as answer:
        return answer.status


async def test_an_update_with_the_secret_is_taken(world: World, client: aiohttp.ClientSession) -> None:
    assert await post(world, client, **{HEADER: SECRET}) == 200
    assert world.updates == [b'{"update_id": 1}']


@pytest.mark.parametrize("given", [{}, {HEADER: ""}, {HEADER: SECRET[:-1]}, {HEADER: SECRET + "x"}, {HEADER: "é"}])
async def test_an_update_without_the_secret_is_refused(
    world: World, client: aiohttp.ClientSession, given: dict[str, str]
) -> None:
    assert await post(world, client, **given) == 403
    assert world.updates == []


async def test_the_secret_in_the_query_does_not_count(world: World, client: aiohttp.ClientSession) -> None:
    async with client.post(f"{world.address}/telegram?{HEADER}={SECRET}", data=b"{}") as answer:
        assert answer.status == 403


async def test_an_update_is_acknowledged_only_once_it_is_safe(world: World, client: aiohttp.ClientSession) -> None:
    writing, safe = asyncio.Event(), asyncio.Event()

    async def write(body: bytes) -> None:
        writing.set()
        await safe.wait()

    app = build_web(world.links, world.objects, webhook=write, webhook_secret=SECRET, health=world.health)
    runner = await serve(app, "127.0.0.1", 0)
    world.port = runner.addresses[0][1]
    posting = asyncio.create_task(post(world, client, **{HEADER: SECRET}))
    await writing.wait()
    assert not posting.done()
    safe.set()
    assert await posting == 200
    await runner.cleanup()


async def test_an_update_that_could_not_be_taken_is_asked_for_again(
    world: World, client: aiohttp.ClientSession
) -> None:
    world.fault = RuntimeError("database is locked")
    with capture_logs() as lines:
        assert await post(world, client, **{HEADER: SECRET}) == 500
    assert any("will send it again" in line["event"] for line in lines)
    world.fault = None
    assert await post(world, client, **{HEADER: SECRET}) == 200


async def test_a_body_that_is_too_large_is_not_read(world: World, client: aiohttp.ClientSession) -> None:
    assert await post(world, client, io.BytesIO(b"x" * (1024**2 + 1)), **{HEADER: SECRET}) == 413
    assert world.updates == []


async def test_a_webhook_answers_to_post_only(world: World) -> None:
    status, _ = await raw(world, "/telegram")
    assert status == 405


async def test_no_webhook_without_a_secret(world: World) -> None:
    for secret in (None, ""):
        with pytest.raises(ValueError, match="needs a secret"):
            build_web(world.links, world.objects, webhook=world.take, webhook_secret=secret, health=world.health)


async def test_without_a_webhook_there_is_no_such_place(world: World, client: aiohttp.ClientSession) -> None:
    app = build_web(world.links, world.objects, webhook=None, webhook_secret=None, health=world.health)
    runner = await serve(app, "127.0.0.1", 0)
    world.port = runner.addresses[0][1]
    assert await post(world, client, **{HEADER: SECRET}) == 404
    await runner.cleanup()


@pytest.mark.parametrize(("said", "status"), [({"ok": True, "waiting": 2}, 200), ({"ok": False}, 503), ({}, 503)])
async def test_health_says_how_it_is(
    world: World, client: aiohttp.ClientSession, said: dict[str, Any], status: int
) -> None:
    world.said = said
    async with client.get(f"{world.address}/health") as answer:
        assert (answer.status, await answer.json()) == (status, said)


async def test_a_health_check_that_fails_or_hangs_is_not_well(
    world: World, client: aiohttp.ClientSession, monkeypatch: pytest.MonkeyPatch
) -> None:
    world.fault = RuntimeError("password is hunter2")
    async with client.get(f"{world.address}/health") as answer:
        assert (answer.status, await answer.json()) == (503, {"ok": False})

    async def hang() -> dict[str, Any]:
        await asyncio.Event().wait()
        return {}

    monkeypatch.setattr(bot.web.state, "HEALTH_SECONDS", 0.05)
    app = build_web(world.links, world.objects, webhook=None, webhook_secret=None, health=hang)
    runner = await serve(app, "127.0.0.1", 0)
    async with client.get(f"http://127.0.0.1:{runner.addresses[0][1]}/health") as answer:
        assert (answer.status, await answer.json()) == (503, {"ok": False})
    await runner.cleanup()


async def test_metrics_are_there_for_prometheus(world: World, client: aiohttp.ClientSession) -> None:
    async with client.get(f"{world.address}/metrics") as answer:
        assert answer.headers["Content-Type"].startswith("text/plain")
        assert "videos_total 3.0" in await answer.text()


async def test_a_taken_port_is_said_with_what_to_do(world: World) -> None:
    with pytest.raises(PortTaken, match="set LISTEN to another port"):
        await serve(aiohttp.web.Application(), "127.0.0.1", world.port)


@pytest.mark.parametrize(
    ("fault", "advice"),
    [
        (OSError(errno.EADDRNOTAVAIL, "Cannot assign requested address"), "no address of this machine"),
        (OSError("could not bind on any address out of []"), "no address of this machine"),
        (socket.gaierror(socket.EAI_NONAME, "Name or service not known"), "no address of this machine"),
        (OSError(errno.EACCES, "Permission denied"), "port above 1023"),
        (OSError(errno.EMFILE, "Too many open files"), "Too many open files"),
    ],
)
async def test_an_address_that_cannot_be_had_is_said_with_what_to_do(
    monkeypatch: pytest.MonkeyPatch, fault: OSError, advice: str
) -> None:
    async def fail(_site: object) -> None:
        raise fault

    monkeypatch.setattr(bot.web.connection_limit.LimitedSite, "start", fail)
    with pytest.raises(CannotListen, match=advice) as refused:
        await serve(aiohttp.web.Application(), "192.0.2.1", 80)
    assert "192.0.2.1" in str(refused.value)
    assert "LISTEN" in str(refused.value)


async def test_stopping_does_not_wait_for_a_reader_that_does_not_read(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(bot.web.server, "SHUTDOWN_SECONDS", 0.1)
    app = build_web(world.links, world.objects, webhook=None, webhook_secret=None, health=world.health)
    runner = await serve(app, "127.0.0.1", 0)
    world.port = runner.addresses[0][1]
    url = world.local(await world.link(b"x" * 20_000_000, "mp4"))
    _, writer = await asyncio.open_connection("127.0.0.1", world.port, limit=1024)
    writer.write(f"GET {url.raw_path_qs} HTTP/1.1\r\nHost: bot\r\n\r\n".encode())
    await writer.drain()
    async with asyncio.timeout(30):
        await runner.cleanup()
    writer.close()
