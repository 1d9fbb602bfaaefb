"""The main job: a photo and a voice in, a talking video out."""

import asyncio
from pathlib import Path

import aiohttp
import av

from bot.sandbox.emo import EmoServer
from bot.sandbox.film import Film
from bot.sandbox.telegram import Message, Person
from storage.renders import Stage
from tests.still_renderer import detect_centre, render_still, still_engine
from tests.stories.conftest import BY_EACH_ENGINE, PORTRAIT, RATES, SIDES, VOICE, World, brief_voice


def sound_of(video: Message) -> float:
    """Seconds of sound in a delivered video."""
    assert video.media_path is not None
    with av.open(str(video.media_path)) as container:
        frames = list(container.decode(audio=0))
    return sum(frame.samples for frame in frames) / frames[0].sample_rate


def round_video(target: Path) -> Path:
    """A video note of four seconds, with a voice."""
    render_still(PORTRAIT, VOICE, Film((0, 0, 384, 384), (512, 512)), target)
    return target


@BY_EACH_ENGINE
async def test_a_photo_then_a_voice_make_one_video_as_a_reply_to_the_voice(
    bot: None, world: World, alice: Person, engine: str
) -> None:
    alice.starts()
    await alice.sees("Send me a photo of one face and a voice message")
    await alice.sees("Your files go to the gateway")
    alice.sends_photo(PORTRAIT)
    await alice.sees("Now send a voice message")
    voice = alice.sends_voice(VOICE)
    card = await alice.sees("next|Checking|Handing")
    video = await alice.sees_video()
    assert video.reply_to is not None
    assert video.reply_to.id == voice.id
    to_choose = ["Again"] if engine == "emo" else []
    assert video.buttons == [*to_choose, "Save face", "New voice", "New photo", "Round", "Sticker", "Loop"]
    side = SIDES[engine]
    assert (video.video["width"], video.video["height"], video.video["duration"]) == (side, side, 6)
    assert "thumbnail" in video.video
    assert abs(sound_of(video) - 6.09) < 0.2
    await alice.sees_gone(card)


async def test_a_voice_then_a_photo(bot: None, world: World, alice: Person) -> None:
    voice = alice.sends_voice(brief_voice())
    await alice.sees("Now send a photo")
    alice.sends_photo(PORTRAIT)
    video = await alice.sees_video()
    assert video.reply_to is not None
    assert video.reply_to.id == voice.id


async def test_both_in_the_same_instant_make_one_video(bot: None, world: World, alice: Person) -> None:
    alice.sends_photo(PORTRAIT)
    alice.sends_voice(brief_voice())
    await alice.sees_video()
    await world.render_that(lambda render: render.stage is Stage.DELIVERED)
    assert len(await world.renders()) == len(world.emo.tasks) == world.videos(alice) == 1


async def test_a_picture_as_a_file_and_an_audio_file(bot: None, world: World, alice: Person) -> None:
    alice.sends_document(PORTRAIT, mime="image/jpeg")
    await alice.sees("Now send a voice message")
    alice.sends_audio(brief_voice(), name="voice.ogg", mime="audio/ogg")
    await alice.sees_video()


async def test_a_video_note_is_a_voice(bot: None, world: World, alice: Person, tmp_path: Path) -> None:
    alice.sends_photo(PORTRAIT)
    alice.sends_video_note(round_video(tmp_path / "note.mp4"))
    await alice.sees_video()


async def test_a_voice_in_reply_to_an_earlier_photo_speaks_from_that_photo(
    bot: None, world: World, alice: Person
) -> None:
    first = alice.sends_document(PORTRAIT, mime="image/jpeg")
    await alice.sees("Good photo")
    alice.sends_photo(PORTRAIT)
    await alice.sees("Good photo")
    alice.sends_voice(brief_voice(), reply_to=first)
    await alice.sees_video()
    (render,) = await world.renders()
    sent_as_file = await world.draft(alice)
    assert sent_as_file.portrait_message_id == first.id
    assert render.portrait_sha == sent_as_file.portrait_sha


