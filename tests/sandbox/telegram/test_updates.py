"""How updates reach the bot: by long poll and by webhook, in order, until they are confirmed."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from typing import Any

import pytest
from aiohttp import web
from telegram import Bot
from telegram.error import Conflict

from bot.sandbox.telegram import Person, TelegramServer
from tests.sandbox.telegram.conftest import Api, Refused

Receive = Callable[[web.Request], Awaitable[web.Response]]


@pytest.fixture
async def hook() -> AsyncIterator[tuple[str, list[Any], list[int]]]:
    """A webhook: its address, what it was sent, and the statuses it answers first."""
    heard: list[Any] = []
    statuses: list[int] = []

    async def receive(request: web.Request) -> web.Response:
        heard.append((request.headers.get("X-Telegram-Bot-Api-Secret-Token"), await request.json()))
        return web.Response(status=statuses.pop(0) if statuses else 200)

    app = web.Application()
    app.router.add_post("/hook", receive)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    yield f"http://127.0.0.1:{runner.addresses[0][1]}/hook", heard, statuses
    await runner.cleanup()


async def test_an_offset_confirms(api: Api, alice: Person):
    alice.sends("two")
    alice.sends("three")
    first = await api("getUpdates", limit=2)
    assert [update["message"]["text"] for update in first] == ["/start", "two"]
    assert await api("getUpdates", limit=2) == first
    rest = await api("getUpdates", offset=first[-1]["update_id"] + 1)
    assert [update["message"]["text"] for update in rest] == ["three"]
    assert await api("getUpdates", offset=rest[-1]["update_id"] + 1) == []


async def test_a_negative_offset_keeps_the_last(api: Api, alice: Person):
    alice.sends("two")
    assert [update["message"]["text"] for update in await api("getUpdates", offset=-1)] == ["two"]
    assert len(await api("getUpdates")) == 1


async def test_only_the_kinds_that_were_asked_for(server: TelegramServer, api: Api, alice: Person):
    await api("getUpdates", allowed_updates=["callback_query"])
    before = len(server.updates())
    alice.sends("unheard")
    assert len(server.updates()) == before
    await api("getUpdates", allowed_updates=[])
    alice.sends("heard")
    assert len(server.updates()) == before + 1


async def test_a_second_poller_ends_the_first(server: TelegramServer, api: Api, bot: Bot):
    asked = asyncio.Event()
    server.faults.watch("getUpdates", "before", lambda _: asked.set())
    first = asyncio.create_task(bot.get_updates(timeout=20))
    await asked.wait()
    await api("getUpdates")
    with pytest.raises(Conflict, match="terminated by other getUpdates request; make sure that only one bot instance"):
        await asyncio.wait_for(first, 60)


async def test_polling_beside_a_webhook(api: Api, hook: tuple[str, list[Any], list[int]]):
    await api("setWebhook", url=hook[0])
    with pytest.raises(Refused, match="409 Conflict: can't use getUpdates method while webhook is active"):
        await api("getUpdates")
    await api("deleteWebhook")
    assert await api("getUpdates") == []
    with pytest.raises(Refused, match="HTTPS URL must be provided"):
        await api("setWebhook", url="http://example.org/hook")


async def test_a_webhook_hears_each_update_in_order_until_it_takes_it(
    server: TelegramServer, bot: Any, hook: tuple[str, list[Any], list[int]], alice: Person
):
    url, heard, statuses = hook
    statuses += [500, 503]
    await bot.set_webhook(url, secret_token="s3cret", max_connections=5)
    for word in ("one", "two", "three"):
        alice.sends(word)
    last = server.updates()[-1]["update_id"]
    await server.world.log.first(
        lambda event: event.kind == "webhook" and event.data == {"update_id": last, "status": 200}, 0, 5
    )
    texts = [body["message"]["text"] for _, body in heard]
    assert texts == ["/start", "/start", "/start", "one", "two", "three"]
    assert {secret for secret, _ in heard} == {"s3cret"}
    info = await bot.get_webhook_info()
    assert (info.url, info.pending_update_count, info.max_connections) == (url, 0, 5)
    assert info.last_error_message.startswith("Wrong response from the webhook: 503")
    assert "s3cret" not in repr(server.world.log.since(0))


async def test_one_chat_does_not_hold_up_another_at_a_webhook(
    server: TelegramServer, api: Api, hook: tuple[str, list[Any], list[int]], alice: Person
):
    url, heard, statuses = hook
    server._postman.pause = 60
    statuses += [500]
    bob = server.person("Bob")
    bob.starts()
    await api("setWebhook", url=url)
    last = server.updates()[-1]["update_id"]
    await server.world.log.first(
        lambda event: event.kind == "webhook" and event.data == {"update_id": last, "status": 200}, 0, 5
    )
    assert len(heard) == 2


async def test_stopping_ends_a_long_poll_at_once(server: TelegramServer, api: Api):
    asked = asyncio.Event()
    server.faults.watch("getUpdates", "before", lambda _: asked.set())
    poll = asyncio.create_task(api("getUpdates", timeout=50))
    await asked.wait()
    server.world.close()
    assert await asyncio.wait_for(poll, 60) == []
