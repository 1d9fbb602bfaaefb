"""A TCP proxy between two parties that speak HTTP, and the mishaps that it makes of their calls."""

import asyncio
import json
import random
from collections.abc import Callable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Literal, Self
from urllib.parse import urlsplit

Kind = Literal["delay", "refuse", "nonsense", "cut before", "cut inside", "swallow", "garble"]
Outcome = Literal["answered", "not made", "answer lost"]

NONSENSE = b"<html><body>It works!</body></html>"


@dataclass(frozen=True)
class Mishap:
    """What becomes of one call.

    Args:
        kind: `delay` it; `refuse` it by a status; answer `nonsense` in its place; cut the connection `before` it is
            made or `inside` its answer; `swallow` its answer, or `garble` it, after it was made.
        seconds: of the delay.
        status: of the refusal.
        body: of the refusal.
    """

    kind: Kind
    seconds: float = 0.0
    status: int = 0
    body: bytes = b""


@dataclass
class Exchange:
    """One call through a proxy.

    Args:
        party: who was called.
        call: the name of the call.
        line: the request line.
        number: its number among the calls of this name to this party, from 1.
        body: as it was asked.
        mishap: what was made of it.
        outcome: what the caller learned: `not made` and `answer lost` look alike to it.
        status: what the other side answered, None when it was not reached.
    """

    party: str
    call: str
    line: str
    number: int
    body: bytes
    mishap: Mishap | None
    outcome: Outcome = "not made"
    status: int | None = None

    def __str__(self) -> str:
        return f"{self.party} {self.call} #{self.number}: {self.mishap.kind if self.mishap else 'nothing'}"


Moment = Literal["before", "after"]


class Message:
    """One HTTP message as its bytes."""

    def __init__(self, head: bytes, body: bytes) -> None:
        self.head = head
        self.body = body

    @property
    def first_line(self) -> str:
        """The request or status line."""
        return self.head.split(b"\r\n", 1)[0].decode("latin-1")

    def __bytes__(self) -> bytes:
        return self.head + self.body

    @classmethod
    async def read(cls, reader: asyncio.StreamReader, start: bytes = b"", *, bodiless: bool = False) -> Self:
        """Read one message; raises IncompleteReadError at the end of the connection."""
        head = start + await reader.readuntil(b"\r\n\r\n")
        fields = {}
        for line in head.split(b"\r\n")[1:]:
            name, _, value = line.partition(b":")
            fields[name.strip().lower()] = value.strip().lower()
        if bodiless:
            return cls(head, b"")
        if fields.get(b"transfer-encoding") != b"chunked":
            return cls(head, await reader.readexactly(int(fields.get(b"content-length", b"0"))))
        body = b""
        while True:
            size = await reader.readuntil(b"\r\n")
            body += size + await reader.readexactly(int(size, 16) + 2)
            if int(size, 16) == 0:
                return cls(head, body)


