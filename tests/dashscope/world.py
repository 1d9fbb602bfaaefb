"""What tests of the EMO client and its stand-in share: a site with a portrait and a voice, and a service for them."""

import io
import wave
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field

import aiohttp
import numpy as np
from aiohttp import web
from PIL import Image

from bot.dashscope.client import DashscopeClient
from bot.dashscope.retries import RetryPolicy
from bot.dashscope.types import Box, Task, Verdict
from bot.engines.emo import emo
from bot.engines.engine import Media, Options
from bot.engines.overrides import Overrides
from bot.sandbox.emo import EmoServer
from tests.still_renderer import detect_centre, render_still, still_engine

HASTE = RetryPolicy(attempts=4, seconds=5.0, first_pause=0.01, longest_pause=0.02)
KEY = "sandbox-key"
FACE, EXT = Box(200, 200, 400, 400), Box(0, 0, 600, 600)
EMO = emo(Overrides())


async def look(client: DashscopeClient, image_url: str, ratio: str = "1:1") -> Verdict:
    """Ask EMO about a portrait."""
    return await client.detect(EMO.look(image_url, Options(ratio)), boxes=True)


async def order(client: DashscopeClient, image_url: str, audio_url: str, verdict: Verdict) -> str:
    """Hand EMO a task in."""
    return await client.submit(EMO.order(Media(image_url, audio_url), verdict, Options("1:1", "normal")))


def picture(width: int = 600, height: int = 600, kind: str = "png", *, plain: bool = False) -> bytes:
    """A picture of a gradient, or of nothing."""
    image = Image.linear_gradient("L").resize((width, height)) if not plain else Image.new("L", (width, height), 90)
    out = io.BytesIO()
    image.convert("RGB").save(out, kind)
    return out.getvalue()


def recording(seconds: float = 1.0) -> bytes:
    """A tone as wav, 8 kHz."""
    time = np.arange(int(8000 * seconds)) / 8000
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes((np.sin(time * 2 * np.pi * 220) * 9000).astype("<i2").tobytes())
    return out.getvalue()


@dataclass
class Site:
    """A site with files, such as the bot's links."""

    url: str = ""
    files: dict[str, bytes] = field(default_factory=dict)

    def put(self, name: str, body: bytes) -> str:
        """Offer a file; its link carries a signature."""
        self.files[name] = body
        return f"{self.url}/{name}?signature=secret"

    async def give(self, request: web.Request) -> web.Response:
        """Answer with the file or 404."""
        body = self.files.get(request.match_info["name"])
        return web.Response(body=body) if body is not None else web.Response(status=404)


@asynccontextmanager
async def serving(application: web.Application) -> AsyncIterator[str]:
    """Serve an application on a free port; gives its address."""
    runner = web.AppRunner(application, access_log=None, shutdown_timeout=0.1)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    try:
        yield f"http://127.0.0.1:{runner.addresses[0][1]}"
    finally:
        await runner.cleanup()


@asynccontextmanager
async def site() -> AsyncIterator[Site]:
    """A site with `portrait.png` and `voice.wav`."""
    made = Site()
    application = web.Application()
    application.router.add_get("/{name}", made.give)
    async with serving(application) as made.url:
        made.put("portrait.png", picture())
        made.put("voice.wav", recording())
        yield made


@dataclass
class World:
    """A site, a service and a client of it."""

    site: Site
    service: EmoServer
    client: DashscopeClient
    session: aiohttp.ClientSession

    @property
    def portrait(self) -> str:
        """The link to the portrait."""
        return f"{self.site.url}/portrait.png?signature=secret"

    @property
    def voice(self) -> str:
        """The link to the voice."""
        return f"{self.site.url}/voice.wav?signature=secret"

    async def submits(self, verdict: Verdict | None = None, **changes: str) -> str:
        """Detect unless that is done, and submit."""
        image_url, audio_url = changes.get("image_url", self.portrait), changes.get("audio_url", self.voice)
        verdict = verdict or await look(self.client, image_url)
        return await order(self.client, image_url, audio_url, verdict)

    async def sees_the_end(self, task_id: str) -> Task:
        """Poll until the task has ended; the client's own pace keeps this from spinning."""
        while True:
            task = await self.client.poll(task_id)
            if task.ended or task.forgotten:
                return task


@asynccontextmanager
async def world(**settings: object) -> AsyncIterator[World]:
    """Everything started, and stopped again."""
    service = EmoServer(detect_centre, render_still, **{"engine": still_engine(), **settings})  # type: ignore[arg-type]
    await service.start()
    async with site() as files, aiohttp.ClientSession() as session:
        try:
            yield World(files, service, DashscopeClient(session, service.url, KEY, retry_policy=HASTE), session)
        finally:
            await service.stop()
