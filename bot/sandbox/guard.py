"""Who may talk to the sandbox: programs of this machine, and no page of a browser that shows another site."""

import secrets
from urllib.parse import urlsplit

from aiohttp import web
from aiohttp.typedefs import Handler

HERE = ("127.0.0.1", "localhost", "::1")


@web.middleware
async def guard_port(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse foreign names of this machine (DNS rebinding) and whatever a browser asks for a page.

    A bot sends neither `Origin` nor `Sec-Fetch-Site`; a browser sends one or both with all that a page asks for.
    """
    check_host(request)
    if "Origin" in request.headers or request.headers.get("Sec-Fetch-Site", "none") != "none":
        raise web.HTTPForbidden(text="Bots may ask here, and no page of a browser.")
    return await handler(request)


def check_host(request: web.Request) -> None:
    """Refuse a request that came by a name which is not this machine's own.

    Raises:
        HTTPMisdirectedRequest: it did.
    """
    try:
        name = urlsplit(f"//{request.host}").hostname
    except ValueError:
        name = None
    if name not in HERE:
        raise web.HTTPMisdirectedRequest(text="The sandbox answers to 127.0.0.1 and localhost only.")


def random_token() -> str:
    """Make a bot's token, in the form that Telegram's have; no page of a browser can guess it."""
    return f"123456:AA{secrets.token_hex(17)[:33]}"


def random_key() -> str:
    """Make an API key, in the form that the service's have."""
    return f"sk-{secrets.token_hex(16)}"