class Proxy:
    """Stands before one party.

    Args:
        party: its name.
        upstreams: its addresses: each call goes to one of those that can be reached.
        name: the name of a call by its request line.
        draw: the mishap of a call, or None.
        watch: hears of each call before it is made, and after; may kill whoever made it.
    """

    def __init__(
        self,
        party: str,
        upstreams: str | Sequence[str],
        name: Callable[[str], str],
        draw: Callable[[str, str, int], Mishap | None],
        watch: Callable[[Exchange, Moment], None],
    ) -> None:
        found = [urlsplit(each) for each in ([upstreams] if isinstance(upstreams, str) else upstreams)]
        self.party = party
        self.exchanges: list[Exchange] = []
        self._upstreams = [(str(parts.hostname), int(parts.port or 80)) for parts in found]
        self._name = name
        self._draw = draw
        self._watch = watch
        self._counts: dict[str, int] = {}
        self._server: asyncio.Server | None = None
        self._serving: set[asyncio.Task[None]] = set()

    @property
    def url(self) -> str:
        """Where it listens."""
        assert self._server is not None
        return f"http://127.0.0.1:{self._server.sockets[0].getsockname()[1]}"

    async def __aenter__(self) -> Self:
        self._server = await asyncio.start_server(self._serve, "127.0.0.1", 0, limit=1 << 20)
        return self

    async def __aexit__(self, *_: object) -> None:
        assert self._server is not None
        self._server.close()
        for task in self._serving:
            task.cancel()
        await asyncio.gather(*self._serving, return_exceptions=True)

    async def _serve(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        task = asyncio.current_task()
        assert task is not None
        self._serving.add(task)
        try:
            start = b""
            while True:
                request = await Message.read(reader, start)
                start = await self._carry(request, reader, writer)
        except (asyncio.IncompleteReadError, asyncio.CancelledError, OSError, asyncio.LimitOverrunError):
            pass
        finally:
            self._serving.discard(task)
            writer.transport.abort()

    async def _carry(self, request: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> bytes:
        """Make one call and bring its answer; returns what the caller has already said of the next one."""
        call = self._name(request.first_line)
        number = self._counts[call] = self._counts.get(call, 0) + 1
        mishap = self._draw(self.party, call, number)
        exchange = Exchange(self.party, call, request.first_line, number, request.body, mishap)
        self.exchanges.append(exchange)
        self._watch(exchange, "before")
        mishap = mishap or Mishap("delay")
        await asyncio.sleep(mishap.seconds)
        if mishap.kind == "cut before":
            raise ConnectionAbortedError
        if mishap.kind in ("refuse", "nonsense"):
            status, body = (mishap.status, mishap.body) if mishap.kind == "refuse" else (200, NONSENSE)
            writer.write(_answer(status, body))
            await writer.drain()
            return b""
        answer, start = await self._ask(request, reader)
        exchange.status = int(answer.first_line.split()[1])
        exchange.outcome = "answer lost"
        self._watch(exchange, "after")
        if mishap.kind == "swallow":
            raise ConnectionAbortedError
        if mishap.kind == "garble":
            writer.write(_answer(200, NONSENSE))
        elif mishap.kind == "cut inside":
            whole = bytes(answer)
            writer.write(whole[: len(whole) * 2 // 3])
            await writer.drain()
            writer.close()  # what was written still goes out
            raise ConnectionAbortedError
        else:
            writer.write(bytes(answer))
        await writer.drain()
        if mishap.kind == "delay":
            exchange.outcome = "answered"
        return start

    async def _ask(self, request: Message, caller: asyncio.StreamReader) -> tuple[Message, bytes]:
        """Make the call on a connection of its own; a caller that hangs up meanwhile ends it."""
        reader, writer = await self._connect()
        hung_up = asyncio.create_task(caller.read(1))
        bodiless = request.first_line.startswith("HEAD ")
        asked = asyncio.create_task(self._say(request, reader, writer, bodiless))
        try:
            await asyncio.wait({hung_up, asked}, return_when=asyncio.FIRST_COMPLETED)
            if not asked.done() and hung_up.done() and not hung_up.result():
                raise ConnectionAbortedError
            return await asked, hung_up.result() if hung_up.done() else b""
        finally:
            for task in (hung_up, asked):
                task.cancel()
                with suppress(asyncio.CancelledError, asyncio.IncompleteReadError, OSError):
                    await task
            writer.close()

    async def _connect(self) -> tuple[asyncio.StreamReader, asyncio.StreamWriter]:
        *others, last = random.sample(self._upstreams, len(self._upstreams))
        for upstream in others:
            with suppress(OSError):
                return await asyncio.open_connection(*upstream, limit=1 << 20)
        return await asyncio.open_connection(*last, limit=1 << 20)

    async def _say(
        self, request: Message, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, bodiless: bool
    ) -> Message:
        writer.write(bytes(request))
        await writer.drain()
        return await Message.read(reader, bodiless=bodiless)


def _answer(status: int, body: bytes) -> bytes:
    kind = "application/json" if body.startswith(b"{") else "text/html"
    return f"HTTP/1.1 {status} Said\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\n\r\n".encode() + body


def telegram_refusal(status: int) -> bytes:
    """How Telegram says no, for a moment."""
    said = {"ok": False, "error_code": status, "description": "Too Many Requests: retry after 1"}
    return json.dumps(said | {"parameters": {"retry_after": 1}} if status == 429 else said).encode()


def emo_refusal(status: int) -> bytes:
    """How EMO says no, for a moment."""
    code = {429: "Throttling.RateQuota", 503: "ServiceUnavailable"}.get(status, "InternalError")
    return json.dumps({"code": code, "message": "Please try again later.", "request_id": "-"}).encode()
