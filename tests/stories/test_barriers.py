"""Chats that do not let the bot send: each time a plain word about what to do, and nothing more is ordered."""

import asyncio

import pytest

from bot.sandbox.faults import Fault
from bot.sandbox.telegram import Person
from bot.sandbox.telegram.group import Group
from handlers import texts
from tests.stories.conftest import PORTRAIT, VOICE, World, brief_voice
from tests.stories.test_bad_telegram import orders_a_video, refusal, works

WORDS = {
    "Bad Request: TOPIC_CLOSED": "This topic is closed",
    "Bad Request: CHAT_WRITE_FORBIDDEN": "not allowed to write here",
    "Bad Request: have no write access to the chat": "not allowed to write here",
    "Bad Request: CHAT_SEND_PLAIN_FORBIDDEN": "not allowed to write here",
    "Bad Request: need administrator rights in the channel chat": "Only admins can post here",
    "Bad Request: CHAT_ADMIN_REQUIRED": "Only admins can post here",
    "Bad Request: CHAT_SEND_VIDEOS_FORBIDDEN": "not allowed to send videos here",
    "Bad Request: not enough rights to send videos to the chat": "not allowed to send videos here",
    "Bad Request: ALLOW_PAYMENT_REQUIRED_5": "cost a fee here",
    "Forbidden: a reason of tomorrow": "not allowed to write here",
}


def barrier(call: str, words: str, times: int = 1) -> Fault:
    return refusal(call, 403 if words.startswith("Forbidden") else 400, words, times)


async def test_each_barrier_has_its_own_word_and_the_video_is_tried_again_for_free(
    bot: None, world: World, alice: Person
) -> None:
    await orders_a_video(alice)
    await alice.sees_video()
    for said, reads in WORDS.items():
        world.telegram.faults.add(barrier("sendVideo", said))
        alice.sends_voice(brief_voice())
        end = await alice.sees(reads)
        await alice.presses(end, "Try again")
        await alice.sees_video()
    await works(alice)
    assert world.videos(alice) == 1 + len(WORDS)
    assert len(world.emo.tasks) == 1
    assert texts.WENT_WRONG() not in world.telegram.transcript(alice)


@pytest.mark.parametrize(
    "said", ["Bad Request: VOICE_MESSAGES_FORBIDDEN", "Bad Request: user restricted receiving of video note messages"]
)
async def test_who_lets_no_round_videos_in_reads_which_setting_that_is(
    said: str, bot: None, world: World, alice: Person
) -> None:
    await orders_a_video(alice)
    video = await alice.sees_video()
    world.telegram.faults.add(barrier("sendVideoNote", said))
    alice.presses(video, "Round")
    await alice.sees("privacy settings keep round videos out")


async def test_a_format_that_telegram_refuses_or_leaves_unanswered_is_not_passed_over_in_silence(
    bot: None, world: World, alice: Person
) -> None:
    await orders_a_video(alice)
    video = await alice.sees_video()
    for fault, reads in (
        (barrier("sendAnimation", "Bad Request: CHAT_SEND_GIFS_FORBIDDEN"), "not allowed to send that here"),
        (barrier("sendAnimation", "Bad Request: something of tomorrow"), "couldn't make that"),
        (Fault("sendAnimation", drop="after"), "did not say whether it arrived"),
    ):
        world.telegram.faults.add(fault)
        alice.presses(video, "Loop")
        await alice.sees(reads)
    await works(alice)


async def test_a_note_of_which_telegram_makes_a_video_is_made_anew_the_next_time(
    bot: None, world: World, alice: Person
) -> None:
    await orders_a_video(alice)
    video = await alice.sees_video()
    message = video.payload() | {"message_id": 999}
    world.telegram.faults.add(Fault("sendVideoNote", status=200, body={"ok": True, "result": message}))
    async with asyncio.timeout(60):
        while not any(message.media == "video_note" for message in world.telegram.chat_history(alice)):
            await alice.presses(video, "Round")
            await asyncio.sleep(0.1)


def in_a_topic(world: World) -> tuple[Group, Person]:
    alice = world.person("Alice")
    return world.telegram.group("Friends", [alice, world.person("Bob")], topics=("Fun",)), alice


async def asks(alice: Person, group: Group) -> None:
    alice.sends("/talk", chat=group, reply_to=alice.sends_photo(PORTRAIT, chat=group, topic="Fun"))
    question = await alice.sees("Now send a voice message", chat=group)
    alice.sends_voice(brief_voice(), chat=group, reply_to=question)


async def test_where_not_even_the_card_is_taken_nothing_is_ordered_and_the_person_reads_why_in_private(
    bot: None, world: World
) -> None:
    group, alice = in_a_topic(world)
    alice.starts()
    await alice.sees("Your files go")
    alice.sends("/talk", chat=group, reply_to=alice.sends_photo(PORTRAIT, chat=group, topic="Fun"))
    question = await alice.sees("Now send a voice message", chat=group)
    world.emo.faults.add(Fault("detect", delay=1.0))
    world.emo.hold()
    closed = [world.telegram.faults.add(barrier("sendMessage", "Bad Request: TOPIC_CLOSED")) for _ in range(2)]
    alice.sends_voice(brief_voice(), chat=group, reply_to=question)
    await alice.sees("can't answer you in Friends.*This topic is closed")
    assert not any(fault.times for fault in closed)
    render = await world.render_that(lambda render: render.ended)
    assert render.reason == "topic_closed"
    assert world.emo.tasks == {}


async def test_a_command_that_may_not_be_answered_where_it_was_given_is_answered_in_private(
    bot: None, world: World
) -> None:
    group, alice = in_a_topic(world)
    alice.starts()
    await alice.sees("Your files go")
    world.telegram.faults.add(barrier("sendMessage", "Bad Request: CHAT_WRITE_FORBIDDEN"))
    alice.sends("/help", chat=group)
    await alice.sees("can't answer you in Friends.*not allowed to write here")


async def test_while_a_chat_takes_no_videos_nothing_more_is_ordered_and_then_the_kept_one_comes_first(
    bot: None, world: World, alice: Person
) -> None:
    closed = world.telegram.faults.add(barrier("sendVideo", "Bad Request: CHAT_SEND_VIDEOS_FORBIDDEN", times=-1))
    await orders_a_video(alice)
    first = await alice.sees("not allowed to send videos here")
    for _ in range(2):
        alice.sends_voice(VOICE)
        await alice.sees("not allowed to send videos here")
    assert len(world.emo.tasks) == 1

    world.telegram.faults.planned.remove(closed)
    alice.sends_voice(VOICE)
    kept = await alice.sees_video()
    assert kept.reply_to is not None
    assert first.reply_to is not None
    assert kept.reply_to.id == first.reply_to.id
    await alice.sees(lambda message: message.media == "video" and message.id != kept.id, timeout=60)
    assert len(world.emo.tasks) == 2


async def test_the_same_words_again_bring_the_kept_video_and_order_nothing(
    bot: None, world: World, alice: Person
) -> None:
    world.telegram.faults.add(barrier("sendVideo", "Bad Request: CHAT_SEND_VIDEOS_FORBIDDEN"))
    await orders_a_video(alice)
    await alice.sees("not allowed to send videos here")
    alice.sends_voice(brief_voice())
    await alice.sees_video()
    assert len(world.emo.tasks) == 1
