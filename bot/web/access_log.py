"""The access log: what was asked and how it went, without anything that would let a reader ask again."""

import asyncio
import logging
from collections import Counter
from collections.abc import AsyncIterator

import structlog
from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.http_exceptions import HttpProcessingError

log = structlog.get_logger(__name__)
level = logging.getLogger(__name__)

TOLD_SECONDS = 60.0

_refused: Counter[str] = Counter()
"""By status and route, since they were told."""


class AccessLog(AbstractAccessLogger):
    """Writes one line an answer: the route instead of the path, for a link's path holds its key.

    A line costs half as much again as the answer itself. So what went well, and what was refused, is one for debugging
    only; refusals are counted, and told together.
    """

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Write down one answer; `time` is how long it took, in seconds."""
        if 400 <= response.status < 500:
            _refused[f"{response.status} {_route(request)}"] += 1
        well = response.status < 500
        if well and not level.isEnabledFor(logging.DEBUG):
            return
        write = log.debug if well else log.info
        write(
            "answered",
            method=request.method,
            route=_route(request),
            status=response.status,
            size=response.content_length,
            seconds=round(time, 4),
        )


async def tell_refusals(_app: web.Application) -> AsyncIterator[None]:
    """Log once a minute how many requests were refused, while the server runs."""

    def tell() -> None:
        if _refused:
            log.info("requests were refused", counts=dict(_refused))
            _refused.clear()

    async def keep_telling() -> None:
        while True:
            await asyncio.sleep(TOLD_SECONDS)
            tell()

    telling = asyncio.create_task(keep_telling())
    yield
    telling.cancel()
    tell()


def error_log() -> logging.Logger:
    """Return the log of aiohttp's own troubles, without those that a stranger makes.

    The errors of malformed requests quote their URLs; a reader who takes nothing is a TimeoutError of the socket.
    """
    logger = logging.getLogger("aiohttp.server")
    logger.addFilter(_is_ours)
    return logger


def _is_ours(record: logging.LogRecord) -> bool:
    return record.exc_info is None or not isinstance(record.exc_info[1], HttpProcessingError | TimeoutError)


def _route(request: web.BaseRequest) -> str:
    match = getattr(request, "_match_info", None)  # the public name asserts that the request could be parsed
    resource = match.route.resource if match else None
    return resource.canonical if resource else "none"
