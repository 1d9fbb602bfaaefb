"""The access log: what was asked and how it went, without anything that would let a reader ask again."""

import logging

import structlog
from aiohttp import web
from aiohttp.abc import AbstractAccessLogger
from aiohttp.http_exceptions import HttpProcessingError

log = structlog.get_logger(__name__)
level = logging.getLogger(__name__)


class AccessLog(AbstractAccessLogger):
    """Writes one line an answer: the route instead of the path, for a link's path holds its key.

    What went well is a line for debugging only: a line costs half as much again as the answer itself.
    """

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Write down one answer; `time` is how long it took, in seconds."""
        well = response.status < 400
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


def error_log() -> logging.Logger:
    """The log of aiohttp's own troubles, without those that a stranger makes.

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
