"""A browser on the chat page: Debian's Chromium without a window, one for all tests; the bot is a module's.

`SCREENSHOTS=docs/images pytest tests/page` keeps the README's pictures, in light and in dark.
"""

import asyncio
import io
import os
import re
import shutil
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from fractions import Fraction
from pathlib import Path
from typing import Any, Literal

import av
import pytest
import pytest_asyncio
from av.audio.resampler import AudioResampler
from PIL import Image
from playwright.async_api import (
    Browser,
    BrowserContext,
    Locator,
    Page,
    Request,
    Response,
    Route,
    ViewportSize,
    async_playwright,
    expect,
)
from playwright.async_api import TimeoutError as PlaywrightTimeoutError

from bot.dashscope.retries import RetryPolicy
from bot.sandbox.emo import EMO, EmoServer
from bot.sandbox.page import Cast, Link, OpenPage, make_cast, open_page
from bot.sandbox.telegram import TelegramServer
from tests.ports import port_of_its_own
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
TIDY = """(controls) => {
  document.activeElement.blur();
  document.querySelector("#toasts").replaceChildren();
  for (const video of document.querySelectorAll(".log .bubble video")) video.controls = controls;
}"""
SCREENSHOTS = os.environ.get("SCREENSHOTS")
PHONE = ViewportSize(width=390, height=844)
MIDDLE = ViewportSize(width=1100, height=800)
WIDE = ViewportSize(width=1320, height=820)
"""A window with the list or a chat, one with tabs, and one with the chats and what is inside side by side."""
SCHEMES: tuple[Literal["light", "dark"], ...] = ("light", "dark")
FACE, VOICE_OF = "Eileen", "Clara"
"""The samples of the page's first story."""
KEPT = re.compile("send a voice message", re.IGNORECASE)
"""What the bot says to a photo, looked at or to be looked at."""

expect.set_options(timeout=20_000)  # the machine may be busy


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
        await self.page.locator("#samples").get_by_role("button", name=sample).click()

    async def writes(self, text: str) -> None:
        """Type something and send it."""
        say = self.page.get_by_label("Message", exact=True)
        await say.fill(text)
        await say.press("Enter")

    async def replies_to(self, message: Locator) -> None:
        """Click Reply, as the pointer finds it; what comes meanwhile may move the message away from under it."""
        reply = message.get_by_role("button", name="Reply", exact=True)
        async with asyncio.timeout(40):
            while True:
                await message.hover()
                try:
                    await reply.click(timeout=2000)
                    break
                except PlaywrightTimeoutError:
                    continue
        await expect(self.page.locator(".context")).to_be_visible()

    async def keeps(self, name: str, size: ViewportSize) -> None:
        """Keep what the page looks like as NAME-light.png and NAME-dark.png, where `SCREENSHOTS` names a folder."""
        if SCREENSHOTS is None:
            return
        page, before = self.page, self.page.viewport_size
        await page.set_viewport_size(size)
        await page.mouse.move(0, 0)
        await page.evaluate(TIDY, False)
        for scheme in SCHEMES:
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            shot = await self.looks()
            shot.quantize(192, dither=Image.Dither.NONE).save(Path(SCREENSHOTS) / f"{name}-{scheme}.png", optimize=True)
        await page.evaluate(TIDY, True)
        await page.emulate_media(color_scheme="light", reduced_motion="no-preference")
        if before is not None:
            await page.set_viewport_size(before)

    async def looks(self) -> Image.Image:
        """What the page looks like once nothing moves."""
        await self.page.locator(".log:not(.moving)").wait_for()
        await self.page.wait_for_timeout(300)
        return Image.open(io.BytesIO(await self.page.screenshot())).convert("RGB")

    async def becomes(self, name: str) -> None:
        """Play another person."""
        await self.page.get_by_label("You are").select_option(name)

    async def goes_to(self, room: str) -> None:
        """Open a chat of the list."""
        await self.in_list(room).click()

    def in_list(self, room: str) -> Locator:
        """The entry of a chat in the list."""
        return self.page.locator("#list button", has=self.page.locator(".title", has_text=re.compile(f"^{room}$")))

    async def sees(self, text: str | re.Pattern[str], seconds: float = 40) -> None:
        """Wait for words in the chat."""
        try:
            await self.page.locator(".log").get_by_text(text).last.wait_for(timeout=seconds * 1000)
        except PlaywrightTimeoutError:
            said = await self.page.locator(".log").inner_text()
            raise AssertionError(f"{text!r} did not come in {seconds:g} s:\n{said[-3000:]}") from None

    async def sees_video(self, number: int = 1, seconds: float = 60) -> None:
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


@pytest_asyncio.fixture(loop_scope="session", scope="session")
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


@pytest.fixture(scope="module")
def emo() -> EmoServer:
    """The EMO service of a module: the fast one, whose pictures stand still; a module may have another."""
    return EmoServer(detect_centre, render_still, rates=RATES, engine=still_engine())


@pytest.fixture(scope="module")
def samples() -> Path:
    """The pictures and voices that the page offers; a module may have others."""
    return EXAMPLES


@pytest.fixture(scope="module")
def changes() -> dict[str, Any]:
    """Settings of the module's bot that are not the usual ones."""
    return {}


@pytest_asyncio.fixture(loop_scope="session", scope="module")
async def world(
    emo: EmoServer, tmp_path_factory: pytest.TempPathFactory, migrated_file: Path, changes: dict[str, Any]
) -> AsyncIterator[World]:
    """A Telegram, an EMO service and the bot, for all tests of a module; every call of the bot must be valid."""
    data = tmp_path_factory.mktemp("page") / "data"
    data.mkdir()
    shutil.copy(migrated_file, data / "emobot.db")  # and no more: the page shows the menus that this start tells
    telegram = TelegramServer()
    await telegram.start()
    await emo.start()
    world = World(telegram, emo, data, port_of_its_own())
    async with world.bot(timing=replace(BRISK, repeat=RetryPolicy()), **changes):
        yield world
    await emo.stop()
    await telegram.stop()
    assert telegram.violations == []


@pytest_asyncio.fixture(loop_scope="session")
async def open_site(world: World, samples: Path) -> AsyncIterator[tuple[OpenPage, Cast]]:
    """The page's server, with people of its own; what a test has switched on outside is off again after it."""
    cast = make_cast(world.telegram, samples=samples, links=(Link(f"Let {FACE} speak", f"as-{FACE}"),))
    site = await open_page(world.telegram, world.emo, cast, [0])
    yield site, cast
    await site.close()
    world.emo.faults.clear()
    world.telegram.faults.clear()
    world.emo.models.retire(EMO, "alive")


@pytest_asyncio.fixture(loop_scope="session")
async def visit(browser: Browser, world: World, open_site: tuple[OpenPage, Cast]) -> AsyncIterator[Visit]:
    """Somebody who looks at the page; nothing may go wrong in the browser or leave the machine."""
    site, cast = open_site
    context = await browser.new_context(viewport=MIDDLE, permissions=["microphone"])
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
