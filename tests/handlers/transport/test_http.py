"""A call to Telegram breaks off somewhere: what is known of it afterwards, and that the token is never told."""

import asyncio
import traceback
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager, suppress

import pytest
from telegram import Bot
from telegram.error import Forbidden, InvalidToken, NetworkError, TelegramError, TimedOut

import handlers.transport.http
from handlers.transport.http import AiohttpRequest, AnswerLate, AnswerLost, NotSent, NotTelegram

TOKEN = "123456:a-token-that-nobody-may-read"
LARGE = bytes(30 * 1024 * 1024)

Peer = Callable[[asyncio.StreamReader, asyncio.StreamWriter], Awaitable[None]]


@asynccontextmanager
async def serving(peer: Peer) -> AsyncIterator[int]:
    """A port at which a peer is met; nothing of it is left at the end."""
    meetings: set[asyncio.Task[None]] = set()

    async def meet(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        meeting = asyncio.current_task()
        assert meeting is not None
        meetings.add(meeting)
        try:
            await peer(reader, writer)
        finally:
            writer.transport.abort()
            with suppress(ConnectionError):
                await writer.wait_closed()

    server = await asyncio.start_server(meet, "127.0.0.1")
    try:
        yield server.sockets[0].getsockname()[1]
    finally:
        server.close()
        for meeting in meetings:
            meeting.cancel()
        await asyncio.gather(*meetings, return_exceptions=True)


@asynccontextmanager
async def bot_against(peer: Peer) -> AsyncIterator[Bot]:
    async with serving(peer) as port:
        bot = await a_bot(port)
        try:
            yield bot
        finally:
            await close(bot)


async def a_bot(port: int) -> Bot:
    address = f"http://127.0.0.1:{port}"
    request = AiohttpRequest(address)
    await request.initialize()
    return Bot(TOKEN, base_url=f"{address}/bot", request=request, get_updates_request=request)


async def close(bot: Bot) -> None:
    await bot.request.shutdown()


async def read_all(reader: asyncio.StreamReader) -> None:
    head = (await reader.readuntil(b"\r\n\r\n")).lower()
    await reader.readexactly(int(head.split(b"content-length: ")[1].split(b"\r\n")[0]))


def is_silent_about_the_token(error: BaseException) -> bool:
    return TOKEN not in "".join(traceback.format_exception(error)) + repr(error)


async def test_nobody_is_there(unused_tcp_port: int) -> None:
    bot = await a_bot(unused_tcp_port)
    with pytest.raises(NotSent, match=r"Cannot connect to host 127\.0\.0\.1") as failed:
        await bot.send_message(1, "Hello")
    await close(bot)
    assert is_silent_about_the_token(failed.value)


async def test_the_answer_never_comes() -> None:
    async def peer(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await read_all(reader)
        await asyncio.sleep(10)

    async with bot_against(peer) as bot:
        with pytest.raises(AnswerLate) as failed:
            await bot.send_message(1, "Hello", read_timeout=0.2)
    assert isinstance(failed.value, TimedOut)
    assert isinstance(failed.value, AnswerLost)


async def test_the_connection_breaks_after_the_request_was_taken() -> None:
    async def peer(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await read_all(reader)

    async with bot_against(peer) as bot:
        with pytest.raises(AnswerLost) as failed:
            await bot.send_message(1, "Hello")
    assert is_silent_about_the_token(failed.value)


async def test_the_connection_breaks_in_the_middle_of_an_upload() -> None:
    async def peer(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.readexactly(1024 * 1024)

    async with bot_against(peer) as bot:
        with pytest.raises(NotSent) as failed:
            await bot.send_video(1, LARGE)
    assert is_silent_about_the_token(failed.value)


async def test_an_upload_comes_to_a_halt(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(handlers.transport.http, "SLOWEST", 10 * len(LARGE))

    async def peer(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        await reader.readexactly(1024)
        await asyncio.sleep(10)

    async with bot_against(peer) as bot:
        with pytest.raises(NotSent):
            await bot.send_video(1, LARGE, pool_timeout=0.1, write_timeout=0.1, read_timeout=0.1)


@pytest.mark.parametrize("answer", [b"\x00\x01 not HTTP\r\n\r\n", b"HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n{"])
async def test_what_answers_is_not_telegram(answer: bytes) -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_all(reader)
        writer.write(answer)
        await writer.drain()
        writer.close()
        await writer.wait_closed()

    async with bot_against(peer) as bot:
        with pytest.raises(AnswerLost) as failed:
            await bot.send_message(1, "Hello")
    assert is_silent_about_the_token(failed.value)


async def test_a_refusal_is_an_answer() -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_all(reader)
        writer.write(b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 3\r\n\r\nbad")
        await writer.drain()

    async with bot_against(peer) as bot:
        with pytest.raises(NetworkError, match="Bad Gateway") as failed:
            await bot.send_message(1, "Hello")
    assert not isinstance(failed.value, AnswerLost | NotSent)


PAGE = b"<html>no</html>"


@pytest.mark.parametrize(
    ("status", "body", "meant"),
    [
        (401, PAGE, NotTelegram),
        (403, PAGE, NotTelegram),
        (404, PAGE, NotTelegram),
        (403, b'{"error": "forbidden"}', NotTelegram),
        (403, b'[{"ok": false}]', NotTelegram),
        (401, b'{"ok": false, "error_code": 401, "description": "Unauthorized"}', InvalidToken),
        (403, b'{"ok": false, "error_code": 403, "description": "Forbidden: bot was blocked by the user"}', Forbidden),
    ],
)
async def test_only_json_that_says_it_is_not_ok_is_telegrams_word(
    status: int, body: bytes, meant: type[TelegramError]
) -> None:
    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_all(reader)
        writer.write(f"HTTP/1.1 {status} No\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body)
        await writer.drain()

    async with bot_against(peer) as bot:
        with pytest.raises(TelegramError) as failed:
            await bot.send_message(1, "Hello")
    assert type(failed.value) is meant


async def test_nobody_follows_an_answer_to_another_place() -> None:
    asked = []

    async def peer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await read_all(reader)
        asked.append(1)
        writer.write(b"HTTP/1.1 307 Elsewhere\r\nLocation: /else\r\nContent-Length: 0\r\n\r\n")
        await writer.drain()

    async with bot_against(peer) as bot:
        with pytest.raises(NetworkError):
            await bot.send_message(1, "Hello")
    assert len(asked) == 1


async def test_a_proxy_of_the_environment_is_used_but_not_for_this_machine(monkeypatch: pytest.MonkeyPatch) -> None:
    asked: list[str] = []

    async def proxy(reader: asyncio.StreamReader, _: asyncio.StreamWriter) -> None:
        asked.append((await reader.readline()).decode())

    async with serving(proxy) as port:
        monkeypatch.setenv("http_proxy", f"http://127.0.0.1:{port}")
        monkeypatch.setenv("no_proxy", "localhost")
        for host in ("telegram.invalid", "localhost"):
            request = AiohttpRequest(f"http://{host}")
            await request.initialize()
            with pytest.raises(NetworkError):
                await Bot(TOKEN, base_url=f"http://{host}:9/bot", request=request).send_message(1, "Hello")
            await request.shutdown()
    assert [line.split("/bot")[0] for line in asked] == ["POST http://telegram.invalid:9"]
