"""Everyone can use the page: contrast and names by axe-core, the keyboard alone, a phone's width."""

from typing import Any

import pytest
from playwright.async_api import Page, expect

from tests.page.axe import axe_source
from tests.page.conftest import MIDDLE, PHONE, SCHEMES, WIDE, Visit
from tests.stories.conftest import PORTRAIT, VOICE

pytestmark = pytest.mark.asyncio(loop_scope="session")


async def complaints(page: Page, place: str) -> list[str]:
    """What axe-core finds wrong."""
    found: list[dict[str, Any]] = await page.evaluate("axe.run(document).then((result) => result.violations)")
    return [
        f"{place}: {one['id']}: {node['html'][:160]} {node['failureSummary'][:300]}"
        for one in found
        for node in one["nodes"]
    ]


async def talk(visit: Visit) -> None:
    """A conversation with a bit of everything."""
    telegram, you = visit.world.telegram, visit.cast.people[0]
    you.starts()
    you.sends_photo(PORTRAIT, caption="me")
    voice = you.sends_voice(VOICE)
    await you.sees_video()
    keyboard = {
        "inline_keyboard": [[{"text": "Go on", "callback_data": "x"}, {"text": "Read", "url": "https://t.me/x"}]]
    }
    entities = [{"type": "bold", "offset": 0, "length": 4}, {"type": "code", "offset": 5, "length": 4}]
    entities += [
        {"type": "spoiler", "offset": 10, "length": 4},
        {"type": "text_link", "offset": 15, "length": 4, "url": "https://x.y"},
    ]
    content = {"text": "bold code hide link", "entities": entities}
    telegram.world.post(you.chat, telegram.world.bot, content, inline=keyboard, reply_to=voice)
    you.sends_document(b"words", "words.txt", "text/plain")
    visit.cast.people[1].sends("hello all", chat=visit.cast.groups[0])
    visit.cast.people[1].sends("what may it be?", chat=visit.cast.dialogues[0])


async def test_contrast_and_names_in_light_and_dark_on_a_phone_and_a_desktop(visit: Visit) -> None:
    source, page = axe_source(), visit.page
    await talk(visit)
    await visit.opens()
    await page.evaluate(source)
    found = []
    for size, width in ((WIDE, "side by side"), (MIDDLE, "desktop"), (PHONE, "phone")):
        await page.set_viewport_size(size)
        for scheme in SCHEMES:
            place = f"{width} {scheme}"
            await page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
            if size is not PHONE:
                await page.get_by_role("button", name="Attach", exact=True).click()
                found += await complaints(page, f"{place} chat with samples")
                await page.keyboard.press("Escape")
            await page.locator(".log li.message").last.focus()
            found += await complaints(page, f"{place} chat with tools")
            if size is PHONE:
                await page.get_by_role("button", name="Back to the chats").click()
                found += await complaints(page, f"{place} list")
            if size is not WIDE:
                await page.get_by_role("tab", name="Inside").click()
                await page.locator(".calls details summary").first.click()
                found += await complaints(page, f"{place} inside")
                await page.get_by_role("tab", name="Chats").click()
            if size is PHONE:
                await page.locator("#list button").first.click()
            wide = await page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{place}: the page is {wide} px too wide"
    assert not found, "\n".join(found)


async def test_the_keyboard_alone(visit: Visit) -> None:
    page, keys = visit.page, visit.page.keyboard
    visit.cast.people[0].starts()
    await visit.opens()
    await visit.sees("Send me a photo of one face")
    await page.get_by_role("tab", name="Chats").focus()
    for _ in range(8):
        await keys.press("Tab")
        if await page.evaluate("document.activeElement.matches('#list button')"):
            break
    assert await page.evaluate("getComputedStyle(document.activeElement).outlineStyle") == "solid"
    for _ in ("the shop", "General"):
        await keys.press("ArrowDown")
    await keys.press("Enter")
    await expect(page.get_by_role("heading", name="General")).to_be_visible()
    await expect(page.get_by_label("Message", exact=True)).to_be_focused()
    await page.locator("#list button").first.click()

    await keys.type("Good evening")
    await keys.press("Enter")
    await visit.sees("Good evening")
    await visit.sees("I make a photo speak")
    await keys.type("/hel")
    await keys.press("ArrowUp")
    await keys.press("Enter")
    await visit.sees("start over with another photo")

    await page.locator(".log li.message").last.focus()
    await keys.press("ArrowUp")
    for _ in range(4):
        await keys.press("Tab")
        if await page.evaluate("document.activeElement.ariaLabel") == "Reply":
            break
    await keys.press("Enter")
    await expect(page.locator(".context")).to_be_visible()
    await keys.press("Escape")
    await expect(page.locator(".context")).to_be_hidden()

    await page.get_by_role("tab", name="Chats").focus()
    await keys.press("ArrowRight")
    await expect(page.get_by_role("tabpanel", name="Inside")).to_be_visible()
    switch = page.get_by_role("switch", name="The service is slow")
    await switch.focus()
    await keys.press("Space")
    await expect(switch).to_have_attribute("aria-checked", "true")


async def test_on_a_phone_one_goes_from_the_list_to_the_chat_and_back(visit: Visit) -> None:
    page = visit.page
    await page.set_viewport_size(PHONE)
    await visit.opens()
    await expect(page.locator("#chat")).to_be_hidden()
    await visit.goes_to("Talking heads")
    await expect(page.get_by_role("heading", name="Talking heads")).to_be_visible()
    await expect(page.locator("#list")).to_be_hidden()
    visit.cast.people[1].sends("psst")
    visit.cast.people[2].sends("Is anybody here?", chat=visit.cast.groups[0])
    await page.get_by_role("button", name="Back to the chats").click()
    await expect(page.get_by_role("button", name="General").get_by_label("1 unread")).to_be_visible()
