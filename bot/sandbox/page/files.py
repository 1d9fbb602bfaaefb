"""The bytes that the page shows: files of chats, finished videos, pictures of tasks, samples, waveforms."""

import asyncio

from aiohttp import web

from bot.sandbox.emo import EmoServer
from bot.sandbox.page.cast import Cast
from bot.sandbox.page.recording import waveform
from bot.sandbox.telegram import TelegramServer

TYPES = {"photo": "image/jpeg", "thumbnail": "image/jpeg", "video": "video/mp4", "video_note": "video/mp4"}
TYPES |= {"animation": "video/mp4", "voice": "audio/ogg"}
SAFE = {
    *("image/jpeg", "image/png", "image/webp", "image/gif", "video/mp4", "video/webm"),
    *("audio/mpeg", "audio/ogg", "audio/mp4", "audio/wav", "audio/x-wav", "audio/webm"),
}
"""Types that a browser shows without running anything in them."""


class Files:
    """Gives out bytes, with ranges, so that videos can be wound."""

    def __init__(self, telegram: TelegramServer, emo: EmoServer | None, cast: Cast) -> None:
        self._files = telegram.world.files
        self._emo = emo
        self._cast = cast
        self._waveforms: dict[str, list[int]] = {}

    def routes(self) -> list[web.RouteDef]:
        """What is given out."""
        return [
            web.get("/files/{path:.+}", self._file),
            web.get("/waveforms/{path:.+}", self._waveform),
            web.get("/samples/{name}", self._sample),
            web.get("/tasks/{task_id}.jpg", self._picture),
            web.get("/tasks/{task_id}.mp4", self._video),
        ]

    async def _file(self, request: web.Request) -> web.StreamResponse:
        stored = self._files.at(request.match_info["path"])
        if stored is None:
            raise web.HTTPNotFound
        kind = TYPES.get(stored.kind) or str(stored.facts.get("mime_type", ""))
        if stored.kind == "sticker":
            kind = "video/webm" if stored.facts.get("is_video") else "image/webp"
        headers = {"Content-Type": kind, "Cache-Control": "private, max-age=3600"}
        if kind not in SAFE:
            headers |= {"Content-Type": "application/octet-stream", "Content-Disposition": "attachment"}
        return web.FileResponse(stored.path, headers=headers)

    async def _waveform(self, request: web.Request) -> web.StreamResponse:
        stored = self._files.at(request.match_info["path"])
        if stored is None:
            raise web.HTTPNotFound
        if stored.file_id not in self._waveforms:
            self._waveforms[stored.file_id] = await asyncio.to_thread(lambda: waveform(stored.path.read_bytes()))
        return web.json_response(self._waveforms[stored.file_id])

    async def _sample(self, request: web.Request) -> web.StreamResponse:
        sample = self._cast.samples.get(request.match_info["name"])
        if sample is None:
            raise web.HTTPNotFound
        return web.FileResponse(sample.path)

    async def _picture(self, request: web.Request) -> web.StreamResponse:
        task = self._emo.tasks.get(request.match_info["task_id"]) if self._emo else None
        if task is None or task.picture is None:
            raise web.HTTPNotFound
        return web.Response(body=task.picture, content_type="image/jpeg")

    async def _video(self, request: web.Request) -> web.StreamResponse:
        task = self._emo.tasks.get(request.match_info["task_id"]) if self._emo else None
        if task is None or task.video is None:
            raise web.HTTPNotFound
        return web.FileResponse(task.video, headers={"Content-Type": "video/mp4"})
