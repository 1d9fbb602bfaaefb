"""The bot speaks the language of the person's Telegram, on the page too.

`SCREENSHOTS=FOLDER pytest tests/page/test_languages.py` keeps what it looks like in each language.
"""

import os
from pathlib import Path

import pytest

from handlers import texts
from handlers.texts.language import LANGUAGES, speaking
from handlers.texts.settings import SETTINGS
from tests.page.conftest import FACE, VOICE_OF, Visit

SPOKEN = [language for language in ("en", "zh", "ar") if language in LANGUAGES]
"""One whose sentences have no spaces, and one that runs from right to left; with `SCREENSHOTS`, all."""

pytestmark = pytest.mark.asyncio(loop_scope="session")

SCREENSHOTS = os.environ.get("SCREENSHOTS")


async def test_a_conversation_in_each_language_of_the_telegram(visit: Visit) -> None:
    """One person, whose Telegram speaks one after the other; the last one's conversation has a video."""
    await visit.opens()
    await visit.page.get_by_role("button", name="Start", exact=True).click()
    *_, last = SPOKEN
    for language in LANGUAGES if SCREENSHOTS else SPOKEN:
        await chooses(visit, language)
        await talks(visit, language, with_video=bool(SCREENSHOTS) or language == last)
        if SCREENSHOTS:
            await visit.page.screenshot(path=Path(SCREENSHOTS) / f"{language}.png")


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
    await visit.attaches(FACE)
    await visit.sees(kept)
    if with_video:
        await visit.attaches(VOICE_OF)
        await visit.sees(caption)
