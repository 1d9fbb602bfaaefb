import io
from collections.abc import AsyncIterator, Callable, Coroutine
from typing import Any

import aiohttp
import pytest
from PIL import Image
from telegram import Bot
from telegram.ext import Application, ApplicationBuilder

from bot.sandbox.telegram import Person, TelegramServer
from tests.sandbox.telegram import contract

Api = Callable[..., Coroutine[Any, Any, Any]]


class Refused(Exception):
    """What the API answered instead of a result."""

    def __init__(self, status: int, body: dict[str, Any]) -> None:
        super().__init__(f"{status} {body['description']}")
        self.status = status
        self.body = body


@pytest.fixture(autouse=True)
def durations(monkeypatch: pytest.MonkeyPatch) -> None:
    """Take python-telegram-bot's durations as timedelta, which it will make the only way."""
    monkeypatch.setenv("PTB_TIMEDELTA", "1")


def picture(width: int = 640, height: int = 480, kind: str = "JPEG") -> bytes:
    buffer = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(buffer, kind)
    return buffer.getvalue()


@pytest.fixture
async def server() -> AsyncIterator[TelegramServer]:
    """A server; at the end every answer and update that it gave is held against the Bot API."""
    async with TelegramServer(webhook_pause=0.01) as running:
        yield running
        wrong: list[str] = []
        for event in running.world.log.since(0):
            if event.kind == "update":
                wrong += contract.check(event.data["update"], ["Update"], "update")
            elif event.kind == "answer" and event.data["ok"]:
                method = event.data["method"]
                wrong += contract.check(event.data["result"], contract.returns(method), method)
        assert wrong == []
        assert [line for line in running.violations if "sandbox failed" in line] == []


@pytest.fixture
def alice(server: TelegramServer) -> Person:
    person = server.person("Alice", username="alice_in")
    person.starts()
    return person


@pytest.fixture
async def api(server: TelegramServer) -> AsyncIterator[Api]:
    """Call a method with JSON; gives the result or raises Refused."""
    async with aiohttp.ClientSession() as session:

        async def call(method: str, form: aiohttp.FormData | None = None, **params: Any) -> Any:
            url = f"{server.url}/bot{server.token}/{method}"
            async with session.post(url, data=form) if form else session.post(url, json=params) as answer:
                body = await answer.json()
            if not body["ok"]:
                assert answer.status == body["error_code"]
                raise Refused(answer.status, body)
            assert answer.status == 200
            return body["result"]

        yield call


@pytest.fixture
async def bot(server: TelegramServer) -> AsyncIterator[Bot]:
    """python-telegram-bot, not polling."""
    async with Bot(server.token, base_url=f"{server.url}/bot", base_file_url=f"{server.url}/file/bot") as ready:
        yield ready


@pytest.fixture
async def app(server: TelegramServer) -> AsyncIterator[Application[Any, Any, Any, Any, Any, Any]]:
    """A python-telegram-bot application that polls; tests add handlers."""
    builder = ApplicationBuilder().token(server.token)
    built = builder.base_url(f"{server.url}/bot").base_file_url(f"{server.url}/file/bot").build()
    async with built:
        await built.start()
        assert built.updater is not None
        await built.updater.start_polling(poll_interval=0)
        yield built
        await built.updater.stop()
        await built.stop()
