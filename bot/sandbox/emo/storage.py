"""The service's storage, a site of its own: it gives out videos for a time and takes uploads by form."""

import asyncio
import base64
import hashlib
import hmac
import json
import secrets
import uuid
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any, Literal
from urllib.parse import urlencode

from aiohttp import BodyPartReader, web

from bot.sandbox.emo.refusal import invalid
from bot.sandbox.emo.tasks import Clock
from bot.sandbox.faults import Faults, cut

Spoil = Literal["dead", "garbage", "large", "cut"]

POLICY_LIFE = timedelta(minutes=5)
UPLOAD_LIFE = timedelta(hours=48)
LARGEST_UPLOAD = 100 * 1024 * 1024
LARGE_VIDEO = 51 * 1024 * 1024
MODELS = ("emo-detect-v1", "emo-v1")


class Storage:
    """Videos and uploads.

    Args:
        folder: where they lie.
        clock: tells the time, in UTC.
        video_life: how long a video's link lives.
        faults: faults of `video` and `upload`.
    """

    def __init__(self, folder: Path, clock: Clock, video_life: timedelta, faults: Faults) -> None:
        self.url = ""
        self.spoils: list[Spoil] = []
        self._folder = folder
        self._clock = clock
        self._life = video_life
        self._faults = faults
        self._secret = secrets.token_bytes(32)
        self._uploads: dict[str, tuple[str, datetime, Path]] = {}

    def routes(self) -> list[web.RouteDef]:
        """What the site answers."""
        return [web.get("/videos/{task_id}.mp4", self._give), web.post("/", self._receive)]

    def video_path(self, task_id: str) -> Path:
        """Where the video of a task lies, or will."""
        return self._folder / f"{task_id}.mp4"

    def video_url(self, task_id: str, ended_at: datetime) -> str:
        """A link that lives from the end of the task on."""
        expires = str(int((ended_at + self._life).timestamp()))
        query = {"Expires": expires, "OSSAccessKeyId": "SANDBOX", "Signature": self._sign(f"{task_id}\n{expires}")}
        return f"{self.url}/videos/{task_id}.mp4?{urlencode(query)}"

    def policy(self, model: str) -> dict[str, Any]:
        """What an upload for a model needs to know.

        Raises:
            Refusal: there is no such model.
        """
        if model not in MODELS:
            raise invalid("The model is invalid.")
        folder = f"dashscope-instant/{uuid.uuid4().hex}"
        ends = (self._clock() + POLICY_LIFE).timestamp()
        policy = base64.b64encode(json.dumps({"model": model, "folder": folder, "ends": ends}).encode()).decode()
        return {
            "policy": policy,
            "signature": self._sign(policy),
            "upload_dir": folder,
            "upload_host": self.url,
            "expire_in_seconds": int(POLICY_LIFE.total_seconds()),
            "max_file_size_mb": LARGEST_UPLOAD // (1024 * 1024),
            "capacity_limit_mb": 999999999,
            "oss_access_key_id": "SANDBOX",
            "x_oss_object_acl": "private",
            "x_oss_forbid_overwrite": "true",
        }

    def uploaded(self, link: str, model: str) -> Path | None:
        """The file behind an `oss://` link, while it lives and for the model that it was uploaded for."""
        bound, ends, path = self._uploads.get(link.removeprefix("oss://"), ("", self._clock(), Path()))
        return path if bound == model and self._clock() < ends else None

    def _sign(self, text: str) -> str:
        return base64.b64encode(hmac.digest(self._secret, text.encode(), hashlib.sha1)).decode()

    async def _give(self, request: web.Request) -> web.StreamResponse:
        return await self._faults.answer("video", request, lambda: self._video(request))

    async def _receive(self, request: web.Request) -> web.StreamResponse:
        return await self._faults.answer("upload", request, lambda: self._take(request))

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

    async def _take(self, request: web.Request) -> web.StreamResponse:
        fields: dict[str, str] = {}
        body = None
        try:
            async for part in await request.multipart():
                if isinstance(part, BodyPartReader) and part.name == "file":
                    body = bytes(await part.read(decode=False))
                elif isinstance(part, BodyPartReader) and part.name:
                    fields[part.name] = await part.text()
            policy, key = fields["policy"], fields["key"].replace("${filename}", "file")
            if not hmac.compare_digest(self._sign(policy).encode(), fields["Signature"].encode()):
                return _no(403, "SignatureDoesNotMatch", "The signature does not match.")
            terms = json.loads(base64.b64decode(policy))
        except (KeyError, ValueError, AssertionError):
            return _no(400, "MalformedPOSTRequest", "A field is missing or broken.")
        if body is None or len(body) > LARGEST_UPLOAD:
            return _no(400, "EntityTooLarge" if body else "MalformedPOSTRequest", "The file is missing or too large.")
        if self._clock().timestamp() >= terms["ends"] or not key.startswith(terms["folder"] + "/"):
            return _no(403, "AccessDenied", "Invalid according to the policy.")
        if key in self._uploads:
            return _no(409, "FileAlreadyExists", "The object is there already.")
        path = self._folder / uuid.uuid4().hex
        await asyncio.to_thread(path.write_bytes, body)
        self._uploads[key] = (terms["model"], self._clock() + UPLOAD_LIFE, path)
        return web.Response(status=200 if fields.get("success_action_status") == "200" else 204)


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
