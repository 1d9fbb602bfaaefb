"""One call of a bot: its parameters and uploaded files, whichever way they came."""

import json
from dataclasses import dataclass, field
from pathlib import Path
from tempfile import NamedTemporaryFile
from typing import Any

from aiohttp import BodyPartReader, web

from bot.sandbox.telegram.refusal import bad_request, too_large

CHUNK = 1 << 16
SECRETS = ("secret_token",)


@dataclass(frozen=True)
class Upload:
    """A file as it came in a multipart form; `path` is a temporary file of ours."""

    path: Path
    name: str
    mime: str
    size: int


@dataclass
class Call:
    """A method's name, its parameters (typed by the table later) and the uploaded parts by name."""

    method: str
    params: dict[str, Any] = field(default_factory=dict)
    uploads: dict[str, Upload] = field(default_factory=dict)

    def get(self, name: str, default: Any = None) -> Any:
        """A parameter, or `default`."""
        return self.params.get(name, default)

    def shown(self) -> dict[str, Any]:
        """The parameters as they may be shown: secrets hidden, files by their size."""
        hidden = {name: "…" if name in SECRETS else value for name, value in self.params.items()}
        return hidden | {name: f"<{part.name}, {part.size} bytes>" for name, part in self.uploads.items()}


async def read_call(request: web.Request, method: str, folder: Path, max_bytes: int) -> Call:
    """Read a request of any of the API's four forms.

    Args:
        request: GET or POST; query, urlencoded, JSON or multipart.
        method: the canonical name.
        folder: where uploaded parts are written.
        max_bytes: how much may be uploaded; more is read and thrown away, so that the caller hears the refusal.

    Raises:
        Refusal: 413 too large, or 400 for a body that cannot be read.
    """
    call = Call(method, dict(request.query))
    if request.method != "POST":
        return call
    kind = request.content_type
    if kind == "multipart/form-data":
        await read_parts(request, call, folder, max_bytes)
    elif kind == "application/json":
        body = await request.text()
        try:
            values = json.loads(body) if body else {}
        except ValueError:
            raise bad_request("can't parse JSON object in the request") from None
        if not isinstance(values, dict):
            raise bad_request("can't parse JSON object in the request")
        call.params.update({name: value for name, value in values.items() if value is not None})
    else:
        call.params.update({name: value for name, value in (await request.post()).items() if isinstance(value, str)})
    return call


async def read_parts(request: web.Request, call: Call, folder: Path, max_bytes: int) -> None:
    """Read a multipart form: texts become parameters, files go to disk."""
    left = max_bytes
    reader = await request.multipart()
    while (part := await reader.next()) is not None:
        if not isinstance(part, BodyPartReader) or part.name is None:
            continue
        if part.filename is None:
            call.params[part.name] = await part.text()
            continue
        upload = await keep_part(part, folder, left)
        left -= upload.size
        call.uploads[part.name] = upload
    if left < 0:
        for upload in call.uploads.values():
            upload.path.unlink(missing_ok=True)
        raise too_large()


async def keep_part(part: BodyPartReader, folder: Path, max_bytes: int) -> Upload:
    """Write one part to disk; past `max_bytes` the bytes are counted but not kept."""
    size = 0
    with NamedTemporaryFile(dir=folder, prefix="upload-", delete=False) as file:
        while chunk := await part.read_chunk(CHUNK):
            size += len(chunk)
            if size <= max_bytes:
                file.write(chunk)
    mime = part.headers.get("Content-Type", "application/octet-stream")
    return Upload(Path(file.name), part.filename or "file", mime, size)
