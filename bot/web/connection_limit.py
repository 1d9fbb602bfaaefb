"""A limit on connections: those beyond it are turned away, so that the bot has descriptors left for all else.

Without descriptors a process cannot open its database or reach Telegram, and asyncio, where it cannot accept, logs a
traceback for each place in the backlog, every second.
"""

import asyncio
import ipaddress
import time
from collections import Counter
from collections.abc import Callable

import structlog
from aiohttp import web

log = structlog.get_logger(__name__)

BACKLOG = 1024
"""Connections that may wait to be accepted; asyncio accepts so many at once before it looks at any of them."""

LEFT_BACKLOGS = 4
"""Backlogs of descriptors that connections leave: one accepted, one told to go, one closing, and one for the bot."""

MOST_OF_ONE = 100
"""Connections of one address of the internet. A proxy in front, on this machine or its network, speaks for many."""

QUIET_SECONDS = 60.0
"""Seconds between two lines about it in the log."""


class LimitedSite(web.BaseSite):
    """Listens on an address, and turns away who comes when the limit is reached.

    Args:
        descriptors: that this process may have open.
    """

    def __init__(self, runner: web.AppRunner, host: str, port: int, descriptors: int) -> None:
        backlog = min(BACKLOG, descriptors // (2 * LEFT_BACKLOGS))
        super().__init__(runner, backlog=backlog)
        self._host, self._port = host, port
        self._most = descriptors - LEFT_BACKLOGS * backlog

    @property
    def name(self) -> str:
        """Where it listens."""
        return f"http://{self._host}:{self._port}"

    async def start(self) -> None:
        """Listen."""
        await super().start()
        server = self._runner.server
        assert server is not None  # noqa: S101 - the runner is set up
        self._server = await asyncio.get_running_loop().create_server(
            admitting(server, self._most), self._host, self._port, backlog=self._backlog
        )


def admitting(server: web.Server, most: int) -> Callable[[], asyncio.BaseProtocol]:
    """Return what makes the protocol of each new connection: the server's own while it has fewer than so many."""
    told = -QUIET_SECONDS
    of_each: Counter[str] = Counter()

    def admit() -> asyncio.BaseProtocol:
        nonlocal told
        if len(server.connections) < most:
            return Door(server(), of_each)
        if time.monotonic() - told >= QUIET_SECONDS:
            told = time.monotonic()
            log.warning("too many connections: who comes is turned away until some leave", connections=most)
        return TurnedAway()

    return admit


def neighbour_of(address: str) -> str | None:
    """Whose connections are counted together: an address, or a network of IPv6; None: a proxy's, which are many's."""
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return None
    if isinstance(found, ipaddress.IPv6Address):
        found = found.ipv4_mapped or found
    if not found.is_global:
        return None
    return str(found) if found.version == 4 else str(ipaddress.ip_network((found, 64), strict=False))


class Door(asyncio.Protocol):
    """Hands a connection on to the server's protocol, unless its address has as many as one may have.

    Args:
        inner: the server's protocol.
        of_each: how many connections each address has.
    """

    def __init__(self, inner: asyncio.Protocol, of_each: "Counter[str]") -> None:
        self._inner, self._of_each = inner, of_each
        self._who: str | None = None
        self._open = False
        self.data_received = inner.data_received  # type: ignore[method-assign]

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Hand it on, or close it."""
        peer = transport.get_extra_info("peername")
        self._who = neighbour_of(peer[0]) if isinstance(peer, tuple) else None
        if self._who is not None:
            self._of_each[self._who] += 1
            if self._of_each[self._who] > MOST_OF_ONE:
                assert isinstance(transport, asyncio.Transport)  # noqa: S101 - this is a stream
                transport.abort()
                return
        self._open = True
        self._inner.connection_made(transport)

    def eof_received(self) -> bool | None:
        """Hand it on."""
        return self._inner.eof_received() if self._open else None

    def connection_lost(self, error: Exception | None) -> None:
        """Count it no longer."""
        if self._who is not None:
            self._of_each[self._who] -= 1
            if not self._of_each[self._who]:
                del self._of_each[self._who]
        if self._open:
            self._inner.connection_lost(error)

    def pause_writing(self) -> None:
        """Hand it on."""
        self._inner.pause_writing()

    def resume_writing(self) -> None:
        """Hand it on."""
        self._inner.resume_writing()


class TurnedAway(asyncio.Protocol):
    """A connection that is closed at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close it."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - this is a stream
        transport.abort()
