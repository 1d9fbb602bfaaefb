"""The bot speaks the language of the person's Telegram, on the page too.

`SCREENSHOTS=FOLDER pytest tests/page/test_languages.py` keeps what it looks like in each language.
"""

import os
from pathlib import Path

import pytest

from handlers import texts
from handlers.texts.language import LANGUAGES, speaking
from handlers.texts.settings import SETTINGS
from tests.page.conftest import Visit

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest.mark.parametrize("language", LANGUAGES)
async def test_a_conversation_in_the_language_of_the_telegram(visit: Visit, language: str) -> None:
    with speaking(language):
        hello, kept, caption = (
            text().split("{")[0].split("\n")[0] for text in (texts.NEW_STARTED, texts.PHOTO_KEPT, texts.CAPTION)
        )
    await visit.opens()
    select = visit.page.locator("#language")
    codes = [str(await option.get_attribute("value")) for option in await select.locator("option").all()]
    await select.select_option(next(code for code in codes if code.split("-")[0] == language))
    await visit.page.wait_for_function(
        "code => document.documentElement && document.querySelector('#language').value.startsWith(code)", arg=language
    )
    field = visit.page.get_by_role("textbox")
    await visit.page.get_by_role("button", name="Start", exact=True).click()
    with speaking(language):
        await visit.sees(texts.WELCOME().split("\n")[0])
    await field.fill("/new")
    await field.press("Enter")
    await visit.sees(hello)
    await visit.attaches("Portrait: portrait")
    await visit.sees(kept)
    await visit.attaches("Voice: voice")
    await visit.sees_video()
    await visit.sees(caption)
    await field.fill("/settings")
    await field.press("Enter")
    with speaking(language):
        await visit.sees(SETTINGS())
    if folder := os.environ.get("SCREENSHOTS"):
        await visit.page.screenshot(path=Path(folder) / f"{language}.png")