async def test_a_photo_in_reply_to_an_earlier_voice_speaks_that_voice(bot: None, world: World, alice: Person) -> None:
    voice = alice.sends_voice(brief_voice())
    await alice.sees("Now send a photo")
    alice.sends("/new")
    await alice.sees("Fresh start")
    alice.sends_photo(PORTRAIT, reply_to=voice)
    video = await alice.sees_video()
    assert video.reply_to is not None
    assert video.reply_to.id == voice.id


async def test_the_service_gets_the_detected_bytes_and_boxes_and_links_that_die_afterwards(
    bot: None, world: World, alice: Person
) -> None:
    alice.sends_photo(PORTRAIT)
    alice.sends_voice(brief_voice())
    await alice.sees_video()
    await world.render_that(lambda render: render.ended)
    (task,) = world.emo.tasks.values()
    assert world.emo.notes == []  # it would note bytes or boxes that are not those it detected
    fetched = [fetch for fetch in world.emo.fetches if fetch.status == 200]
    assert len(fetched) == 3  # the portrait to look at, then portrait and voice to work with
    assert all("DashScopeUserBot" in fetch.user_agent for fetch in fetched)
    for url in (task.order.image_url, task.order.audio_url):
        async with asyncio.timeout(60):
            while await world.status_of(url) != 410:
                await asyncio.sleep(0.05)
        unsigned = url.partition("?")[0]
        assert await world.status_of(unsigned) == 403
    assert world.detects_paid() == 1


async def test_the_photo_stays_and_is_paid_once(bot: None, world: World, alice: Person) -> None:
    alice.sends_photo(PORTRAIT)
    alice.sends_voice(brief_voice())
    await alice.sees_video()
    alice.sends_voice(brief_voice() + b"\0")
    card = await alice.sees("Using the same photo")
    assert "Change photo" in card.buttons
    video = await alice.sees_video()
    assert world.detects_paid() == 1
    await alice.presses(video, "New photo")
    await alice.sees("Send the new photo")
    alice.sends_voice(brief_voice())
    await alice.sees("Now send a photo")


@BY_EACH_ENGINE
async def test_the_same_again_comes_at_once_and_costs_nothing(bot: None, world: World, alice: Person) -> None:
    alice.sends_photo(PORTRAIT)
    alice.sends_voice(brief_voice())
    first = await alice.sees_video()
    alice.sends_voice(brief_voice())
    again = await alice.sees_video()
    assert again.video["file_id"] == first.video["file_id"]
    assert len(world.emo.tasks) == 1


async def test_again_in_another_ratio_and_style(bot: None, world: World, alice: Person) -> None:
    alice.sends_photo(PORTRAIT)
    alice.sends_voice(brief_voice())
    video = await alice.sees_video()
    await alice.presses(video, "Again")
    choices = await alice.sees(lambda message: "Back" in message.buttons)
    assert {"✓ Square", "Tall", "Calm", "✓ Normal", "Lively", "Send it, free"} <= set(choices.buttons)
    await alice.presses(choices, "Tall")
    choices = await alice.sees(lambda message: "✓ Tall" in message.buttons)
    await alice.presses(choices, "Lively")
    choices = await alice.sees(lambda message: "✓ Lively" in message.buttons)
    make = next(label for label in choices.buttons if label.startswith("Make it for 0.2"))
    assert (await alice.presses(choices, make)).text == "Coming up!"
    await alice.sees(lambda message: "Again" in message.buttons)
    tall = await alice.sees(lambda message: message.media == "video" and message.id != video.id, timeout=60)
    assert (tall.video["width"], tall.video["height"]) == (512, 704)
    assert tall.reply_to is not None
    assert video.reply_to is not None
    assert tall.reply_to.id == video.reply_to.id
    assert [(render.ratio, render.style) for render in await world.renders()] == [("1:1", "normal"), ("3:4", "active")]


