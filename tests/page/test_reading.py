"""What one sees in a chat of the page: labels, ticks, days, faces, loops, questions, and the way to the end."""

import json
import time
from pathlib import Path

import pytest
from playwright.async_api import expect

from bot.sandbox.faults import Fault
from bot.sandbox.telegram.media import media_content
from tests.media.samples import filmed
from tests.page.conftest import Visit

pytestmark = pytest.mark.asyncio(loop_scope="session")

DAY = 24 * 3600
FACES = """() => [...document.querySelectorAll(".log .message")].map((one) => {
  const face = one.querySelector(".face");
  return [one.querySelector(".text").textContent, face?.offsetParent ? face.textContent : ""];
})"""
COLOUR = "(one) => getComputedStyle(one).backgroundColor"


async def test_a_label_has_one_line_and_is_cut_and_says_the_rest_to_who_points_at_it(visit: Visit) -> None:
    telegram, you, long = visit.world.telegram, visit.cast.people[0], "A label that is too long for its third of a row"
    rows = [[{"text": long, "callback_data": data} for data in "abc"], [{"text": "Yes", "callback_data": "y"}]]
    telegram.world.post(you.chat, telegram.world.bot, {"text": "Which?"}, inline={"inline_keyboard": rows})
    await visit.opens()
    label = visit.page.locator(".keys .label").first
    await expect(label).to_have_css("text-overflow", "ellipsis")
    assert await label.evaluate("one => one.scrollWidth > one.clientWidth")
    heights = await visit.page.locator(".keys button").evaluate_all("all => all.map(one => one.offsetHeight)")
    assert len(set(heights)) == 1
    await expect(label).to_have_attribute("title", long)


async def test_labels_below_a_short_text_have_the_room_that_they_need(visit: Visit) -> None:
    telegram, you = visit.world.telegram, visit.cast.people[0]
    row = [{"text": text, "callback_data": text} for text in ("Cancel", "Change photo")]
    telegram.world.post(you.chat, telegram.world.bot, {"text": "Waiting…"}, inline={"inline_keyboard": [row]})
    await visit.opens()
    labels = visit.page.locator(".keys .label")
    await expect(labels).to_have_count(2)
    assert await labels.evaluate_all("all => all.every(one => one.scrollWidth <= one.clientWidth)")


async def test_one_tick_until_the_bot_has_taken_it(visit: Visit) -> None:
    telegram, you = visit.world.telegram, visit.cast.people[0]
    await visit.opens()
    telegram.faults.add(Fault("getUpdates", times=-1, status=502, body={"ok": False, "error_code": 502}))
    you.sends("hello?")
    await visit.sees("hello?")
    ticks = visit.page.locator(".own .ticks")
    await expect(ticks).to_have_text("sent")
    telegram.faults.clear()
    await expect(ticks).to_have_text("read", timeout=30_000)
    await expect(visit.page.locator("#list [aria-current] .ticks")).to_have_count(0)  # the bot spoke last


async def test_days_stand_between_messages_and_in_the_list(visit: Visit) -> None:
    telegram, you, mia = visit.world.telegram, visit.cast.people[0], visit.cast.people[1]
    for text, ago in (("long ago", 400 * DAY), ("before", DAY), ("now", 0)):
        sent = telegram.world.post(you.chat, telegram.world.bot, {"text": text})
        you.chat.messages[sent.id] = sent.changed(date=int(time.time()) - ago)
    old = mia.sends("hi", chat=visit.cast.groups[0])
    visit.cast.groups[0].chat.messages[old.id] = old.changed(date=int(time.time()) - 400 * DAY)
    await visit.opens()
    days = visit.page.locator(".log .day")
    await expect(days).to_have_count(3)
    year = time.strftime("%Y", time.localtime(time.time() - 400 * DAY))
    await expect(days.first).to_contain_text(year)
    assert await days.all_text_contents() == [await days.first.text_content(), "Yesterday", "Today"]
    await expect(visit.in_list("General").locator(".side")).to_contain_text(f"/{year[2:]}")
    you.sends("later")
    await visit.sees("later")
    await expect(days).to_have_count(3)


async def test_faces_stand_beside_the_last_of_what_others_say_in_a_row(visit: Visit) -> None:
    group, (you, other, third) = visit.cast.groups[0], visit.cast.people
    for person, text in ((other, "one"), (other, "two"), (third, "three"), (you, "four")):
        person.sends(text, chat=group)
    await visit.opens()
    await visit.goes_to("General")
    shown = await visit.page.evaluate(FACES)
    assert shown == [["one", ""], ["two", "M"], ["three", "J"], ["four", ""]]
    colours = await visit.page.locator(".log .face").evaluate_all(
        "all => all.map(one => getComputedStyle(one).backgroundColor)"
    )
    assert len(set(colours)) == 2


