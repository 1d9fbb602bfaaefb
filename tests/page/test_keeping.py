"""What the page keeps: drafts, the open chat, what is on its way; and how a phone and the keyboard get around in it."""

from collections.abc import AsyncIterator
from dataclasses import replace
from urllib.parse import urlsplit

import pytest
import pytest_asyncio
from playwright.async_api import Browser, Route, expect

from bot.sandbox.page import Cast, OpenPage, open_page
from tests.page.conftest import PHONE, Visit, watch

pytestmark = pytest.mark.asyncio(loop_scope="session")

DROP = """async ([selector, name]) => {
  const data = new DataTransfer();
  data.items.add(new File(["words"], name, {type: "text/plain"}));
  const init = {bubbles: true, cancelable: true, dataTransfer: data};
  const target = document.querySelector(selector);
  target.dispatchEvent(new DragEvent("dragover", init));
  const marked = document.body.classList.contains("dropping");
  return [marked, target.dispatchEvent(new DragEvent("drop", init))];
}"""


@pytest_asyncio.fixture(loop_scope="session")
async def phone(browser: Browser, visit: Visit) -> AsyncIterator[Visit]:
    """The same page on a phone, where a finger writes."""
    context = await browser.new_context(viewport=PHONE, has_touch=True, is_mobile=True)
    held = replace(visit, page=await context.new_page())
    await watch(context, held)
    yield held
    await context.close()


async def test_drafts_and_the_open_chat_outlast_a_reload(visit: Visit) -> None:
    page, say = visit.page, visit.page.get_by_label("Message", exact=True)
    visit.cast.people[0].starts()
    await visit.opens()
    await visit.sees("Send me a photo of one face")
    await say.fill("not said yet")
    await visit.goes_to("Talking heads")
    await expect(visit.in_list("EMO")).to_contain_text("Draft: not said yet")
    await say.fill("here neither")
    await page.reload()
    await expect(page.get_by_role("heading", name="Talking heads")).to_be_visible()
    await expect(say).to_have_value("here neither")
    await visit.goes_to("EMO")
    await expect(say).to_have_value("not said yet")
    await say.press("Enter")
    await visit.sees("not said yet")
    await visit.goes_to("General")
    await expect(visit.in_list("EMO")).not_to_contain_text("Draft")


async def test_what_is_said_while_the_sandbox_is_away_is_kept_and_goes_out_in_order(
    visit: Visit, open_site: tuple[OpenPage, Cast]
) -> None:
    page, you, telegram = visit.page, visit.cast.people[0], visit.world.telegram
    you.starts()
    await visit.opens()
    await visit.sees("Send me a photo of one face")
    await open_site[0].close()
    await expect(page.locator(".away")).to_contain_text("does not answer")
    await page.get_by_role("button", name="Record a voice message").click()
    await expect(page.get_by_role("timer")).to_have_text("0:01")
    await page.get_by_role("button", name="Send the recording").click()
    await visit.writes("and this")
    leaving = page.locator(".leaving li")
    await expect(leaving).to_have_count(2)
    await expect(leaving.first).to_contain_text("waits for the sandbox")
    again = await open_page(telegram, visit.world.emo, visit.cast, [urlsplit(visit.url).port or 0])
    await expect(page.locator(".own .voice")).to_have_count(1, timeout=20_000)
    await expect(leaving).to_have_count(0)
    await expect(page.locator(".away")).to_be_empty()
    mine = [one for one in telegram.chat_history(you) if one.sender == you.user]
    assert [one.media or one.text for one in mine] == ["/start", "voice", "and this"]
    await again.close()
    visit.errors.clear()


async def swallow(route: Route) -> None:
    """Let a request arrive, and its answer be lost."""
    await route.fetch()
    await route.abort()


BOTH_ARE_KEPT = """() => new Promise((done) => {
  indexedDB.open("sandbox", 1).onsuccess = ({ target: { result: database } }) => {
    const count = database.transaction("outbox").objectStore("outbox").count();
    count.onsuccess = () => { database.close(); done(count.result === 2); };
  };
})"""


async def test_what_is_on_its_way_outlasts_a_reload_and_is_sent_once(visit: Visit) -> None:
    page, you, telegram = visit.page, visit.cast.people[0], visit.world.telegram
    you.starts()
    await visit.opens()
    await visit.sees("Send me a photo of one face")
    # It arrives, and nobody hears so.
    await page.route("**/api/sample", swallow)
    await visit.attaches("Clara")
    await expect(page.locator(".own .voice")).to_have_count(1)
    await visit.writes("done?")
    await page.wait_for_function(BOTH_ARE_KEPT)
    await page.reload()
    await page.unroute("**/api/sample")
    await page.locator(".messages .own", has_text="done?").wait_for()
    await expect(page.locator(".leaving li")).to_have_count(0)
    mine = [one for one in telegram.chat_history(you) if one.sender == you.user]
    assert [one.media or one.text for one in mine] == ["/start", "voice", "done?"]
    visit.errors.clear()


