"""How the page's POST requests are read and answered: JSON or a form with files in, JSON out."""

import json
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from aiohttp import BodyPartReader, web

Fields = dict[str, Any]
PageAction = Callable[[Fields], Awaitable[dict[str, Any] | None]]


@dataclass(frozen=True)
class Given:
    """A file from the browser."""

    name: str
    mime: str
    data: bytes


def answer_with(action: PageAction) -> Callable[[web.Request], Awaitable[web.Response]]:
    """A handler that reads JSON or a form, runs the action, and answers in JSON."""

    async def handle(request: web.Request) -> web.Response:
        try:
            fields = await (read_form(request) if request.content_type == "multipart/form-data" else read(request))
            return web.json_response(await action(fields) or {})
        except KeyError as error:
            return web.json_response({"error": f"something is missing or unknown: {error.args[0]}"})
        except (ValueError, TypeError) as error:
            return web.json_response({"error": str(error)})

    return handle


async def read(request: web.Request) -> Fields:
    """The fields of a JSON body; raises ValueError."""
    fields = json.loads(await request.read())
    if not isinstance(fields, dict):
        raise ValueError("the body is not a JSON object")
    return fields


async def read_form(request: web.Request) -> Fields:
    """The fields of a form, its files under `files`."""
    fields: Fields = {"files": []}
    async for part in await request.multipart():
        if isinstance(part, BodyPartReader) and part.filename is not None:
            mime = part.headers.get("Content-Type", "")
            fields["files"].append(Given(part.filename, mime, bytes(await part.read(decode=True))))
        elif isinstance(part, BodyPartReader) and part.name:
            fields[part.name] = await part.text()
    return fields
