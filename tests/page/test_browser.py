"""People use the chat page in a real browser, and the real bot answers."""

from typing import Any

import av
import pytest
from playwright.async_api import expect

from tests.page.conftest import FACE, KEPT, PHONE, VOICE_OF, Visit
from tests.stories.conftest import PORTRAIT

pytestmark = pytest.mark.asyncio(loop_scope="session")


@pytest.fixture(scope="module")
def changes(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """A bot with a presenter."""
    folder = tmp_path_factory.mktemp("presenters")
    (folder / f"{FACE}.jpg").write_bytes(PORTRAIT.read_bytes())
    return {"presenters_dir": folder}


async def test_a_voice_from_the_microphone_whose_face_is_saved_and_then_again_in_another_style(visit: Visit) -> None:
    page, before = visit.page, len(visit.world.emo.tasks)
    await visit.opens()
    await page.get_by_role("button", name="Start", exact=True).click()
    await visit.attaches(FACE)
    await visit.sees(KEPT)
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

    await page.get_by_role("button", name="Save face").click()
    await expect(page.locator(".context")).to_contain_text("What's the name of this face?")
    await visit.writes("Anna")
    await visit.sees("Anna is saved")

    await page.get_by_role("button", name="Again").click()
    await page.locator(".keys").get_by_role("button", name="Lively").click()
    await page.locator(".keys").get_by_role("button", name="✓ Lively").wait_for()
    await page.locator(".keys").get_by_role("button", name="Make it").click()
    await expect(page.get_by_role("status").get_by_text("Coming up!")).to_be_visible()
    await visit.sees_video(2)
    await expect(page.locator(".other .meta", has_text="edited")).to_have_count(0)  # Telegram marks no edits of bots
    assert [task.order.style_level for task in [*visit.world.emo.tasks.values()][before:]] == ["normal", "active"]


async def test_the_service_fails_twice_and_the_video_comes_nevertheless(visit: Visit) -> None:
    page = visit.page
    await visit.opens()
    await page.get_by_role("button", name="Start", exact=True).click()
    await page.get_by_role("tab", name="Inside").click()
    switch = page.get_by_role("switch", name="The service fails twice")
    await switch.click()
    await expect(switch).to_have_attribute("aria-checked", "true")
    await page.get_by_role("tab", name="Chats").click()
    await visit.attaches(FACE)
    await visit.sees(KEPT)
    await visit.attaches(VOICE_OF)
    await visit.sees_video()
    await page.get_by_role("tab", name="Inside").click()
    await expect(page.locator(".calls .bad", has_text="500 (switch)")).to_have_count(2)
    await expect(switch).to_have_attribute("aria-checked", "false")


async def test_an_order_whose_answer_is_lost_is_paid_once_and_its_video_comes(visit: Visit) -> None:
    page, paid = visit.page, visit.world.videos_paid()
    await visit.opens()
    await page.get_by_role("button", name="Start", exact=True).click()
    await visit.attaches(FACE)
    await visit.sees(KEPT)
    await page.get_by_role("tab", name="Inside").click()
    switch = page.get_by_role("switch", name="The service’s answer is lost")
    await switch.click()
    await expect(switch).to_have_attribute("aria-checked", "true")
    await page.get_by_role("tab", name="Chats").click()
    await visit.attaches("Rupert")
    await visit.sees_video()
    await page.get_by_role("tab", name="Inside").click()
    await expect(page.locator(".calls .bad", has_text="cut (switch)")).to_have_count(1)
    await expect(switch).to_have_attribute("aria-checked", "false")
    assert visit.world.videos_paid() == paid + 1


async def test_an_agent_answers_a_customer_with_a_presenters_face(visit: Visit) -> None:
    page = visit.page
    await visit.opens()
    await visit.goes_to("Mia’s shop")
    await visit.writes("Is the green tea back?")
    await visit.becomes("Mia")
    await visit.goes_to("EMO")
    await visit.sees("You wrote: Is the green tea back?")
    await page.get_by_role("button", name="More about this chat").click()
    await page.get_by_role("button", name=f"Let {FACE} speak").click()
    await page.locator(".own", has_text=f"/start as-{FACE}").wait_for()
    await page.locator(".log .other .text", has_text=FACE).last.wait_for()
    await visit.replies_to(page.locator(".log .other", has_text="You wrote:"))
    await visit.attaches(VOICE_OF)
    await visit.sees_video()
    await visit.keeps("support-agent", PHONE)
    await page.get_by_role("button", name="Send to You").click()
    await expect(page.get_by_role("dialog")).to_contain_text("Sent to You.")
    await page.get_by_role("button", name="OK").click()
    await visit.goes_to("You")
    mine = page.locator(".log .own", has=page.locator("video"))
    await expect(mine).to_contain_text("by EMO")
    await visit.becomes("You")
    await visit.goes_to("Mia’s shop")
    video = page.locator(".log .other", has=page.locator("video"))
    await expect(video.locator(".name")).to_have_text("Mia")
    await expect(video).not_to_contain_text("EMO")
    await expect(video.locator(".quote")).to_contain_text("Is the green tea back?")
    await visit.keeps("support-customer", PHONE)


async def test_the_page_says_which_engine_is_on_and_that_emo_is_retired(visit: Visit) -> None:
    page = visit.page
    await visit.opens()
    await page.get_by_role("button", name="Start", exact=True).click()
    await visit.attaches(FACE)
    await visit.sees(KEPT)
    await visit.attaches("Rupert")
    await visit.sees_video()
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
    await visit.becomes("Mia")
    await visit.goes_to("Talking heads")
    await visit.attaches(FACE)
    await visit.replies_to(page.locator(".messages .own").last)
    await visit.writes("/talk")
    answer = page.locator(".log .other", has_text=KEPT)  # before it comes what becomes of files: no answer to the photo
    await answer.wait_for()
    await page.wait_for_function("!document.querySelector('#toasts .bad')")
    await visit.replies_to(answer)
    await visit.attaches(VOICE_OF)
    await visit.sees_video()
    video = page.locator(".log .other", has=page.locator("video"))
    await expect(video.locator(".quote")).to_contain_text("Mia")

    await visit.becomes("Jonas")
    await expect(page.get_by_role("heading", name="Talking heads")).to_be_visible()
    await video.get_by_role("button", name="Again").click()
    await expect(page.get_by_role("status").get_by_text("Only the person who asked")).to_be_visible()
