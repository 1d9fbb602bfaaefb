"""How the bot is: `/health` for whoever restarts it, `/metrics` for Prometheus on this machine."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest

log = structlog.get_logger(__name__)

HEALTH_SECONDS = 5.0


def add_health(app: web.Application, health: Callable[[], Awaitable[dict[str, Any]]]) -> None:
    """Answer `/health` with what `health` says: 200, or 503 where its `ok` is not true or it does not answer in 5 s."""

    async def answer(_request: web.Request) -> web.Response:
        try:
            said = await asyncio.wait_for(health(), HEALTH_SECONDS)
        except Exception as error:  # whatever it is, the one who asks must hear that something is wrong
            log.warning("the health check failed", error=type(error).__name__)
            said = {"ok": False}
        return web.json_response(said, status=200 if said.get("ok") is True else 503)

    app.router.add_get("/health", answer)


def add_metrics(app: web.Application, registry: CollectorRegistry) -> None:
    """Answer `/metrics` in Prometheus' text format; the proxy must not forward it."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app.router.add_get("/metrics", answer)
