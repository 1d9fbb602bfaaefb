"""A duet: two faces of the cast, two voices in turn, one video as the reply."""

import asyncio
from collections.abc import Callable

import av
import pytest

from bot.sandbox.faults import Fault
from bot.sandbox.telegram import Person
from bot.sandbox.telegram.group import Group
from bot.sandbox.telegram.message import Message
from handlers.duet import sending
from storage.renders import Render
from tests.stories.conftest import BY_EACH_ENGINE, PORTRAIT, SIDES, World, brief_voice
from tests.stories.test_bad_telegram import refusal


async def cast_of_two(world: World) -> tuple[Group, Person, Person]:
    alice, bob, carol = (world.person(name) for name in ("Alice", "Bob", "Carol"))
    group = world.telegram.group("Friends", [alice, bob, carol], topics=("Fun",))
    for name in ("Ann", "Ben"):
        photo = alice.sends_photo(PORTRAIT, chat=group, topic="Fun")
        alice.sends(f"/save {name}", chat=group, reply_to=photo)
        await alice.sees("is saved, for everybody", chat=group)
    return group, alice, bob


async def speaks_both(person: Person, group: Group) -> Message:
    person.sends("/duet Ann Ben", chat=group, topic="Fun")
    first = await person.sees("Send what Ann says", chat=group)
    assert first.keyboard is not None
    assert first.keyboard["force_reply"]
    person.sends_voice(brief_voice(), chat=group, reply_to=first)
    second = await person.sees("Now send what Ben says", chat=group)
    return person.sends_audio(brief_voice(1.6), name="voice.ogg", mime="audio/ogg", chat=group, reply_to=second)


def seconds_and_size(message: Message) -> tuple[float, tuple[int, int]]:
    with av.open(str(message.files[-1].path), "r") as container:
        frames = list(container.decode(video=0))
        return len(frames) / 25, (frames[0].width, frames[0].height)


@BY_EACH_ENGINE
async def test_two_voices_make_one_video_with_both_faces_in_their_topic(bot: None, world: World, engine: str) -> None:
    group, _, bob = await cast_of_two(world)
    last = await speaks_both(bob, group)
    video = await bob.sees_video(chat=group)
    assert video.text == "Made by AI: Ann and Ben."
    assert video.reply_to is not None
    assert video.reply_to.id == last.id
    assert video.thread_id == group.topic("Fun").id
    seconds, size = seconds_and_size(video)
    assert 2.8 < seconds < 3.6
    assert size == (2 * SIDES[engine], SIDES[engine])
    videos = [each for each in world.telegram.chat_history(group) if each.media == "video"]
    assert len(videos) == 1

    paid = len(world.emo.bill)
    await bob.presses(video, "In turn")
    other = await bob.sees(lambda message: message.media == "video" and message.id != video.id, chat=group)
    assert seconds_and_size(other)[1] == (SIDES[engine], SIDES[engine])
    assert len(world.emo.bill) == paid


async def test_names_that_are_not_there_and_a_change_of_mind_are_answered_kindly(bot: None, world: World) -> None:
    group, alice, bob = await cast_of_two(world)
    bob.sends("/duet", chat=group)
    await bob.sees("Who speaks first", chat=group)
    bob.sends("/duet Ann Zoe", chat=group)
    await bob.sees("no Zoe here", chat=group)
    bob.sends("/duet Ann Ben", chat=group)
    await bob.sees("Send what Ann says", chat=group)
    bob.sends("/cancel", chat=group)
    await bob.sees("forgot the duet", chat=group)
    alice.sends("/cancel", chat=group)
    await alice.sees("nothing to stop", chat=group)


async def test_a_half_that_comes_to_nothing_ends_the_duet_and_is_said(bot: None, world: World) -> None:
    group, _, bob = await cast_of_two(world)
    world.emo.hold()
    await speaks_both(bob, group)
    card = await bob.sees(lambda message: "Ben's part" in message.text and "Cancel" in message.buttons, chat=group)
    await bob.presses(card, "Cancel")
    await bob.sees("Stopped", chat=group)
    world.emo.release()
    await bob.sees_video(chat=group)  # Ann's part comes by itself


