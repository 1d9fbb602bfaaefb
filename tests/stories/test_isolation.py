"""Two chats, and two people of one group, never get at each other's portraits, cast, videos or links."""

import asyncio
import re

from bot.sandbox.telegram import Person
from bot.sandbox.telegram.group import Group
from bot.sandbox.telegram.message import Message
from bot.sandbox.telegram.press import press
from tests.stories.conftest import PORTRAIT, World, brief_voice

ACTIONS = ("cancel", "photo", "again", "back", "make:1x1:calm", "retry", "resend", "get", "round", "sticker", "loop")
DOORS = (*(f"render:{{id}}:{action}" for action in ACTIONS), "business:send:{id}", "duet:{id}:turn")


async def has_a_video(person: Person) -> Message:
    person.starts()
    await person.sees("Hello")
    person.sends_photo(PORTRAIT)
    await person.sees("Good photo")
    person.sends("/save Ann")
    await person.sees("is saved, for everybody")
    person.sends_voice(brief_voice())
    return await person.sees_video()


def said_to(world: World, person: Person) -> list[Message]:
    return [message for message in world.telegram.chat_history(person) if message.sender.is_bot]


async def test_a_button_of_another_chat_opens_nothing(bot: None, world: World, alice: Person) -> None:
    mallory = world.person("Mallory")
    await has_a_video(alice)
    (render,) = await world.renders()
    mallory.starts()
    await mallory.sees("Hello")
    mallory.sends("/settings")
    mine = await mallory.sees("How videos are made")
    before = len(said_to(world, mallory))
    for door in DOORS:
        answer = await press(world.telegram.world, mallory.user, mine, door.format(id=render.id))
        assert re.search("gone by now|Only the person", answer.text or ""), door
    await mallory.sees_nothing()
    assert len(said_to(world, mallory)) == before
    assert len(world.emo.tasks) == 1


async def test_neither_does_ones_own_button_pressed_in_another_chat(bot: None, world: World, alice: Person) -> None:
    bob = world.person("Bob")
    group: Group = world.telegram.group("Friends", [alice, bob])
    await has_a_video(alice)
    (render,) = await world.renders()
    alice.sends("/settings", chat=group)
    shown = await alice.sees("How videos are made", chat=group)
    answer = await press(world.telegram.world, alice.user, shown, f"render:{render.id}:get")
    assert answer.text == "Only the person who asked for it can do that."
    await alice.sees_nothing(chat=group)


async def test_names_history_status_and_links_of_another_chat_tell_nothing(
    bot: None, world: World, alice: Person
) -> None:
    mallory = world.person("Mallory")
    await has_a_video(alice)
    for command, answer in {
        "/as Ann": "no Ann here",
        "/cast": "No face is saved",
        "/start as-Ann": "isn't here any more",
        "/remove Ann": "no Ann here",
        "/rename Ann | Bea": "no Ann here",
        "/duet Ann Ann": "no Ann here",
        "/history": "no videos of yours",
        "/status": "Nothing is in the works",
        "/cancel": "nothing to stop",
    }.items():
        mallory.sends(command)
        await mallory.sees(answer)
    alice.sends("/as Ann")
    await alice.sees("Ann is ready")


async def test_the_same_photo_and_voice_in_another_chat_is_another_video(
    bot: None, world: World, alice: Person
) -> None:
    await has_a_video(alice)
    bob = world.person("Bob")
    await has_a_video(bob)
    assert len(world.emo.tasks) == 2
    first, second = await world.renders()
    assert first.video_file_id != second.video_file_id


async def test_a_member_of_the_same_group_has_neither_the_draft_nor_the_buttons_of_another(
    bot: None, world: World, alice: Person
) -> None:
    bob = world.person("Bob")
    group = world.telegram.group("Friends", [alice, bob], topics=("Fun",))
    alice.sends("/talk", chat=group, reply_to=alice.sends_photo(PORTRAIT, chat=group, topic="Fun"))
    question = await alice.sees("Now send a voice message", chat=group)
    bob.sends_voice(brief_voice(), chat=group, reply_to=question)
    await bob.sees("Now send a photo", chat=group)
    alice.sends_voice(brief_voice(), chat=group, reply_to=question)
    video = await alice.sees_video(chat=group)
    bill = len(world.emo.bill)
    for label in video.buttons:
        assert (await bob.presses(video, label)).text == "Only the person who asked for it can do that."
    bob.sends("/history", chat=group)
    await bob.sees("no videos of yours", chat=group)
    assert len(world.emo.bill) == bill


async def test_a_link_leads_to_its_own_file_only(bot: None, world: World, alice: Person) -> None:
    world.emo.hold()
    alice.sends_photo(PORTRAIT)
    await alice.sees("Good photo")
    alice.sends_voice(brief_voice())
    task = await world.task_that(lambda task: task.task_id is not None)
    theirs = world.emo.tasks[task.task_id or ""].order.audio_url
    key = re.search(r"/media/([^.]+)\.", theirs)
    assert key is not None
    changed = "A" + key[1][1:] if key[1][0] != "A" else "B" + key[1][1:]
    assert await world.status_of(theirs.replace(key[1], changed)) == 403
    assert await world.status_of(theirs.split("?")[0]) == 403
    world.emo.release()
    await alice.sees_video()
    async with asyncio.timeout(60):  # it is tidied up a moment after its video came
        while await world.status_of(theirs) != 410:
            await asyncio.sleep(0.05)
