"""The baseline of `bench_latency`: a bot that does the same calls one after the other, and keeps nothing anywhere.

One person at a time, everything in memory: no rows, no drafts, no queue, no retries; a kill loses it all.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Any

import aiohttp
from aiohttp import web
from telegram import Bot, File, Message, ReplyParameters

from bot.media.child import run_limited, warm_up
from bot.media.jobs import Job, Mark, finish_video, fit_portrait, fit_voice, make_thumbnail

POLL_SECONDS = 0.5


class Service:
    """The vendor's documented calls, as a script makes them."""

    def __init__(self, session: aiohttp.ClientSession, base: str, key: str) -> None:
        self._session = session
        self._api = f"{base}/api/v1"
        self._headers = {"Authorization": f"Bearer {key}"}

    async def detect(self, image_url: str) -> dict[str, Any]:
        """Where the face is."""
        body = {"model": "emo-detect-v1", "input": {"image_url": image_url}, "parameters": {"ratio": "1:1"}}
        return await self._call("POST", "services/aigc/image2video/face-detect", json=body)

    async def submit(self, given: dict[str, Any]) -> str:
        """Hand a task in; returns its id."""
        body = {"model": "emo-v1", "input": given, "parameters": {"style_level": "normal"}}
        headers = {"X-DashScope-Async": "enable"}
        path = "services/aigc/image2video/video-synthesis"
        return str((await self._call("POST", path, json=body, headers=headers))["task_id"])

    async def video_url(self, task_id: str) -> str:
        """Ask until the task has ended; returns where its video is."""
        while (task := await self._call("GET", f"tasks/{task_id}"))["task_status"] in ("PENDING", "RUNNING"):
            await asyncio.sleep(POLL_SECONDS)
        return str(task["results"]["video_url"])

    async def download(self, url: str, target: Path) -> None:
        """Fetch a video."""
        async with self._session.get(url) as answer:
            target.write_bytes(await answer.read())

    async def _call(self, method: str, path: str, headers: dict[str, str] | None = None, **body: Any) -> dict[str, Any]:
        headers = self._headers | (headers or {})
        async with self._session.request(method, f"{self._api}/{path}", headers=headers, **body) as answer:
            return dict((await answer.json())["output"])


class StraightLine:
    """What it knows: the last photo of each chat, and what the service said of it."""

    def __init__(self, bot: Bot, service: Service, folder: Path, address: str) -> None:
        self.bot = bot
        self.service = service
        self.folder = folder
        self.address = address
        self.portraits: dict[int, tuple[str, dict[str, Any]]] = {}
        self.files = 0

    async def answer(self, message: Message) -> None:
        """A photo is looked at; a voice becomes a video."""
        if message.photo:
            portrait = await self.keep(await message.photo[-1].get_file(), fit_portrait, "jpg")
            verdict = await self.service.detect(self.link(portrait))
            self.portraits[message.chat_id] = portrait.name, verdict
            await message.reply_text("Good photo.")
        elif message.voice:
            voice = await self.keep(await message.voice.get_file(), partial(fit_voice, limit=60.0), "wav")
            await self.speak(message, voice)

    async def keep(self, file: File, fit: Callable[[Path, Path], Job[Any]], extension: str) -> Path:
        """Fetch a file and make it fit."""
        self.files += 1
        source, target = self.folder / f"sent-{self.files}", self.folder / f"{self.files}.{extension}"
        await file.download_to_drive(source)
        await run_limited(fit(source, target))
        return target

    def link(self, path: Path) -> str:
        """Where the service finds a file."""
        return f"{self.address}/media/{path.name}"

    async def speak(self, message: Message, voice: Path) -> None:
        """Submit, poll, fetch, deliver."""
        portrait, verdict = self.portraits[message.chat_id]
        boxes = {"face_bbox": verdict["face_bbox"], "ext_bbox": verdict["ext_bbox"]}
        links = {"image_url": self.link(self.folder / portrait), "audio_url": self.link(voice)}
        task_id = await self.service.submit(links | boxes)
        card = await message.reply_text("In the works.")
        url = await self.service.video_url(task_id)
        video, marked, thumbnail = (self.folder / f"{voice.stem}{end}" for end in (".mp4", "-marked.mp4", ".jpg"))
        await self.service.download(url, video)
        facts = await run_limited(finish_video(video, marked, Mark("en"), 50_000_000))
        await run_limited(make_thumbnail(marked, thumbnail))
        await self.bot.send_chat_action(message.chat_id, "upload_video")
        with marked.open("rb") as film, thumbnail.open("rb") as small:
            await self.bot.send_video(
                message.chat_id,
                film,
                thumbnail=small,
                width=facts.width,
                height=facts.height,
                duration=round(facts.seconds),
                reply_parameters=ReplyParameters(message.message_id),
            )
        await card.delete()


async def main() -> None:
    """Run until killed."""
    token, telegram, service, key, address, listen = (
        os.environ[name]
        for name in (
            "TELEGRAM_BOT_TOKEN",
            "TELEGRAM_API_URL",
            "DASHSCOPE_BASE_URL",
            "DASHSCOPE_API_KEY",
            "PUBLIC_URL",
            "LISTEN",
        )
    )
    bot = Bot(token, base_url=f"{telegram}/bot", base_file_url=f"{telegram}/file/bot")
    with tempfile.TemporaryDirectory() as folder:
        app = web.Application()
        app.router.add_static("/media", folder)
        runner = web.AppRunner(app, access_log=None)
        await runner.setup()
        host, _, port = listen.rpartition(":")
        await web.TCPSite(runner, host, int(port)).start()
        warm_up()
        async with bot, aiohttp.ClientSession() as session:
            line = StraightLine(bot, Service(session, service, key), Path(folder), address)
            offset = 0
            while True:
                for update in await bot.get_updates(offset=offset, timeout=30, read_timeout=40):
                    offset = update.update_id + 1
                    if update.message is not None:
                        await line.answer(update.message)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