async def test_status_help_and_words_get_a_helpful_line(bot: None, world: World, alice: Person) -> None:
    for sends, sees in (
        ("/help", "A voice can be"),
        ("/status", "Nothing is in the works"),
        ("/cancel", "nothing to stop"),
        ("/dance", "don't know that command"),
        ("hello", "I make a photo speak"),
    ):
        alice.sends(sends)
        await alice.sees(sees)
    alice.sends_location(1, 2)
    await alice.sees("can't use a place")
    alice.sends_photo(PORTRAIT)
    await alice.sees("Good photo")
    alice.sends("say hello")
    await alice.sees("say it in a voice message")
    alice.sends("/status")
    await alice.sees("I have your photo")
    alice.sends("/cancel")
    await alice.sees("nothing to stop. I have your photo")


@BY_EACH_ENGINE
async def test_cancelled_while_pending_it_is_cancelled_at_the_service_too(
    bot: None, world: World, alice: Person
) -> None:
    world.emo.hold()
    alice.sends_photo(PORTRAIT)
    alice.sends_voice(brief_voice())
    card = await alice.sees("Waiting for the service")
    answer = await alice.presses(card, "Cancel")
    assert answer.text == "Stopping it…"
    await alice.sees("Stopped. ")
    assert [task.state for task in world.emo.tasks.values()] == ["CANCELED"]
    assert world.videos_paid() == 0


@BY_EACH_ENGINE
async def test_cancelled_while_it_runs_it_is_honest_about_the_service_and_sends_nothing(
    world: World, alice: Person
) -> None:
    slow = EmoServer(detect_centre, render_still, seconds_per_video_second=4, rates=RATES, engine=still_engine())
    await slow.start()
    world.ledger_is_whole = False  # the bot is gone before the task, which costs something, is at its end
    try:
        async with world.bot(dashscope_base_url=slow.url):
            alice.sends_photo(PORTRAIT)
            alice.sends_voice(brief_voice())
            await alice.sees("Making the video")
            alice.sends("/cancel")
            await alice.sees("finishes there")
            await world.render_that(lambda render: render.stage is Stage.CANCELLED)
            await until_ended(slow)
    finally:
        await slow.stop()
    assert world.videos(alice) == 0


async def until_ended(service: EmoServer) -> None:
    async with asyncio.timeout(60):
        while [task.state for task in service.tasks.values()] != ["SUCCEEDED"]:
            await asyncio.sleep(0.05)


async def test_in_webhook_mode_the_same_happens(world: World, alice: Person) -> None:
    async with world.bot(telegram_updates="webhook"):
        alice.sends_photo(PORTRAIT)
        alice.sends_voice(brief_voice())
        await alice.sees_video()
        async with aiohttp.ClientSession() as session:
            forged = await session.post(f"http://127.0.0.1:{world.port}/telegram", json={"update_id": 1})
            assert forged.status in (401, 403)


async def test_behind_a_gateway_with_a_prefix(world: World, alice: Person) -> None:
    gateway = EmoServer(detect_centre, render_still, prefix="/qwen", rates=RATES, engine=still_engine())
    await gateway.start()
    world.bills.append(gateway.bill)
    try:
        assert gateway.url.endswith("/qwen")
        async with world.bot(dashscope_base_url=gateway.url):
            alice.sends_photo(PORTRAIT)
            alice.sends_voice(brief_voice())
            await alice.sees_video()
    finally:
        await gateway.stop()


async def test_health_says_that_all_is_well(bot: None, world: World) -> None:
    assert await world.status_of(f"http://127.0.0.1:{world.port}/health") == 200


async def test_two_people_at_once_each_get_their_own(bot: None, world: World, alice: Person) -> None:
    bob = world.person("Bob")
    for person in (alice, bob):
        person.sends_photo(PORTRAIT)
        person.sends_voice(brief_voice())
    await asyncio.gather(alice.sees_video(), bob.sees_video())
    assert world.videos(alice) == world.videos(bob) == 1