async def test_an_upload_shows_how_far_it_is_and_can_be_called_back(visit: Visit) -> None:
    page, you = visit.page, visit.cast.people[0]
    you.starts()
    await visit.opens()
    line = await page.context.new_cdp_session(page)
    await line.send("Network.enable")
    await line.send(
        "Network.emulateNetworkConditions",
        {"offline": False, "latency": 0, "downloadThroughput": -1, "uploadThroughput": 200_000},
    )
    await page.locator("#picker").set_input_files(
        {"name": "film.bin", "mimeType": "application/octet-stream", "buffer": bytes(8_000_000)}
    )
    await page.get_by_role("dialog").get_by_role("button", name="Send").click()
    bar = page.get_by_role("progressbar", name="Upload of film.bin")
    await bar.wait_for()
    await page.wait_for_function("bar => 0 < bar.value && bar.value < 1", arg=await bar.element_handle())
    await page.locator(".leaving").get_by_role("button", name="Cancel").click()
    await expect(bar).to_have_count(0)
    assert [one for one in visit.world.telegram.chat_history(you) if one.media] == []


async def test_files_may_be_dropped_anywhere_and_never_replace_the_page(visit: Visit) -> None:
    page = visit.page
    await visit.opens()
    assert await page.evaluate(DROP, ["#top", "early.txt"]) == [True, False]
    await expect(page.get_by_role("status").get_by_text("Press “Start” first.")).to_be_visible()
    await page.get_by_role("button", name="Start", exact=True).click()
    await page.get_by_role("tab", name="Inside").click()
    await page.get_by_role("switch", name="The service is slow").wait_for()
    assert await page.evaluate(DROP, ["#inside", "words.txt"]) == [True, False]
    await expect(page.locator("#chat")).to_be_visible()
    await page.get_by_role("dialog").get_by_role("button", name="Send").click()
    await expect(page.locator(".own .file-name").last).to_have_text("words.txt")


async def test_the_back_of_a_phone_goes_to_the_list(phone: Visit) -> None:
    page = phone.page
    await phone.opens()
    await phone.goes_to("General")
    await expect(page.locator("#list")).to_be_hidden()
    await page.reload()
    await expect(page.get_by_role("heading", name="General")).to_be_visible()
    await page.go_back()
    await expect(page.locator("#list")).to_be_visible()
    await expect(page.locator("#chat")).to_be_hidden()
    await phone.goes_to("Talking heads")
    await page.get_by_role("button", name="Back to the chats").click()
    await expect(page.locator("#list")).to_be_visible()


async def test_on_a_phone_the_keyboard_stays_down_until_a_finger_says_so(phone: Visit) -> None:
    page, telegram, you = phone.page, phone.world.telegram, phone.cast.people[0]
    you.starts()
    await phone.opens()
    await phone.goes_to("EMO")
    say = page.get_by_label("Message", exact=True)
    await expect(say).not_to_be_focused()
    telegram.world.post(you.chat, telegram.world.bot, {"text": "Your name?"}, keyboard={"force_reply": True})
    await expect(page.locator(".context")).to_contain_text("Your name?")
    await expect(say).not_to_be_focused()
    await page.get_by_role("button", name="Attach", exact=True).tap()
    await page.locator("#samples").get_by_role("button", name="Clara").tap()
    await expect(page.locator(".own .voice")).to_have_count(1)
    await expect(say).not_to_be_focused()
    await say.tap()
    await expect(say).to_be_focused()


async def test_two_keys_lead_past_a_hundred_messages(visit: Visit) -> None:
    page, telegram, you = visit.page, visit.world.telegram, visit.cast.people[0]
    you.starts()
    keyboard = {"inline_keyboard": [[{"text": "Go on", "callback_data": "x"}]]}
    for _ in range(100):
        telegram.world.post(you.chat, telegram.world.bot, {"text": "Go on?"}, inline=keyboard)
    await visit.opens()
    await page.keyboard.press("Tab")
    skip = page.get_by_role("link", name="Write a message")
    await expect(skip).to_be_focused()
    await expect(skip).to_be_in_viewport()
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Message", exact=True)).to_be_focused()
    await page.get_by_role("button", name="More about this chat").focus()
    await page.keyboard.press("Tab")
    await expect(page.get_by_role("link", name="Skip the messages")).to_be_focused()
    await page.keyboard.press("Enter")
    await expect(page.get_by_label("Message", exact=True)).to_be_focused()
