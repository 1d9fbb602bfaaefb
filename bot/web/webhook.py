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

    def refuse_strangers(request: web.Request) -> None:
        given = [value.encode("utf-8", "surrogateescape") for value in request.headers.getall(SECRET_HEADER, ())]
        if not hmac.compare_digest(expected, given[0] if len(given) == 1 else b""):
            raise web.HTTPForbidden

    async def invite(request: web.Request) -> None:
        """Answer `Expect: 100-continue`: a stranger's body is not asked for."""
        refuse_strangers(request)
        if request.transport is not None and request.headers["Expect"].lower() == "100-continue":
            request.transport.write(b"HTTP/1.1 100 Continue\r\n\r\n")

    async def receive(request: web.Request) -> web.Response:
        refuse_strangers(request)
        body = await request.read()
        try:
            await webhook(body)
        except Exception:
            log.exception("an update could not be taken; Telegram will send it again")
            return web.Response(status=500)
        return web.Response()

    app.router.add_post("/telegram", receive, expect_handler=invite)
