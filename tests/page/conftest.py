"""A browser on the chat page: Debian's Chromium without a window, one for all tests of a module."""

import os
import shutil
import socket
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path

import av
import pytest
import pytest_asyncio
from av.audio.resampler import AudioResampler
from playwright.async_api import Browser, BrowserContext, Page, Request, Response, Route, async_playwright

from bot.dashscope.retries import RetryPolicy
from bot.sandbox.emo import EmoServer
from bot.sandbox.page import Cast, OpenPage, make_cast, open_page
from bot.sandbox.telegram import TelegramServer
from tests.still_renderer import detect_centre, render_still, still_engine
from tests.stories.conftest import BRISK, EXAMPLES, RATES, VOICE, World

NAMES = ("chromium", "chromium-browser", "google-chrome-stable", "google-chrome")
QUIET = ["--disable-gpu", "--disable-quic", "--no-first-run", "--disable-background-networking"]
QUIET += [
    "--disable-component-update",
    "--disable-sync",
    "--disable-dev-shm-usage",
    "--mute-audio",
    "--autoplay-policy=no-user-gesture-required",
]
HERE = "127.0.0.1"


@dataclass
class Visit:
    """A page that is open, and the sandbox behind it."""

    page: Page
    world: World
    cast: Cast
    url: str
    errors: list[str] = field(default_factory=list)
    strangers: list[str] = field(default_factory=list)

    async def opens(self, path: str = "") -> None:
        """Load the page."""
        await self.page.goto(self.url + path)
        await self.page.wait_for_selector("body[data-ready]")

    async def attaches(self, sample: str) -> None:
        """Send a sample with two clicks."""
        await self.page.get_by_role("button", name="Attach", exact=True).click()
        await self.page.locator("#samples").get_by_role("button", name=sample, exact=True).click()

    async def sees(self, text: str, seconds: float = 10) -> None:
        """Wait for words in the chat."""
        await self.page.locator(".log").get_by_text(text).last.wait_for(timeout=seconds * 1000)

    async def sees_video(self, number: int = 1, seconds: float = 30) -> None:
        """Wait until there are so many videos in the chat."""
        await self.page.locator(".log .bubble video").nth(number - 1).wait_for(timeout=seconds * 1000)


def browser_path() -> str | None:
    """Where a Chromium is on this machine."""
    return next((path for path in map(shutil.which, NAMES) if path), None)


@pytest.fixture(scope="session")
def spoken(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The sample voice as the microphone's input: WAV, 48 kHz."""
    target = tmp_path_factory.mktemp("microphone") / "voice.wav"
    with av.open(str(VOICE)) as source, av.open(str(target), "w") as wav:
        stream = wav.add_stream("pcm_s16le", rate=48_000, layout="mono")
        resampler, begun = AudioResampler("s16", "mono", 48_000), 0
        for frame in (*source.decode(audio=0), None):
            for piece in resampler.resample(frame):
                piece.pts, piece.time_base = begun, Fraction(1, 48_000)
                begun += piece.samples
                wav.mux(stream.encode(piece))
        wav.mux(stream.encode(None))
    return target


@pytest_asyncio.fixture(loop_scope="module", scope="module")
async def browser(spoken: Path) -> AsyncIterator[Browser]:
    """Chromium with a microphone that hears the sample voice."""
    path = browser_path()
    if path is None:
        pytest.skip("no Chromium on this machine (Debian: apt-get install chromium)")
    microphone = ["--use-fake-ui-for-media-stream", "--use-fake-device-for-media-stream"]
    microphone.append(f"--use-file-for-fake-audio-capture={spoken}")
    root = ["--no-sandbox"] if os.geteuid() == 0 else []
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=path, args=[*QUIET, *microphone, *root])
        yield browser
        await browser.close()


@pytest.fixture
def emo() -> EmoServer:
    """The EMO service of a test: the fast one, whose pictures stand still; a test may have another."""
    return EmoServer(detect_centre, render_still, rates=RATES, engine=still_engine())


@pytest.fixture
def samples() -> Path:
    """The pictures and voices that the page offers; a test may have others."""
    return EXAMPLES


@pytest_asyncio.fixture(loop_scope="module")
async def world(emo: EmoServer, tmp_path: Path) -> AsyncIterator[World]:
    """A Telegram and an EMO service; every call of the bot must be valid."""
    with socket.socket() as probe:
        probe.bind((HERE, 0))
        port = probe.getsockname()[1]
    telegram = TelegramServer()
    await telegram.start()
    await emo.start()
    yield World(telegram, emo, tmp_path / "data", port)
    await emo.stop()
    await telegram.stop()
    assert telegram.violations == []


@pytest_asyncio.fixture(loop_scope="module")
async def open_site(world: World, samples: Path) -> AsyncIterator[tuple[OpenPage, Cast]]:
    """The page's server, without a bot."""
    cast = make_cast(world.telegram, samples=samples)
    site = await open_page(world.telegram, world.emo, cast, [0])
    yield site, cast
    await site.close()


@pytest_asyncio.fixture(loop_scope="module")
async def visit(browser: Browser, world: World, open_site: tuple[OpenPage, Cast]) -> AsyncIterator[Visit]:
    """The bot, and somebody who looks at the page; nothing may go wrong in the browser or leave the machine."""
    site, cast = open_site
    async with world.bot(timing=replace(BRISK, repeat=RetryPolicy())):
        context = await browser.new_context(viewport={"width": 1280, "height": 800}, permissions=["microphone"])
        visit = Visit(await context.new_page(), world, cast, site.url)
        await watch(context, visit)
        yield visit
        await context.close()
    assert visit.errors == []
    assert visit.strangers == []


async def watch(context: BrowserContext, visit: Visit) -> None:
    """Note what goes wrong in the browser, and let nothing leave the machine."""

    def ask(request: Request) -> None:
        if not request.url.startswith((visit.url, "blob:", "data:")):
            visit.strangers.append(request.url)

    async def refuse(route: Route) -> None:
        await route.abort()

    def hear(response: Response) -> None:
        if response.status >= 400:
            visit.errors.append(f"{response.status} {response.url}")

    context.on("request", ask)
    context.on("response", hear)
    context.on("weberror", lambda error: visit.errors.append(str(error.error)))
    context.on("console", lambda line: visit.errors.append(line.text) if line.type in ("error", "warning") else None)
    await context.route(lambda url: not url.startswith((visit.url, "blob:", "data:")), refuse)
