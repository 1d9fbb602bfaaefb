"""The server: its routes, and the port that it listens on.

CannotListen        the address of LISTEN cannot be had; the text says what to do
└── PortTaken       another program has it

A proxy in front forwards `/media/`, `/telegram` and `/health` and nothing else: `/metrics` is on the same port and for
this machine only.
"""

import errno
import resource
import socket
from collections.abc import Awaitable, Callable
from typing import Any

from aiohttp import web
from prometheus_client import REGISTRY, CollectorRegistry

from bot.web.access_log import AccessLog, error_log, tell_refusals
from bot.web.connection_limit import LimitedSite
from bot.web.media import add_media
from bot.web.state import add_health, add_metrics
from bot.web.webhook import add_webhook
from storage.links import Links
from storage.objects import Objects

DESCRIPTORS = 32_768

SHUTDOWN_SECONDS = 5.0
"""How long a stop waits for answers under way."""

IDLE_SECONDS = 130.0
"""How long a connection may stay without a whole request; Caddy lets go of one after 120 s, nginx after 60."""

UNREAD_SECONDS = 60.0
"""How long a reader may take nothing of what was sent, before the kernel cuts the connection."""

LINGERING_SECONDS = 2.0
"""How long the rest of a refused body is read and thrown away, so that the refusal arrives."""


class CannotListen(Exception):
    """The address cannot be listened on; the text says what to do."""


class PortTaken(CannotListen):
    """Another program listens on this port."""


def build_web(
    links: Links,
    objects: Objects,
    *,
    webhook: Callable[[bytes], Awaitable[None]] | None,
    webhook_secret: str | None,
    health: Callable[[], Awaitable[dict[str, Any]]],
    registry: CollectorRegistry = REGISTRY,
) -> web.Application:
    """Join the routes to what answers them.

    Args:
        webhook: takes the body of one update and returns once it is safe; without it there is no webhook.
        webhook_secret: what Telegram was told to send along; needed with a webhook.
        health: what to say at `/health`; its `ok` decides between 200 and 503.
        registry: what `/metrics` shows.
    """
    app = web.Application(client_max_size=1024**2)
    app.on_response_prepare.append(_cut_if_unread)
    app.cleanup_ctx.append(tell_refusals)
    add_media(app, links, objects)
    add_health(app, health)
    add_metrics(app, registry)
    if webhook is not None:
        add_webhook(app, webhook, webhook_secret)
    return app


async def serve(app: web.Application, host: str, port: int) -> web.AppRunner:
    """Listen until the runner's `cleanup()`; port 0 takes a free one, found in the runner's `addresses`.

    Raises:
        PortTaken: another program has it.
        CannotListen: the address is not this machine's, or not this user's to have.
    """
    runner = web.AppRunner(
        app,
        access_log_class=AccessLog,
        logger=error_log(),
        shutdown_timeout=SHUTDOWN_SECONDS,
        keepalive_timeout=IDLE_SECONDS,
        lingering_time=LINGERING_SECONDS,
        auto_decompress=False,  # nobody who may ask sends compressed bodies, and a small one can hold gigabytes
    )
    descriptors = _allow_many_connections()
    await runner.setup()
    try:
        await LimitedSite(runner, host, port, descriptors).start()
    except OSError as error:
        await runner.cleanup()
        raise _cannot_listen(error, host, port) from error
    return runner


async def _cut_if_unread(request: web.Request, _response: web.StreamResponse) -> None:
    """Have the kernel end a connection whose reader takes nothing: it would hold its file open for ever."""
    connection = request.get_extra_info("socket")
    if connection is not None and hasattr(socket, "TCP_USER_TIMEOUT"):  # Linux
        connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_USER_TIMEOUT, int(UNREAD_SECONDS * 1000))


def _allow_many_connections() -> int:
    """Each connection and each file sent is a descriptor; shells often allow 1,024 where many more may be had.

    Returns:
        How many this process may have open.
    """
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = DESCRIPTORS if most == resource.RLIM_INFINITY else min(DESCRIPTORS, most)
    if allowed == resource.RLIM_INFINITY or allowed >= wanted:
        return wanted
    resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, most))
    return wanted


def _cannot_listen(error: OSError, host: str, port: int) -> CannotListen:
    if error.errno == errno.EADDRINUSE:
        return PortTaken(f"{host}:{port} is taken by another program; stop that one, or set LISTEN to another port")
    if error.errno == errno.EACCES:
        return CannotListen(f"this user may not listen on {host}:{port}; set LISTEN to a port above 1023")
    if isinstance(error, socket.gaierror) or error.errno in (errno.EADDRNOTAVAIL, None):  # None: asyncio tried them all
        return CannotListen(f"{host} is no address of this machine; set LISTEN to 127.0.0.1:{port} or 0.0.0.0:{port}")
    return CannotListen(f"cannot listen on {host}:{port} ({error.strerror or error}); set LISTEN to another address")
