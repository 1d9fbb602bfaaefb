"""*Change photo* on the card: the voice waits for the new photo, and the old one is paid only if it is ordered."""

import io
from functools import cache
from typing import Any

from PIL import Image

from bot.sandbox.telegram import Person
from bot.sandbox.telegram.message import Message
from handlers import texts
from storage.renders import Stage
from tests.stories.conftest import PORTRAIT, BotProcess, World, brief_voice

KEPT = "Photo: .*|Good photo|I have your photo"
ONE_AT_A_TIME: dict[str, Any] = {"max_in_flight": 1}


@cache
def another_photo(side: int = 700) -> bytes:
    made = io.BytesIO()
    Image.open(PORTRAIT).resize((side, side)).save(made, "JPEG")
    return made.getvalue()


async def sends_photo(person: Person, photo: bytes | None = None) -> None:
    person.sends_photo(photo or PORTRAIT)
    await person.sees(KEPT)


async def keeps_the_service_busy(world: World) -> None:
    """Somebody else's video is at the service, which takes one at a time."""
    world.emo.hold()
    zoe = world.person("Zoe")
    await sends_photo(zoe, another_photo(600))
    zoe.sends_voice(brief_voice())
    await world.task_that(lambda task: task.task_id is not None)


async def queued(person: Person) -> Message:
    """Somebody's card, of which nothing is ordered."""
    await sends_photo(person)
    person.sends_voice(brief_voice())
    return await person.sees(lambda message: "In the queue" in message.text and "Change photo" in message.buttons)


async def test_before_it_is_ordered_the_voice_waits_and_only_the_new_photo_is_made(world: World, alice: Person) -> None:
    async with world.bot(**ONE_AT_A_TIME):
        await keeps_the_service_busy(world)
        card = await queued(alice)
        voice = card.reply_to
        for _ in range(2):
            assert (await alice.presses(card, "Change photo")).text == "Send the new photo."
        card = await alice.sees("Send the new photo. I still have your voice message")
        assert card.buttons == ["Keep photo"]
        assert world.telegram.transcript(alice).count("I still have your voice message") == 1
        alice.sends("/status")
        await alice.sees("I have your voice message; a photo of a face is missing")
        alice.sends_photo(another_photo())
        await alice.sees("In the queue")
        await alice.sees_gone(card)
        world.emo.release()
        video = await alice.sees_video()
    assert voice is not None
    assert video.reply_to is not None
    assert video.reply_to.id == voice.id
    assert world.videos_paid() == 2  # Zoe's and this one
    stages = [(render.stage, render.reason) for render in await world.renders()]
    assert stages == [(Stage.DELIVERED, None), (Stage.CANCELLED, "new_photo"), (Stage.DELIVERED, None)]


async def test_the_old_photo_can_be_kept_after_all_while_none_has_come(world: World, alice: Person) -> None:
    async with world.bot(**ONE_AT_A_TIME):
        await keeps_the_service_busy(world)
        card = await queued(alice)
        await alice.presses(card, "Change photo")
        waits = await alice.sees("I still have your voice message")
        assert (await alice.presses(waits, "Keep photo")).text == "Coming up!"
        card = await alice.sees("In the queue")
        await alice.sees_gone(waits)
        assert (await world.draft(alice)).portrait_sha
        assert (await alice.presses(card, "Change photo")).text == "Send the new photo."
        waits = await alice.sees("I still have your voice message")
        alice.sends("/cancel")
        await alice.sees("forgot your voice message")
        assert "or is gone" in ((await alice.presses(waits, "Keep photo")).text or "")
        await alice.sees(lambda message: message.id == waits.id and not message.buttons)
    assert len(world.emo.tasks) == 1


async def test_a_photo_that_was_sent_before_the_tap_is_taken_at_once(world: World, alice: Person) -> None:
    async with world.bot(**ONE_AT_A_TIME, ask_above="0.01"):
        alice.sends_photo(PORTRAIT)
        await alice.sees(KEPT)
        alice.sends_voice(brief_voice())
        card = await alice.sees("Shall I make it")
        assert card.buttons[1:] == ["Cancel", "Change photo"]
        await sends_photo(alice, another_photo())
        assert (await alice.presses(card, "Change photo")).text == "Coming up!"
        asked = await alice.sees(lambda message: message.id != card.id and "Shall I make it" in message.text)
        await alice.sees_gone(card)
        await alice.presses(asked, "Make it")
        await alice.sees_video()
        assert (await world.renders())[-1].portrait_sha == (await world.draft(alice)).portrait_sha
    assert world.videos_paid() == 1


async def test_once_it_is_ordered_that_is_said_and_the_same_voice_gets_a_second_video(
    bot: None, world: World, alice: Person
) -> None:
    world.emo.hold()
    await sends_photo(alice)
    alice.sends_voice(brief_voice())
    await world.task_that(lambda task: task.task_id is not None)
    card = await alice.sees(texts.CARD_PENDING())
    for _ in range(2):
        assert (await alice.presses(card, "Change photo")).text == "Send the new photo."
    said = await alice.sees("ordered already: it still comes, unless you cancel it.*for about 0.1. CNY")
    world.emo.release()
    await alice.sees_video()
    alice.sends_photo(another_photo())
    await alice.sees_video()
    assert world.videos_paid() == 2
    assert world.telegram.transcript(alice).count(said.text) == 1


async def test_in_a_group_who_asked_for_it_is_asked_by_name_and_a_stranger_changes_nothing(world: World) -> None:
    bob, carol = world.person("Bob"), world.person("Carol")
    group = world.telegram.group("Friends", [bob, carol], topics=("Fun",))
    async with world.bot(**ONE_AT_A_TIME):
        await keeps_the_service_busy(world)
        bob.sends("/talk", chat=group, reply_to=bob.sends_photo(PORTRAIT, chat=group, topic="Fun"))
        asked = await bob.sees("Now send a voice message|I have your photo", chat=group)
        voice = bob.sends_voice(brief_voice(), chat=group, reply_to=asked)
        card = await bob.sees("In the queue", chat=group)
        assert (await carol.presses(card, "Change photo")).text == "Only the person who asked for it can do that."
        for _ in range(2):
            await bob.presses(card, "Change photo")
        await bob.sees("I still have your voice message", chat=group)
        asked = await bob.sees("Bob: Send the new photo as a reply to this", chat=group)
        assert asked.keyboard is not None
        assert asked.keyboard["force_reply"]
        assert asked.thread_id == group.topic("Fun").id
        bob.sends_photo(another_photo(), chat=group, reply_to=asked)
        world.emo.release()
        video = await bob.sees_video(chat=group)
    assert video.reply_to is not None
    assert video.reply_to.id == voice.id
    assert world.telegram.transcript(group).count("as a reply to this") == 1
    assert world.videos_paid() == 2


async def test_a_kill_after_the_tap_loses_neither_the_voice_nor_the_word(
    world: World, process: BotProcess, alice: Person
) -> None:
    await process.start(MAX_IN_FLIGHT="1")
    await keeps_the_service_busy(world)
    card = await queued(alice)
    world.telegram.faults.watch("editMessageText", "before", process.kill_once)
    alice.presses(card, "Change photo")
    await process.stopped()
    await process.start(MAX_IN_FLIGHT="1")
    await alice.sees("Send the new photo. I still have your voice message")
    alice.sends_photo(another_photo())
    await alice.sees("In the queue|next|Waiting|Checking|Handing")
    world.emo.release()
    await alice.sees_video()
    assert world.videos_paid() == 2
    assert await process.stop() == 0
