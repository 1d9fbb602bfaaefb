"""The service's storage, a site of its own: it gives out videos for a time and takes uploads."""

import asyncio
import base64
import hashlib
import hmac
import secrets
from datetime import datetime, timedelta
from pathlib import Path
from typing import Literal
from urllib.parse import urlencode

from aiohttp import web

from bot.sandbox.emo.tasks import Clock
from bot.sandbox.emo.uploads import Uploads, refuse
from bot.sandbox.faults import Faults, cut

Spoil = Literal["dead", "garbage", "large", "cut"]

LARGE_VIDEO = 51 * 1024 * 1024


class Storage:
    """Videos and uploads.

    Args:
        folder: where they lie.
        clock: tells the time, in UTC.
        video_life: how long a video's link lives.
        uploads: takes files.
        faults: faults of `video` and `upload`.
    """

    def __init__(self, folder: Path, clock: Clock, video_life: timedelta, uploads: Uploads, faults: Faults) -> None:
        self.url = ""
        self.spoils: list[Spoil] = []
        self._folder = folder
        self._clock = clock
        self._life = video_life
        self._uploads = uploads
        self._faults = faults
        self._secret = secrets.token_bytes(32)

    def routes(self) -> list[web.RouteDef]:
        """What the site answers."""
        return [
            web.get("/videos/{task_id}.mp4", self._give),
            web.post("/", self._receive),
            web.get("/dashscope-instant/{key:.+}", refuse),
        ]

    def video_path(self, task_id: str) -> Path:
        """Where the video of a task lies, or will."""
        return self._folder / f"{task_id}.mp4"

    def video_url(self, task_id: str, ended_at: datetime) -> str:
        """A link that lives from the end of the task on."""
        expires = str(int((ended_at + self._life).timestamp()))
        query = {"Expires": expires, "OSSAccessKeyId": "SANDBOX", "Signature": self._sign(f"{task_id}\n{expires}")}
        return f"{self.url}/videos/{task_id}.mp4?{urlencode(query)}"

    def _sign(self, text: str) -> str:
        return base64.b64encode(hmac.digest(self._secret, text.encode(), hashlib.sha1)).decode()

    async def _give(self, request: web.Request) -> web.StreamResponse:
        return await self._faults.answer("video", request, lambda: self._video(request))

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        return await self._faults.answer("upload", request, lambda: self._uploads.take(request))

    async def _video(self, request: web.Request) -> web.StreamResponse:
        task_id, expires = request.match_info["task_id"], request.query.get("Expires", "")
        signature = request.query.get("Signature", "")
        genuine = hmac.compare_digest(self._sign(f"{task_id}\n{expires}").encode(), signature.encode())
        if not genuine or self._clock().timestamp() >= int(expires):
            return _no(403, "AccessDenied", "Request has expired." if genuine else "The signature does not match.")
        spoil = self.spoils.pop(0) if self.spoils else None
        path = self.video_path(task_id)
        if spoil == "dead" or not path.is_file():
            return _no(404, "NoSuchKey", "The specified key does not exist.")
        if spoil == "garbage":
            return web.Response(body=b"<html>this is not a video</html>" * 400, content_type="video/mp4")
        if spoil == "large":
            path = await asyncio.to_thread(_pad, path, path.with_suffix(".large"))
        if spoil == "cut":
            return await _half(request, path)
        return web.FileResponse(path, headers={"Content-Type": "video/mp4"})


def _no(status: int, code: str, message: str) -> web.Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return web.Response(status=status, text=text, content_type="application/xml")


def _pad(path: Path, target: Path) -> Path:
    """A playable copy that is larger than a bot may send: the rest is an mp4 `free` box of zeros."""
    body = path.read_bytes()
    rest = max(8, LARGE_VIDEO - len(body))
    with target.open("wb") as file:
        file.write(body + rest.to_bytes(4, "big") + b"free")
        file.truncate(len(body) + rest)
    return target


async def _half(request: web.Request, path: Path) -> web.StreamResponse:
    body = await asyncio.to_thread(path.read_bytes)
    response = web.StreamResponse(headers={"Content-Length": str(len(body)), "Content-Type": "video/mp4"})
    await response.prepare(request)
    await response.write(body[: len(body) // 2])
    return cut(request)
