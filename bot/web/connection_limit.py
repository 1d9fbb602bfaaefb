"""A limit on connections: those beyond it are turned away, so that the bot has descriptors left for all else.

Without descriptors a process cannot open its database or reach Telegram, and asyncio, where it cannot accept, logs a
traceback for each place in the backlog, every second.
"""

import asyncio
import time
from collections.abc import Callable

import structlog
from aiohttp import web

log = structlog.get_logger(__name__)

BACKLOG = 1024
"""Connections that may wait to be accepted; asyncio accepts so many at once before it looks at any of them."""

LEFT_BACKLOGS = 4
"""Backlogs of descriptors that connections leave: one accepted, one told to go, one closing, and one for the bot."""

QUIET_SECONDS = 60.0
"""Between two words on it in the log."""


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
    """What makes the protocol of each new connection: the server's own, as long as it has fewer than so many."""
    told = -QUIET_SECONDS

    def admit() -> asyncio.BaseProtocol:
        nonlocal told
        if len(server.connections) < most:
            return server()
        if time.monotonic() - told >= QUIET_SECONDS:
            told = time.monotonic()
            log.warning("too many connections: who comes is turned away until some leave", connections=most)
        return TurnedAway()

    return admit


class TurnedAway(asyncio.Protocol):
    """A connection that is closed at once."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Close it."""
        assert isinstance(transport, asyncio.Transport)  # noqa: S101 - this is a stream
        transport.abort()
