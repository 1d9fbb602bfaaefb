"""The bot speaks the language of the person's Telegram, on the page too.

`SCREENSHOTS=FOLDER pytest tests/page/test_languages.py` keeps what it looks like in four languages, side by side; it
wants fonts for them (Debian: fonts-noto-core, fonts-noto-cjk).
"""

import os
from pathlib import Path

import pytest
from PIL import Image
from playwright.async_api import ViewportSize, expect

from handlers import texts
from handlers.texts.language import speaking
from handlers.texts.settings import SETTINGS
from tests.page.conftest import FACE, TIDY, VOICE_OF, Visit

SCREENSHOTS = os.environ.get("SCREENSHOTS")
PICTURED, SIZE, GAP = ("de", "ar", "hi", "ja"), ViewportSize(width=390, height=640), 16
SPOKEN = PICTURED if SCREENSHOTS else ("en", "zh", "ar")
"""One whose sentences have no spaces, and one that runs from right to left."""

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def test_a_conversation_in_each_language_of_the_telegram(visit: Visit) -> None:
    """One person, whose Telegram speaks one after the other; the last one's conversation has a video."""
    await visit.opens()
    await visit.page.get_by_role("button", name="Start", exact=True).click()
    shots = []
    for language in SPOKEN:
        await chooses(visit, language)
        await talks(visit, language, with_video=bool(SCREENSHOTS) or language == SPOKEN[-1])
        if SCREENSHOTS:
            shots.append(await seen(visit))
    if SCREENSHOTS:
        sheet = Image.new("RGB", ((SIZE["width"] + GAP) * len(shots) - GAP, SIZE["height"]), "white")
        for place, shot in enumerate(shots):
            sheet.paste(shot, (place * (SIZE["width"] + GAP), 0))
        sheet.quantize(96, dither=Image.Dither.NONE).save(Path(SCREENSHOTS) / "languages.png", optimize=True)


async def seen(visit: Visit) -> Image.Image:
    """What is on a small screen just now."""
    page, before = visit.page, visit.page.viewport_size
    await page.set_viewport_size(SIZE)
    await page.evaluate(TIDY, False)
    await page.mouse.move(0, 0)
    shot = await visit.looks()
    assert before is not None
    await page.set_viewport_size(before)
    return shot


async def chooses(visit: Visit, language: str) -> None:
    """Set the language of the person's Telegram."""
    select = visit.page.locator("#language")
    codes = [str(await option.get_attribute("value")) for option in await select.locator("option").all()]
    await select.select_option(next(code for code in codes if code.split("-")[0] == language))
    await visit.page.wait_for_function(
        "code => document.documentElement && document.querySelector('#language').value.startsWith(code)", arg=language
    )


async def talks(visit: Visit, language: str, *, with_video: bool) -> None:
    """From the first word to the settings."""
    with speaking(language):
        welcome = texts.WELCOME().split("\n")[0]
        hello, kept, caption = (
            text().split("{")[0].split("\n")[0] for text in (texts.NEW_STARTED, texts.PHOTO_KEPT, texts.CAPTION)
        )
        settings = SETTINGS()
    for command, answer in (("/start", welcome), ("/new", hello), ("/settings", settings)):
        await visit.writes(command)
        await visit.sees(answer)
    await expect(visit.page.locator(".other .inline").last).to_have_css("direction", "ltr")  # no "help/"
    await visit.attaches(FACE)
    await visit.sees(kept)
    if with_video:
        await visit.attaches(VOICE_OF)
        await visit.sees(caption)
