"""Who may talk to the page: a browser on this machine that shows the page itself, and nobody else."""

from aiohttp import web
from aiohttp.typedefs import Handler

from bot.sandbox.guard import check_host

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'self'; img-src 'self' blob: data:; media-src 'self' blob:; object-src 'none'; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "microphone=(self), camera=(), geolocation=()",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
}


@web.middleware
async def guard(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse foreign names of this machine (DNS rebinding) and requests that other sites' pages make."""
    check_host(request)
    if request.method not in ("GET", "HEAD") and request.headers.get("Origin") != f"http://{request.host}":
        raise web.HTTPForbidden(text="Only the page itself may do that.")
    return await handler(request)


async def add_headers(_: web.Request, response: web.StreamResponse) -> None:
    """What every answer carries: nothing from elsewhere, in no frame, as the type it says."""
    for name, value in HEADERS.items():
        response.headers.setdefault(name, value)
    response.headers.setdefault("Cache-Control", "no-cache")
