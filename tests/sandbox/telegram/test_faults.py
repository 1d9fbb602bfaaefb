"""The server can be told to fail, and to say when a call comes."""

import asyncio
from urllib.parse import urlsplit

import pytest
from aiohttp import web
from telegram import Bot
from telegram.error import NetworkError, RetryAfter, TelegramError

from bot.sandbox.faults import Fault
from bot.sandbox.telegram import Person, TelegramServer


async def test_an_answer_that_is_swallowed_is_a_message_that_was_sent(server: TelegramServer, bot: Bot, alice: Person):
    server.faults.add(Fault("sendVideo", drop="after"))
    with pytest.raises(NetworkError):
        await bot.send_video(alice.user.id, b"video")
    assert (await alice.sees_video()).media_path.read_bytes() == b"video"


async def test_a_call_that_is_cut_did_nothing(server: TelegramServer, bot: Bot, alice: Person):
    server.faults.add(Fault("sendMessage", drop="before"))
    with pytest.raises(NetworkError):
        await bot.send_message(alice.user.id, "lost")
    await bot.send_message(alice.user.id, "found")
    assert [message.text for message in server.chat_history(alice)] == ["/start", "found"]


async def test_a_flood_and_a_failure_by_order(server: TelegramServer, bot: Bot, alice: Person):
    body = {"ok": False, "error_code": 429, "description": "Too Many Requests", "parameters": {"retry_after": 7}}
    server.faults.add(Fault("sendMessage", status=429, body=body))
    server.faults.add(
        Fault("sendMessage", status=502, body={"ok": False, "error_code": 502, "description": "Bad Gateway"})
    )
    with pytest.raises(RetryAfter, match=r"0:00:07|7 seconds"):
        await bot.send_message(alice.user.id, "x")
    with pytest.raises(TelegramError, match="Bad Gateway"):
        await bot.send_message(alice.user.id, "x")
    await bot.send_message(alice.user.id, "x")


async def test_a_download_can_fail(server: TelegramServer, bot: Bot, alice: Person):
    sent = alice.sends_document(b"bytes")
    file = await bot.get_file(sent.file.file_id)
    server.faults.add(Fault("file", status=500))
    with pytest.raises(NetworkError):
        await file.download_as_bytearray()
    assert bytes(await file.download_as_bytearray()) == b"bytes"


async def test_a_watcher_hears_before_and_after_the_work(server: TelegramServer, bot: Bot, alice: Person):
    told: list[tuple[str, int]] = []

    def watcher(when: str):
        def watch(request: web.Request) -> None:
            told.append((when, len(server.chat_history(alice))))

        return watch

    server.faults.watch("sendMessage", "before", watcher("before"))
    server.faults.watch("sendMessage", "after", watcher("after"))
    await bot.send_message(alice.user.id, "x")
    assert told == [("before", 1), ("after", 2)]


async def test_a_caller_that_hangs_up_half_way_has_broken_no_rule(server: TelegramServer):
    began, ended = asyncio.Event(), asyncio.Event()
    server.faults.watch("sendMessage", "before", lambda _: began.set())
    server.faults.watch("sendMessage", "after", lambda _: ended.set())
    place = urlsplit(server.url)
    _, writer = await asyncio.open_connection(place.hostname, place.port)
    head = f"POST /bot{server.token}/sendMessage HTTP/1.1\r\nHost: {place.netloc}\r\nContent-Length: 500\r\n"
    writer.write(f"{head}Content-Type: application/x-www-form-urlencoded\r\n\r\nchat_id=1".encode())
    await asyncio.wait_for(began.wait(), 60)
    writer.transport.abort()
    await asyncio.wait_for(ended.wait(), 60)
    assert server.violations == []
