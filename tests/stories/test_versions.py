"""*Again*: another version of a video, chosen in place, with its price on the button that makes it."""

from typing import Any

from bot.sandbox.telegram import Person
from bot.sandbox.telegram.message import Message
from bot.sandbox.telegram.press import PressAnswer, press
from storage.renders import Stage
from tests.stories.conftest import PORTRAIT, BotProcess, World, brief_voice

UNASKED: dict[str, Any] = {"ask_above": "0.05"}
"""A second and a half of EMO costs 0.12 CNY square, 0.24 CNY tall."""


async def has_a_video(person: Person, world: World) -> Message:
    person.sends_photo(PORTRAIT)
    await person.sees("Good photo|I have your photo")
    person.sends_voice(brief_voice())
    video = await person.sees_video()
    await world.render_that(lambda render: render.stage is Stage.DELIVERED)
    return video


def marked(*labels: str) -> Any:
    return lambda message: {f"✓ {label}" for label in labels} <= set(message.buttons)


async def chooses(person: Person, shown: Message, *labels: str) -> Message:
    """Tap one after the other, and see each marked."""
    for label in labels:
        await person.presses(shown, label)
        shown = await person.sees(marked(label))
    return shown


async def sees_another(person: Person, *known: Message) -> Message:
    """See a video that is none of these, whose buttons may change meanwhile."""
    numbers = [each.id for each in known]
    return await person.sees(lambda message: message.media == "video" and message.id not in numbers)


async def pressed(world: World, person: Person, message: Message, data: str) -> PressAnswer:
    return await press(world.telegram.world, person.user, message, data)


async def test_the_price_on_the_button_is_asked_about_no_more(world: World, alice: Person) -> None:
    async with world.bot():
        video = await has_a_video(alice, world)
    async with world.bot(**UNASKED):
        await alice.presses(video, "Again")
        shown = await chooses(alice, await alice.sees(marked("Square", "Normal")), "Tall", "Lively")
        assert [len(row) for row in (shown.inline or {})["inline_keyboard"]] == [2, 3, 1, 1]
        await alice.presses(shown, "Make it for 0.2")
        await sees_another(alice, video)
        assert not any("Shall I make it" in message.text for message in world.telegram.chat_history(alice))

        old = f"render:{(await world.renders())[0].id}:make:3x4:calm"  # of an older version, which told no price
        assert (await pressed(world, alice, video, old)).text == "Coming up!"
        asked = await alice.sees("This video will cost about 0.2")
        await alice.presses(asked, "Cancel")
        await alice.sees("Stopped")
        cheaper = await pressed(world, alice, video, f"{old}:1")
        assert cheaper.text == "Coming up!"
        await alice.sees("This video will cost about 0.2")


async def test_what_was_made_before_is_free_and_a_second_tap_makes_nothing_more(
    bot: None, world: World, alice: Person
) -> None:
    video = await has_a_video(alice, world)
    await alice.presses(video, "Again")
    shown = await chooses(alice, await alice.sees(marked("Square")), "Calm")
    world.emo.hold()
    assert (await alice.presses(shown, "Make it for")).text == "Coming up!"
    assert (await alice.presses(shown, "Make it for")).text == "I'm already making that one."
    world.emo.release()
    calm = await sees_another(alice, video)
    paid = len(world.emo.bill)
    await alice.presses(video, "Again")
    shown = await chooses(alice, await alice.sees(marked("Normal")), "Calm")
    await alice.presses(shown, "Send it, free")
    again = await sees_another(alice, video, calm)
    assert again.video["file_id"] == calm.video["file_id"]
    assert len(world.emo.bill) == paid == 3  # one look, two videos


async def test_a_stranger_changes_nothing_and_what_there_is_no_more_is_answered_kindly(bot: None, world: World) -> None:
    alice, bob = world.person("Alice"), world.person("Bob")
    group = world.telegram.group("Friends", [alice, bob])
    alice.sends("/talk", chat=group, reply_to=alice.sends_photo(PORTRAIT, chat=group))
    question = await alice.sees("Now send a voice message", chat=group)
    alice.sends_voice(brief_voice(), chat=group, reply_to=question)
    video = await alice.sees_video(chat=group)
    await alice.presses(video, "Again")
    shown = await alice.sees(marked("Square"), chat=group)
    for label in ("Tall", "Send it, free", "Back"):
        assert (await bob.presses(shown, label)).text == "Only the person who asked for it can do that."
    render = (await world.renders())[0].id
    for data in (f"render:{render}:pick:1x1:wild", f"render:{render}:make", f"render:{'0' * 16}:pick:1x1:calm"):
        assert "gone by now" in ((await pressed(world, alice, shown, data)).text or "")
    assert await world.renders()
    assert len(world.emo.tasks) == 1
    assert all(
        len(button["callback_data"].encode()) <= 64 for row in (shown.inline or {})["inline_keyboard"] for button in row
    )
    await alice.presses(shown, "Back")
    await alice.sees(lambda message: "Again" in message.buttons, chat=group)


async def test_a_kill_after_the_tap_orders_nothing_twice(world: World, process: BotProcess, alice: Person) -> None:
    await process.start()
    video = await has_a_video(alice, world)
    await alice.presses(video, "Again")
    shown = await chooses(alice, await alice.sees(marked("Square")), "Calm")
    world.telegram.faults.watch("sendMessage", "before", process.kill_once)  # at the card
    process.is_back_when_the_service_fetches()
    alice.presses(shown, "Make it for")
    await process.stopped()
    await process.start()
    await alice.sees("Waiting for the service|Checking|Handing|next")
    await sees_another(alice, video)
    assert len(world.emo.tasks) == 2
    assert await process.stop() == 0
