"""The first story with faces that really move."""

from pathlib import Path

import pytest
from playwright.async_api import expect

from bot.sandbox.emo import EmoServer
from bot.sandbox.puppet import detect_face, render_video
from tests.media.samples import recorded, speech
from tests.page.conftest import KEPT, PHONE, WIDE, Visit
from tests.stories.conftest import PORTRAIT, RATES

pytestmark = pytest.mark.asyncio(loop_scope="session")

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
  while (video.currentTime < begun + 0.6 && !video.ended) await new Promise((done) => setTimeout(done, 50));
  const last = see();
  video.pause();
  const changed = first.reduce((sum, value, at) => sum + (Math.abs(value - last[at]) > 12 ? 1 : 0), 0);
  return {seconds: video.currentTime - begun, changed};
}"""


@pytest.fixture(scope="module")
def samples(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A voice that is soon said."""
    folder = tmp_path_factory.mktemp("samples")
    (folder / "portrait.jpg").write_bytes(PORTRAIT.read_bytes())
    recorded(speech(2.5), folder / "voice.ogg")
    return folder


@pytest.fixture(scope="module")
def emo() -> EmoServer:
    # Slow enough that the card has something to tell: it is edited two seconds after it came at the soonest.
    return EmoServer(detect_face, render_video, rates=RATES, seconds_per_video_second=0.8)


async def test_a_first_video_with_clicks_alone(visit: Visit) -> None:
    page = visit.page
    await visit.opens()
    await page.get_by_role("button", name="Start", exact=True).click()
    await visit.sees("Send me a photo of one face")
    await visit.attaches("Portrait")
    await visit.sees(KEPT)
    await page.evaluate(WATCH_CARD)
    await visit.attaches("Voice")
    await visit.sees_video(seconds=60)
    card = await page.evaluate("[...window.cardTexts]")
    assert len(card) >= 2, card
    seen = await page.locator(".log .bubble video").evaluate(WATCH_FRAMES)
    assert seen["seconds"] > 0.5
    assert seen["changed"] > 50
    await page.locator(".log .bubble video").evaluate("(video) => { video.currentTime = 1.4; }")
    await visit.keeps("chat-desktop", WIDE)
    await visit.keeps("chat-phone", PHONE)
    await page.get_by_role("tab", name="Inside").click()
    steps = page.locator(".task .steps li")
    await expect(steps).to_have_count(5)
    for number in range(5):
        await expect(steps.nth(number)).to_have_class("done")
    await expect(page.locator(".task img")).to_be_visible()
    await expect(page.locator(".links li").first).to_contain_text("fetched: 200")
    assert "Signature" not in await page.content()
    assert "signature=" not in await page.content()
