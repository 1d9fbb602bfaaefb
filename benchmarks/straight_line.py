"""The baseline of `bench_latency`: a bot that does the same calls one after the other, and keeps nothing anywhere.

One person at a time, everything in memory: no rows, no drafts, no queue, no retries; a kill loses it all.
"""

import asyncio
import os
import sys
import tempfile
from collections.abc import Callable
from pathlib import Path

import aiohttp
from aiohttp import web
from telegram import Bot, File, Message, ReplyParameters

from bot.dashscope.client import DashscopeClient
from bot.dashscope.types import Verdict
from bot.media.child import run_limited, warm_up
from bot.media.jobs import fit_portrait, fit_voice, make_thumbnail, mark_video

POLL_SECONDS = 0.5


class StraightLine:
    """What it knows: the last photo of each chat, and what the service said of it."""

    def __init__(self, bot: Bot, emo: DashscopeClient, folder: Path, address: str) -> None:
        self.bot = bot
        self.emo = emo
        self.folder = folder
        self.address = address
        self.portraits: dict[int, tuple[str, Verdict]] = {}
        self.files = 0

    async def answer(self, message: Message) -> None:
        """A photo is looked at; a voice becomes a video."""
        if message.photo:
            portrait = await self.keep(await message.photo[-1].get_file(), fit_portrait, "jpg")
            verdict = await self.emo.detect(self.link(portrait), "1:1")
            self.portraits[message.chat_id] = portrait.name, verdict
            await message.reply_text("Good photo.")
        elif message.voice:
            await self.speak(message, await self.keep(await message.voice.get_file(), fit_voice, "wav"))

    async def keep(self, file: File, fit: Callable[[Path, Path], object], extension: str) -> Path:
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
        assert verdict.face_box
        assert verdict.ext_box
        task_id = await self.emo.submit(
            image_url=self.link(self.folder / portrait),
            audio_url=self.link(voice),
            face_box=verdict.face_box,
            ext_box=verdict.ext_box,
            style="normal",
        )
        card = await message.reply_text("In the works.")
        while not (task := await self.emo.poll(task_id)).ended:
            await asyncio.sleep(POLL_SECONDS)
        video, marked, thumbnail = (self.folder / f"{voice.stem}{end}" for end in (".mp4", "-marked.mp4", ".jpg"))
        await self.emo.download(task.video_url or "", video, 500_000_000)
        facts = await run_limited(mark_video(video, marked, in_picture=False))
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
            line = StraightLine(bot, DashscopeClient(session, service, key), Path(folder), address)
            offset = 0
            while True:
                for update in await bot.get_updates(offset=offset, timeout=30, read_timeout=40):
                    offset = update.update_id + 1
                    if update.message is not None:
                        await line.answer(update.message)


if __name__ == "__main__":
    sys.exit(asyncio.run(main()))
