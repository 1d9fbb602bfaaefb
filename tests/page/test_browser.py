"""People use the chat page in a real browser, and the real bot answers."""

from pathlib import Path

import av
import pytest
from playwright.async_api import Locator, Page, expect

from bot.sandbox.emo import EmoServer
from bot.sandbox.puppet import detect_face, render_video
from tests.media.samples import recorded, speech
from tests.page.conftest import Visit
from tests.stories.conftest import PORTRAIT, RATES

pytestmark = pytest.mark.asyncio(loop_scope="module")

WATCH_CARD = """() => {
  window.cardTexts = new Set();
  const look = () => {
    for (const item of document.querySelectorAll(".log li.message")) {
      if ([...item.querySelectorAll(".keys button")].some((button) => button.textContent === "Cancel"))
        window.cardTexts.add(item.querySelector(".text").textContent);
    }
  };
  const all = {subtree: true, childList: true, characterData: true};
  new MutationObserver(look).observe(document.querySelector(".log"), all);
}"""
WATCH_FRAMES = """async (video) => {
  const canvas = new OffscreenCanvas(64, 64), context = canvas.getContext("2d", {willReadFrequently: true});
  const see = () => { context.drawImage(video, 0, 0, 64, 64); return context.getImageData(0, 0, 64, 64).data; };
  video.muted = true;
  await video.play();
  const begun = video.currentTime, first = see();
  await new Promise((done) => setTimeout(done, 1200));
  const last = see();
  video.pause();
  const changed = first.reduce((sum, value, at) => sum + (Math.abs(value - last[at]) > 12 ? 1 : 0), 0);
  return {seconds: video.currentTime - begun, changed};
}"""


class TestWithThePuppet:
    """The first story with faces that really move."""

    @pytest.fixture
    def samples(self, tmp_path: Path) -> Path:
        """A voice that is soon said."""
        folder = tmp_path / "samples"
        folder.mkdir()
        (folder / "portrait.jpg").write_bytes(PORTRAIT.read_bytes())
        recorded(speech(2.5), folder / "voice.ogg")
        return folder

    @pytest.fixture
    def emo(self) -> EmoServer:
        # Slow enough that the card has something to tell: it is edited two seconds after it came at the soonest.
        return EmoServer(detect_face, render_video, rates=RATES, seconds_per_video_second=0.8)

    async def test_a_first_video_with_clicks_alone(self, visit: Visit) -> None:
        page = visit.page
        await visit.opens()
        await page.get_by_role("button", name="Start", exact=True).click()
        await visit.sees("Send me a photo of one face")
        await visit.attaches("Portrait: portrait")
        await visit.sees("Now send a voice message")
        await page.evaluate(WATCH_CARD)
        await visit.attaches("Voice: voice")
        await visit.sees_video(seconds=60)
        card = await page.evaluate("[...window.cardTexts]")
        assert len(card) >= 2, card
        seen = await page.locator(".log .bubble video").evaluate(WATCH_FRAMES)
        assert seen["seconds"] > 0.5
        assert seen["changed"] > 50
        await page.get_by_role("tab", name="Inside").click()
        steps = page.locator(".task .steps li")
        await expect(steps).to_have_count(5)
        for number in range(5):
            await expect(steps.nth(number)).to_have_class("done")
        await expect(page.locator(".task img")).to_be_visible()
        await expect(page.locator(".links li").first).to_contain_text("fetched: 200")
        assert "Signature" not in await page.content()
        assert "signature=" not in await page.content()


