"""What a person can send from the page, and what it does with the messages of others."""

from urllib.parse import urlsplit

import pytest
from playwright.async_api import expect

from bot.sandbox.page import Cast, OpenPage, open_page
from tests.page.conftest import KEPT, Visit
from tests.stories.conftest import PORTRAIT, VOICE

pytestmark = pytest.mark.asyncio(loop_scope="session")

HAND_OVER = """async ([selector, event, name]) => {
  const bytes = await (await fetch(`/samples/${name}`)).arrayBuffer();
  const data = new DataTransfer();
  data.items.add(new File([bytes], name, {type: name.endsWith("jpg") ? "image/jpeg" : "audio/ogg"}));
  const init = {bubbles: true, cancelable: true, clipboardData: data, dataTransfer: data};
  const kind = event === "paste" ? ClipboardEvent : DragEvent;
  document.querySelector(selector).dispatchEvent(new kind(event, init));
}"""


async def test_files_by_picker_by_paste_and_by_drop(visit: Visit) -> None:
    page, you = visit.page, visit.cast.people[0]
    you.starts()
    await visit.opens()
    await page.get_by_role("button", name="Attach", exact=True).click()
    async with page.expect_file_chooser() as chosen:
        await page.get_by_role("button", name="A file of yours…").click()
    await (await chosen.value).set_files(PORTRAIT)
    await page.get_by_label("As a file, untouched").check()
    await page.get_by_label("Caption").fill("in full")
    await page.get_by_role("button", name="Send", exact=True).last.click()
    await visit.sees("in full")
    await visit.sees(KEPT)

    await page.evaluate(HAND_OVER, ["#say", "paste", "portrait.jpg"])
    await page.get_by_role("dialog").get_by_role("button", name="Send").click()
    await expect(page.locator(".own .picture")).to_have_count(1)

    await page.evaluate(HAND_OVER, [".log", "drop", "voice.ogg"])
    await page.get_by_label("As an audio file").check()
    await page.get_by_role("dialog").get_by_role("button", name="Send").click()
    await visit.sees_video()
    kinds = [one.media for one in visit.world.telegram.chat_history(you) if one.sender == you.user and one.media]
    assert kinds == ["document", "photo", "audio"]
    sent = next(one for one in visit.world.telegram.chat_history(you) if one.media == "document")
    assert sent.media_path.read_bytes() == PORTRAIT.read_bytes()


async def test_edits_deletions_and_who_blocks(visit: Visit) -> None:
    page, you, telegram = visit.page, visit.cast.people[0], visit.world.telegram
    await visit.opens("?start=friend")
    await page.get_by_role("button", name="Start", exact=True).click()
    await visit.sees("/start friend")
    assert telegram.chat_history(you)[0].text == "/start friend"
    say = page.get_by_label("Message", exact=True)
    await say.fill("Helo")
    await say.press("Enter")
    await visit.sees("Helo")
    await say.press("ArrowUp")
    await say.fill("Hello")
    await say.press("Enter")
    await visit.sees("Hello")
    mine = page.locator(".own", has_text="Hello")
    await expect(mine).to_contain_text("edited")
    await mine.hover()
    await mine.get_by_role("button", name="Delete").click()
    await expect(mine).to_have_count(0)
    card = telegram.world.post(you.chat, telegram.world.bot, {"text": "one"})
    await visit.sees("one")
    telegram.world.change(card, content={"text": "another"})
    await visit.sees("another")

    telegram.world.log.add("action", you.chat.id, action="upload_video", thread_id=None)
    await expect(page.locator(".subtitle")).to_have_text("EMO is sending a video…")
    telegram.world.post(you.chat, telegram.world.bot, {"text": "there"})
    await expect(page.locator(".subtitle")).to_have_text("bot")

    await page.get_by_role("button", name="More about this chat").click()
    await page.get_by_role("button", name="Block the bot").click()
    await page.get_by_role("button", name="Unblock the bot").click()
    await expect(say).to_be_visible()


async def test_another_person_in_another_language_sees_their_own_chat(visit: Visit) -> None:
    page, jonas = visit.page, visit.cast.people[2]
    await visit.opens()
    await visit.becomes("Jonas")
    await page.get_by_label("Language").select_option("German")
    await page.get_by_role("button", name="Start", exact=True).click()
    await page.locator(".log .other").first.wait_for()
    assert jonas.user.language_code == "de"
    first = next(
        update["message"]
        for update in visit.world.telegram.updates()
        if "message" in update and update["message"]["chat"]["id"] == jonas.chat.id
    )
    assert (first["from"]["first_name"], first["from"]["language_code"]) == ("Jonas", "de")


async def test_a_page_whose_server_was_away_catches_up(visit: Visit, open_site: tuple[OpenPage, Cast]) -> None:
    you = visit.cast.people[0]
    await visit.opens()
    you.starts()
    await visit.sees("Send me a photo of one face")
    await open_site[0].close()
    you.sends_voice(VOICE)
    port = urlsplit(visit.url).port
    again = await open_page(visit.world.telegram, visit.world.emo, visit.cast, [port or 0])
    await expect(visit.page.locator(".own .voice")).to_have_count(1, timeout=15_000)
    you.sends("and on it goes")
    await visit.sees("and on it goes")
    await again.close()
    visit.errors.clear()