async def test_a_loop_plays_by_itself_without_sound_and_a_click_stops_it(visit: Visit, tmp_path: Path) -> None:
    telegram, you = visit.world.telegram, visit.cast.people[0]
    data = filmed(tmp_path / "loop.mp4", seconds=1.0).read_bytes()
    stored = telegram.world.files.keep(
        data, "animation", {"width": 320, "height": 320, "duration": 1, "mime_type": "video/mp4"}
    )
    telegram.world.post(you.chat, telegram.world.bot, media_content("animation", (stored,)), files=(stored,))
    await visit.opens()
    loop = visit.page.get_by_role("button", name="Loop from EMO: stop")
    await loop.wait_for()
    assert await loop.locator("video").evaluate("one => [one.paused, one.muted, one.loop]") == [False, True, True]
    await loop.click()
    stopped = visit.page.get_by_role("button", name="Loop from EMO: play")
    assert await stopped.locator("video").evaluate("one => one.paused")
    await visit.page.emulate_media(reduced_motion="reduce")
    await visit.opens()
    assert await stopped.locator("video").evaluate("one => one.paused")


async def test_who_reads_above_is_told_how_many_are_new_and_goes_there_with_a_click(visit: Visit) -> None:
    telegram, you = visit.world.telegram, visit.cast.people[0]
    for number in range(40):
        telegram.world.post(you.chat, telegram.world.bot, {"text": f"line {number}"})
    await visit.opens()
    jump = visit.page.locator(".jump")
    await expect(jump).to_be_hidden()
    await visit.page.locator(".log").evaluate("log => { log.scrollTop = 0; }")
    await expect(jump).to_have_accessible_name("Go to the newest message")
    for text in ("new one", "new two"):
        telegram.world.post(you.chat, telegram.world.bot, {"text": text})
    await expect(jump).to_have_accessible_name("Go to the newest message, 2 new")
    await jump.click()
    await expect(jump).to_be_hidden()
    await expect(visit.page.locator(".log").get_by_text("new two")).to_be_in_viewport()
    await expect(visit.page.locator(".day span")).to_have_css("opacity", "0")  # the day shows while one scrolls


async def test_a_question_for_one_is_asked_of_that_one_only(visit: Visit) -> None:
    telegram, group, (_, _, jonas) = visit.world.telegram, visit.cast.groups[0], visit.cast.people
    asked = jonas.sends("what can you do?", chat=group)
    only = {"force_reply": True, "selective": True}
    await visit.opens()
    await visit.goes_to("General")
    telegram.world.post(group.chat, telegram.world.bot, {"text": "What do you want?"}, keyboard=only, reply_to=asked)
    await visit.sees("What do you want?")
    context = visit.page.locator(".context")
    await expect(context).to_be_hidden()
    await visit.becomes("Jonas")
    await expect(context).to_contain_text("What do you want?")
    telegram.world.post(group.chat, telegram.world.bot, {"text": "And you all?"}, keyboard={"force_reply": True})
    await visit.becomes("Mia")
    await expect(context).to_contain_text("And you all?")


async def test_calls_stand_newest_first_beside_the_chat(visit: Visit) -> None:
    you = visit.cast.people[0]
    await visit.page.set_viewport_size({"width": 1320, "height": 820})
    await visit.opens()
    await expect(visit.page.locator("#tabs")).to_be_hidden()
    await expect(visit.page.locator("#chat")).to_be_visible()
    await expect(visit.page.get_by_role("region", name="Inside")).to_be_visible()
    you.sends("/help")
    await visit.sees("start over with another photo")
    calls = visit.page.locator(".calls summary b")
    await expect(calls.first).to_have_text("sendMessage")
    state = await visit.page.evaluate("fetch('/api/state').then(answer => answer.text())")
    made = [one["call"] for one in json.loads(state)["exchanges"]]
    assert await calls.all_text_contents() == made[::-1]
    await visit.page.set_viewport_size({"width": 1000, "height": 820})
    await expect(visit.page.get_by_role("region", name="Inside")).to_be_hidden()
    await expect(visit.page.get_by_role("tab", name="Inside")).to_be_visible()
