"""The access log: what was asked and how it went, without anything that would let a reader ask again."""

import structlog
from aiohttp import web
from aiohttp.abc import AbstractAccessLogger

log = structlog.get_logger(__name__)


class AccessLog(AbstractAccessLogger):
    """Writes one line an answer: the route instead of the path, for a link's path holds its key."""

    def log(self, request: web.BaseRequest, response: web.StreamResponse, time: float) -> None:
        """Write down one answer; `time` is how long it took, in seconds."""
        log.info(
            "answered",
            method=request.method,
            route=_route(request),
            status=response.status,
            size=response.content_length,
            seconds=round(time, 4),
        )


def _route(request: web.BaseRequest) -> str:
    match = request.match_info if isinstance(request, web.Request) else None
    resource = match.route.resource if match else None
    return resource.canonical if resource else "none"
