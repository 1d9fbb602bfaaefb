"""In a group: quiet unless asked, by command or by a reply; the right topic, the right person."""

from bot.sandbox.telegram import Person
from bot.sandbox.telegram.group import Group
from tests.stories.conftest import PORTRAIT, VOICE, World


def friends(world: World, *topics: str) -> tuple[Group, Person, Person]:
    alice, bob = world.person("Alice"), world.person("Bob")
    return world.telegram.group("Friends", [alice, bob], topics=topics), alice, bob


async def test_talk_as_a_reply_to_a_photo_asks_for_the_voice_and_makes_the_video(bot: None, world: World) -> None:
    group, alice, bob = friends(world)
    photo = bob.sends_photo(PORTRAIT, chat=group)
    alice.sends("/talk", chat=group, reply_to=photo)
    await bob.presses(await bob.sees("Is that all right", chat=group), "Allow")
    question = await alice.sees("Now send a voice message", chat=group)
    assert question.keyboard is not None
    assert question.keyboard["force_reply"]
    voice = alice.sends_voice(VOICE, chat=group, reply_to=question)
    video = await alice.sees_video(chat=group)
    assert video.reply_to is not None
    assert video.reply_to.id == voice.id


async def test_talk_alone_begins_and_everything_stays_in_its_topic(bot: None, world: World) -> None:
    group, alice, _ = friends(world, "Fun", "Work")
    alice.sends("/talk", chat=group, topic="Fun")
    question = await alice.sees("as a reply to this", chat=group)
    alice.sends_photo(PORTRAIT, chat=group, reply_to=question)
    question = await alice.sees("Now send a voice message", chat=group)
    alice.sends_voice(VOICE, chat=group, reply_to=question)
    video = await alice.sees_video(chat=group)
    fun = group.topic("Fun").id
    assert {message.thread_id for message in world.telegram.chat_history(group) if message.sender.is_bot} == {fun}
    assert video.thread_id == fun


async def test_what_is_not_meant_for_the_bot_is_left_alone(bot: None, world: World) -> None:
    group, alice, bob = friends(world)
    photo = bob.sends_photo(PORTRAIT, chat=group)
    alice.sends_voice(VOICE, chat=group, reply_to=photo)
    alice.sends("lovely", chat=group)
    alice.sends("/status", chat=group)
    answer = await alice.sees("Nothing is in the works", chat=group)
    before = [message for message in world.telegram.chat_history(group) if message.sender.is_bot]
    assert [message.id for message in before] == [answer.id]
    assert world.detects_paid() == 0


async def test_two_members_have_drafts_of_their_own_and_buttons_of_their_own(bot: None, world: World) -> None:
    group, alice, bob = friends(world)
    alice.sends("/talk", chat=group, reply_to=bob.sends_photo(PORTRAIT, chat=group))
    await bob.presses(await bob.sees("Is that all right", chat=group), "Allow")
    question = await alice.sees("Now send a voice message", chat=group)
    bob.sends_voice(VOICE, chat=group, reply_to=question)
    await bob.sees("Now send a photo", chat=group)
    alice.sends_voice(VOICE, chat=group, reply_to=question)
    video = await alice.sees_video(chat=group)
    answer = await bob.presses(video, "Again")
    assert answer.text == "Only the person who asked for it can do that."