async def one_that(world: World, fits: Callable[[Render], bool]) -> Render:
    """The one of the two halves that is as it should be, as soon as there is just one."""
    async with asyncio.timeout(20):
        while len(found := [render for render in await world.renders() if fits(render)]) != 1:
            await asyncio.sleep(0.05)
    return found[0]


async def test_a_half_that_was_made_is_not_lost_when_the_other_comes_to_nothing(bot: None, world: World) -> None:
    group, _, bob = await cast_of_two(world)
    world.emo.faults.watch("submit", "before", lambda _: world.emo.hold() if world.emo.tasks else None)
    await speaks_both(bob, group)
    await world.task_states("SUCCEEDED", "PENDING", seconds=20)
    made = await one_that(world, lambda render: render.ended)
    other = await one_that(world, lambda render: not render.ended and render.card_message_id is not None)
    card = next(each for each in world.telegram.chat_history(group) if each.id == other.card_message_id)
    await bob.presses(card, "Cancel")
    name = "Ann" if made.origin.endswith(":1") else "Ben"  # whichever the queue took first
    said = await bob.sees(f"didn't work out, but {name}'s part is made", chat=group)
    world.emo.release()
    await bob.presses(said, f"{name}'s part")
    await bob.sees_video(chat=group)


@pytest.mark.parametrize(
    ("fault", "reads", "button"),
    [
        (Fault("sendVideo", drop="after"), "did not say whether it arrived", "Send it again"),
        (refusal("sendVideo", 400, "Bad Request: TOPIC_CLOSED"), "This topic is closed", "Try again"),
        (refusal("sendVideo", 400, "Bad Request: a reason of tomorrow"), "Telegram did not take it", "Try again"),
    ],
    ids=["lost", "closed", "refused"],
)
async def test_a_duet_that_does_not_arrive_is_said_and_comes_again_for_free(
    fault: Fault, reads: str, button: str, bot: None, world: World
) -> None:
    group, _, bob = await cast_of_two(world)
    world.telegram.faults.add(fault)
    await speaks_both(bob, group)
    word = await bob.sees(reads, chat=group)
    paid = len(world.emo.bill)
    bob.presses(word, button)
    video = await bob.sees_video(chat=group)
    assert video.text == "Made by AI: Ann and Ben."
    assert len(world.emo.bill) == paid


@pytest.mark.parametrize("never", ["joined", "taken"])
async def test_of_a_duet_that_cannot_come_each_part_is_offered_alone_for_free(
    never: str, bot: None, world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    if never == "joined":
        monkeypatch.setattr(sending, "JOIN_SECONDS", 0.001)
    else:
        world.telegram.faults.add(refusal("sendVideo", 413, "Request Entity Too Large", times=2))
    group, _, bob = await cast_of_two(world)
    await speaks_both(bob, group)
    said = await bob.sees(r"I can send each part alone\.", chat=group)
    assert said.buttons == ["Ann's part", "Ben's part"]
    paid = len(world.emo.bill)
    videos = []
    for part in said.buttons:
        await bob.presses(said, part)
        videos.append(await bob.sees_video(chat=group))
    assert [seconds_and_size(video)[1] for video in videos] == [(SIDES["emo"], SIDES["emo"])] * 2
    assert len({video.reply_to.id for video in videos if video.reply_to is not None}) == 2
    assert len(world.emo.bill) == paid


async def test_a_duet_is_sent_until_telegram_takes_it_and_smaller_where_it_is_too_large(
    bot: None, world: World
) -> None:
    group, _, bob = await cast_of_two(world)
    sizes: list[int] = []
    world.telegram.faults.watch("sendVideo", "before", lambda request: sizes.append(request.content_length or 0))
    world.telegram.faults.add(refusal("sendVideo", 500, "Internal Server Error", times=3))
    world.telegram.faults.add(refusal("sendVideo", 413, "Request Entity Too Large"))
    await speaks_both(bob, group)
    await bob.sees_video(chat=group)
    assert len(sizes) == 5
    assert sizes[4] < sizes[3]
