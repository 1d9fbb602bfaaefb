"""How the bot is: `/health` for whoever restarts it, `/metrics` for Prometheus on this machine."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import sqlalchemy as sa
import structlog
from aiohttp import web
from prometheus_client import CollectorRegistry
from prometheus_client.exposition import CONTENT_TYPE_LATEST, generate_latest
from sqlalchemy.ext.asyncio import AsyncEngine

log = structlog.get_logger(__name__)

HEALTH_SECONDS = 5.0
FRESH_SECONDS = 1.0
"""So long one look is everybody's answer: who asks a thousand times a second costs no more than who asks once."""


async def health(database: AsyncEngine) -> dict[str, Any]:
    """What `/health` says; raises when the database does not answer."""
    async with database.connect() as connection:
        await connection.execute(sa.text("SELECT 1"))
    return {"ok": True}


def add_health(app: web.Application, health: Callable[[], Awaitable[dict[str, Any]]]) -> None:
    """Answer `/health` with what `health` says: 200, or 503 where its `ok` is not true or it does not answer in 5 s."""
    looking: asyncio.Task[dict[str, Any]] | None = None
    looked_at = 0.0

    async def look() -> dict[str, Any]:
        nonlocal looked_at
        try:
            return await asyncio.wait_for(health(), HEALTH_SECONDS)
        except Exception as error:  # whatever it is, the one who asks must hear that something is wrong
            log.warning("the health check failed", error=type(error).__name__)
            return {"ok": False}
        finally:
            looked_at = time.monotonic()

    async def answer(_request: web.Request) -> web.Response:
        nonlocal looking
        if looking is None or (looking.done() and time.monotonic() - looked_at > FRESH_SECONDS):
            looking = asyncio.create_task(look())
        said = await asyncio.shield(looking)
        return web.json_response(said, status=200 if said.get("ok") is True else 503)

    async def stop(_app: web.Application) -> None:
        if looking is not None:
            looking.cancel()

    app.on_cleanup.append(stop)
    app.router.add_get("/health", answer)


def add_metrics(app: web.Application, registry: CollectorRegistry) -> None:
    """Answer `/metrics` in Prometheus' text format; the proxy must not forward it."""

    async def answer(_request: web.Request) -> web.Response:
        return web.Response(body=generate_latest(registry), headers={"Content-Type": CONTENT_TYPE_LATEST})

    app.router.add_get("/metrics", answer)
