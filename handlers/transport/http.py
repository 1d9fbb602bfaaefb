"""The calls to Telegram go over aiohttp, as those to EMO do.

python-telegram-bot's own way, httpx, takes three to seven times the processor for a call, and does not say as plainly
whether a request had gone out whole when its answer failed to come (`docs/decisions/0006-calls-and-statements.md`).
"""

import io
import json
from collections.abc import Awaitable, Callable
from http import HTTPStatus
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit
from urllib.request import getproxies, proxy_bypass

import aiohttp
from telegram import Bot
from telegram.error import NetworkError, TimedOut
from telegram.request import BaseRequest, RequestData

CONNECTIONS = 64
POOL_SECONDS, CONNECT_SECONDS, READ_SECONDS, WRITE_SECONDS = 30.0, 5.0, 20.0, 20.0
"""How long a call may take to get a connection, to open one, to be answered in part, and to be written."""

LONGEST_ANSWER = 32 * 1024 * 1024
"""Bytes: a file has 20 MB at most, a hundred updates have less."""

SLOWEST = 20_000
"""Bytes a second: an upload has so much more time to be written as it is longer."""


class NotSent(NetworkError):
    """Telegram cannot have got the whole request, so it has not done what was asked."""


class AnswerLost(NetworkError):
    """The request went out whole, and what came back was no answer: Telegram may have done what was asked."""


class AnswerLate(TimedOut, AnswerLost):
    """The same, because nothing came back in time."""


class TooLarge(NetworkError):
    """What answers takes no request of that size."""


class NotTelegram(NetworkError):
    """What refuses is not Telegram but something on the way, a proxy or a firewall: its word says nothing of a chat."""


class UnusableProxy(Exception):
    """The environment names a proxy that speaks no HTTP; the text says what to do."""


class AiohttpRequest(BaseRequest):
    """What python-telegram-bot sends its calls through; its errors never show an address, for the token is in it.

    Args:
        address: of the Bot API; whether a proxy leads there, `HTTPS_PROXY`, `ALL_PROXY` and `NO_PROXY` say.
        local_files: the folder of a Bot API server that runs in local mode on this machine.
        sure: passed before each call: a machine that others may think dead makes none.
    """

    def __init__(
        self, address: str, local_files: Path | None = None, sure: Callable[[], Awaitable[None]] | None = None
    ) -> None:
        self.local_files = local_files
        self._sure = sure
        self._proxy = proxy_to(address)
        self._session: aiohttp.ClientSession | None = None

    @property
    def read_timeout(self) -> float:
        """Seconds that it waits for a part of an answer."""
        return READ_SECONDS

    async def initialize(self) -> None:
        """Open the connections, if they are not open."""
        if self._session is None:
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=CONNECTIONS),
                cookie_jar=aiohttp.DummyCookieJar(),
                headers={"User-Agent": self.USER_AGENT},
                proxy=self._proxy,
            )

    async def shutdown(self) -> None:
        """Close the connections."""
        if self._session is not None:
            await self._session.close()
            self._session = None

    async def do_request(
        self,
        url: str,
        method: str,
        request_data: RequestData | None = None,
        read_timeout: Any = BaseRequest.DEFAULT_NONE,
        write_timeout: Any = BaseRequest.DEFAULT_NONE,
        connect_timeout: Any = BaseRequest.DEFAULT_NONE,
        pool_timeout: Any = BaseRequest.DEFAULT_NONE,
    ) -> tuple[int, bytes]:
        """Make one request; returns the status and the body of its answer, whatever they are.

        Raises:
            NotSent, AnswerLost, TooLarge, NotTelegram: see there.
        """
        assert self._session is not None  # noqa: S101
        if self._sure is not None:
            await self._sure()
        connect, read = _or_else(pool_timeout, POOL_SECONDS), _or_else(read_timeout, READ_SECONDS)
        body, size = _body(request_data)
        write = _or_else(write_timeout, WRITE_SECONDS) + size / SLOWEST
        timeout = aiohttp.ClientTimeout(
            total=None if body is None else connect + write + read,
            connect=connect,
            sock_connect=_or_else(connect_timeout, CONNECT_SECONDS),
            sock_read=read,
        )
        sent = aiohttp.UploadTracker()
        try:
            async with self._session.request(
                method, url, data=body, timeout=timeout, allow_redirects=False, upload_tracker=sent
            ) as answer:
                if answer.status == HTTPStatus.REQUEST_ENTITY_TOO_LARGE:
                    raise TooLarge(answer.reason or "413")
                payload = await _read(answer)
                if answer.status // 100 != 2 and not is_refusal(payload):
                    raise NotTelegram(f"{answer.status} {answer.reason}, from something else than Telegram")
                return answer.status, payload
        except (TooLarge, NotTelegram):
            raise
        except Exception as error:
            raise _meaning(error, sent) from None


async def _read(answer: aiohttp.ClientResponse) -> bytes:
    """Read an answer, unpacked as it comes, up to a length that Telegram never needs."""
    payload = bytearray()
    async for part in answer.content.iter_any():
        payload += part
        if len(payload) > LONGEST_ANSWER:
            raise ValueError("an answer without an end")
    return bytes(payload)


def _meaning(error: Exception, sent: aiohttp.UploadTracker) -> NetworkError:
    # Of aiohttp's errors, those of a connection name the host; others may name the whole address.
    why = str(error) if isinstance(error, aiohttp.ClientConnectorError) else type(error).__name__
    whole = sent.upload_complete
    if not whole.done() or whole.exception() is not None:
        return NotSent(why)
    return AnswerLate(why) if isinstance(error, TimeoutError) else AnswerLost(why)


def local_files_of(bot: Bot) -> Path | None:
    """Return the folder of the local Bot API server that a bot is served by, if it is."""
    return bot.request.local_files if isinstance(bot.request, AiohttpRequest) else None


def is_refusal(payload: bytes) -> bool:
    """Return whether it is Telegram's own word that it does not do as asked: JSON that says `"ok": false`."""
    try:
        said = json.loads(payload)
    except (ValueError, RecursionError):
        return False
    return isinstance(said, dict) and said.get("ok") is False


def _body(data: RequestData | None) -> tuple[aiohttp.FormData | None, int]:
    """Return the form of a request, and how many bytes of files are in it."""
    if data is None or not (data.parameters or data.contains_files):
        return None, 0
    form, size = aiohttp.FormData(data.json_parameters, quote_fields=False), 0
    for name, (filename, content, mime_type) in data.multipart_data.items():
        file = content if isinstance(content, bytes) else content.read()
        size += len(file)
        form.add_field(name, io.BytesIO(file), filename=filename, content_type=mime_type)
    return form, size


def proxy_to(address: str) -> str | None:
    """Return the proxy that the environment names for an address, if one does.

    Raises:
        UnusableProxy: it speaks SOCKS, or something else.
    """
    there, proxies = urlsplit(address), getproxies()
    proxy = proxies.get(there.scheme) or proxies.get("all")
    if proxy is None or proxy_bypass(there.hostname or ""):
        return None
    if not proxy.startswith(("http://", "https://")):
        raise UnusableProxy("HTTPS_PROXY or ALL_PROXY names no HTTP proxy: write http://HOST:PORT, or unset it")
    return proxy


def _or_else(seconds: Any, default: float) -> float:
    return seconds if isinstance(seconds, int | float) else default