async def test_a_voice_from_the_microphone_and_then_again_in_another_style(visit: Visit) -> None:
    page = visit.page
    await visit.opens()
    await page.get_by_role("button", name="Start", exact=True).click()
    await visit.attaches("Portrait: portrait")
    await visit.sees("Now send a voice message")
    await page.get_by_role("button", name="Record a voice message").click()
    await expect(page.get_by_role("group", name="Recording")).to_be_visible()
    await expect(page.get_by_role("timer")).to_have_text("0:02")
    await page.get_by_role("button", name="Send the recording").click()
    await visit.sees_video()
    sent = next(one for one in visit.world.telegram.chat_history(visit.cast.people[0]) if one.media == "voice")
    assert sent.content["voice"]["mime_type"] == "audio/ogg"
    assert 2 <= sent.content["voice"]["duration"] <= 4
    with av.open(str(sent.media_path)) as container:
        assert container.format.name == "ogg"
        assert container.streams.audio[0].codec_context.name in ("opus", "libopus")
    drawn = (
        "(canvas) => canvas.getContext('2d').getImageData(0, 0, canvas.width, canvas.height).data.some((one) => one)"
    )
    assert await page.locator(".voice canvas").evaluate(drawn)

    await page.get_by_role("button", name="Again").click()
    await page.locator(".keys").get_by_role("button", name="Lively").click()
    await page.locator(".keys").get_by_role("button", name="✓ Lively").wait_for()
    await page.locator(".keys").get_by_role("button", name="Make it").click()
    await expect(page.get_by_role("status").get_by_text("Coming up!")).to_be_visible()
    await visit.sees_video(2)
    assert [task.order.style_level for task in visit.world.emo.tasks.values()] == ["normal", "active"]


async def test_the_service_fails_twice_and_the_video_comes_nevertheless(visit: Visit) -> None:
    page = visit.page
    await visit.opens()
    await page.get_by_role("button", name="Start", exact=True).click()
    await page.get_by_role("tab", name="Inside").click()
    switch = page.get_by_role("switch", name="The service fails twice")
    await switch.click()
    await expect(switch).to_have_attribute("aria-checked", "true")
    await page.get_by_role("tab", name="Chats").click()
    await visit.attaches("Portrait: portrait")
    await visit.sees("Now send a voice message", seconds=20)
    await visit.attaches("Voice: voice")
    await visit.sees_video()
    await page.get_by_role("tab", name="Inside").click()
    await expect(page.locator(".calls .bad", has_text="500 (switch)")).to_have_count(2)
    await expect(switch).to_have_attribute("aria-checked", "false")


async def test_the_page_says_which_engine_is_on_and_that_emo_is_retired(visit: Visit) -> None:
    page = visit.page
    await visit.opens()
    await page.get_by_role("button", name="Start", exact=True).click()
    await visit.attaches("Portrait: portrait")
    await visit.sees("Now send a voice message")
    await expect(page.locator("#engine")).to_have_text("Engine: EMO")
    await page.get_by_role("tab", name="Inside").click()
    engine = page.locator(".engines li", has_text="emo-v1")
    await expect(engine).to_contain_text("in use")
    switch = page.get_by_role("switch", name="EMO is retired")
    await switch.click()
    await expect(switch).to_have_attribute("aria-checked", "true")
    await expect(engine).to_contain_text("in use, retired")
    await expect(page.locator("#engine")).to_have_text("Engine: EMO (retired)")


async def test_in_a_topic_of_the_group_by_reply(visit: Visit) -> None:
    page = visit.page
    await visit.opens()
    await page.get_by_label("You are").select_option("Mia")
    await page.get_by_role("button", name="Talking heads").click()
    await visit.attaches("Portrait: portrait")
    await reply(page, page.locator(".own").last)
    await page.get_by_label("Message", exact=True).fill("/talk")
    await page.get_by_role("button", name="Send", exact=True).click()
    answer = page.locator(".log .other").last
    await answer.wait_for()
    await page.wait_for_function("!document.querySelector('#toasts .bad')")
    await reply(page, answer)
    await visit.attaches("Voice: voice")
    await visit.sees_video()
    video = page.locator(".log .other", has=page.locator("video"))
    await expect(video.locator(".quote")).to_contain_text("Mia")

    await page.get_by_label("You are").select_option("Jonas")
    await expect(page.get_by_role("heading", name="Talking heads")).to_be_visible()
    await video.get_by_role("button", name="Again").click()
    await expect(page.get_by_role("status").get_by_text("Only the person who asked")).to_be_visible()


async def reply(page: Page, message: Locator) -> None:
    """Click Reply, as the pointer finds it."""
    await message.hover()
    await message.get_by_role("button", name="Reply", exact=True).click()
    await expect(page.locator(".context")).to_be_visible()
