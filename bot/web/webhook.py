"""Telegram's webhook: `POST /telegram`, one update a request."""

import hmac
from collections.abc import Awaitable, Callable

import structlog
from aiohttp import web

log = structlog.get_logger(__name__)

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105  (a header's name)


def add_webhook(app: web.Application, webhook: Callable[[bytes], Awaitable[None]], secret: str | None) -> None:
    """Hand updates on; 200 is said only once they are safe, and what fails is sent by Telegram again.

    Raises:
        ValueError: there is no secret, so that anybody could speak as Telegram.
    """
    if not secret:
        raise ValueError("a webhook needs a secret")
    expected = secret.encode()

    async def receive(request: web.Request) -> web.Response:
        given = request.headers.get(SECRET_HEADER, "").encode("utf-8", "surrogateescape")
        if not hmac.compare_digest(expected, given):
            raise web.HTTPForbidden
        body = await request.read()
        try:
            await webhook(body)
        except Exception:
            log.exception("an update could not be taken; Telegram will send it again")
            return web.Response(status=500)
        return web.Response()

    app.router.add_post("/telegram", receive)
