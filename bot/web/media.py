"""The links' route: `GET|HEAD /media/{key}.{ext}?expires=…&kid=…&signature=…`.

403 for what we did not sign: nothing is looked up, so that it tells nothing about keys. 410 for what has expired or was
revoked. 404 for a good link whose row or file is gone, 503 while a bucket does not give the file.
"""

from pathlib import Path

import sqlalchemy as sa
import structlog
from aiohttp import web

from storage.links import LinkRow, Links, UrlState
from storage.objects import Objects
from storage.passing import cause_of
from storage.store import StoreTrouble

log = structlog.get_logger(__name__)

CONTENT_TYPES = {
    "bmp": "image/bmp",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "m4a": "audio/mp4",
    "mp3": "audio/mpeg",
    "mp4": "video/mp4",
    "ogg": "audio/ogg",
    "png": "image/png",
    "wav": "audio/wav",
    "webp": "image/webp",
}
HEADERS = {
    "Cache-Control": "private, no-store",
    "Content-Disposition": "inline",
    "X-Content-Type-Options": "nosniff",
}
SIGNED = ("expires", "kid", "signature")

ROW = web.RequestKey("row", LinkRow)


def add_media(app: web.Application, links: Links, objects: Objects) -> None:
    """Serve objects through their links."""

    async def send(request: web.Request) -> web.StreamResponse:
        row = await _admit(links, request)
        path = objects.at_hand(row.sha, row.extension) or await _fetch(objects, row)
        request[ROW] = row
        content_type = CONTENT_TYPES.get(row.extension, "application/octet-stream")
        return web.FileResponse(path, headers={**HEADERS, "Content-Type": content_type})

    async def note_fetch(request: web.Request, response: web.StreamResponse) -> None:
        """Write down a fetch before its first byte goes out: a kill in between must not hide it."""
        row = request.get(ROW)
        if row is None or row.fetched_at is not None or not _has_bytes(request, response):
            return
        try:
            await links.mark_fetched(row.key)
        except sa.exc.SQLAlchemyError as error:
            log.error("a fetch could not be written down; the connection is dropped", error=type(error).__name__)
            raise ConnectionResetError("not written down") from error

    app.on_response_prepare.append(note_fetch)
    app.router.add_get("/media/{name:.*}", send)


async def _admit(links: Links, request: web.Request) -> LinkRow:
    """Return the row of a link that may be served now."""
    path = request.raw_path.partition("?")[0]
    query = request.query
    once = all(len(query.getall(name, ())) == 1 for name in SIGNED)
    state = links.verify(path, query)
    if state is UrlState.FORGED or not once:
        raise web.HTTPForbidden(headers=HEADERS)
    if state is UrlState.EXPIRED:
        raise web.HTTPGone(headers=HEADERS)
    try:
        row = await links.find(path.removeprefix("/media/").partition(".")[0])
    except sa.exc.SQLAlchemyError as error:
        log.error("a link could not be looked up", error=type(error).__name__)
        raise web.HTTPServiceUnavailable(headers={**HEADERS, "Retry-After": "5"}) from error
    if row is None or path != f"/media/{row.name}":
        raise web.HTTPNotFound(headers=HEADERS)
    if row.revoked_at is not None:
        raise web.HTTPGone(headers=HEADERS)
    return row


async def _fetch(objects: Objects, row: LinkRow) -> Path:
    """Copy a file from the bucket to this machine."""
    try:
        kept = await objects.get(row.sha)
        if kept is None:
            raise web.HTTPNotFound(headers=HEADERS)
        async with objects.reading(kept) as path:
            return path
    except (StoreTrouble, sa.exc.SQLAlchemyError) as error:
        log.error("a file of a link could not be fetched", error=type(error).__name__, why=cause_of(error))
        raise web.HTTPServiceUnavailable(headers={**HEADERS, "Retry-After": "5"}) from error


def _has_bytes(request: web.Request, response: web.StreamResponse) -> bool:
    return request.method == "GET" and response.status in (200, 206) and bool(response.content_length)
