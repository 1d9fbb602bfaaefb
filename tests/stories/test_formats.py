"""Other formats of a video that was paid once: a round note, a sticker in the chat's own set, a soundless loop."""

import asyncio
import io
import json
from pathlib import Path

import av
import numpy as np

from bot.media.labels import SOURCE_TYPE
from bot.sandbox.faults import Fault
from bot.sandbox.telegram import Person
from bot.sandbox.telegram.message import Message
from tests.media.test_labels import read_credentials
from tests.stories.conftest import PORTRAIT, World, brief_voice
from tests.stories.test_bad_telegram import refusal


async def has_a_video(person: Person) -> Message:
    person.starts()
    await person.sees("Hello")
    person.sends_photo(PORTRAIT)
    await person.sees("Good photo")
    person.sends_voice(brief_voice())
    return await person.sees_video()


def decoded(world: World, message: Message) -> tuple[list[av.VideoFrame], set[str], float, int, dict[str, str]]:
    """The pictures, kinds of streams, seconds, bytes and notes of a message's file, decoded whole."""
    data = message.files[-1].path.read_bytes()
    with av.open(io.BytesIO(data), "r") as container:
        kinds: set[str] = {stream.type for stream in container.streams}
        seconds = (container.duration or 0) / av.time_base
        notes = {key.lower(): value for key, value in container.metadata.items()}
        frames = list(container.decode(video=0))
    return frames, kinds, seconds, len(data), notes


async def test_each_format_comes_playable_and_nothing_is_paid_again(bot: None, world: World, alice: Person) -> None:
    video = await has_a_video(alice)
    bill = len(world.emo.bill)
    said = await alice.presses(video, "Round")
    assert said.text == "Just a moment, it's coming…"
    note = await alice.sees(lambda message: message.media == "video_note")
    frames, kinds, seconds, _, notes = decoded(world, note)
    assert frames[0].width == frames[-1].height == 384
    assert kinds == {"video", "audio"}
    assert seconds < 60
    assert "compositeWithTrainedAlgorithmicMedia" in notes["comment"]

    await alice.presses(video, "Loop")
    loop = await alice.sees(lambda message: message.media == "animation")
    assert loop.text == "Made by AI from a photo and a voice."
    frames, kinds, _, _, notes = decoded(world, loop)
    assert kinds == {"video"}
    assert len(frames) > 15
    assert "compositeWithTrainedAlgorithmicMedia" in notes["comment"]

    await alice.presses(video, "Sticker")
    sticker = await alice.sees(lambda message: message.media == "sticker")
    frames, kinds, seconds, size, notes = decoded(world, sticker)
    assert (frames[0].width, frames[0].height, kinds) == (512, 512, {"video"})
    assert seconds <= 3
    assert size <= 256_000
    assert "compositeWithTrainedAlgorithmicMedia" in notes["comment"]
    (kept,) = world.telegram.world.sticker_sets.values()
    assert kept["title"] == "Talking faces of Alice"
    assert len(world.emo.bill) == bill


async def test_the_delivered_video_says_in_its_file_that_it_is_made_by_ai(
    bot: None, world: World, alice: Person
) -> None:
    _, kinds, _, _, notes = decoded(world, await has_a_video(alice))
    assert kinds == {"video", "audio"}
    assert notes["comment"].startswith("Made by AI")
    assert json.loads(notes["aigc"])["Label"] == "1"


async def test_what_is_delivered_is_signed_and_marked_and_what_is_kept_is_neither(
    bot: None, world: World, alice: Person
) -> None:
    alice.speaks("zh-hans")
    alice.sends_photo(PORTRAIT)
    alice.sends_voice(brief_voice())
    video = await alice.sees_video()
    await alice.presses(video, "圆形")
    note = await alice.sees(lambda message: message.media == "video_note")
    for message in (video, note):
        state, failures, actions = read_credentials(message.files[-1].path)
        assert (state, failures) == ("Valid", ["signingCredential.untrusted"])
        assert actions[0]["digitalSourceType"] == SOURCE_TYPE
    (master,) = [path for path in world.objects() if path.suffix == ".mp4"]
    assert b"c2pa" not in master.read_bytes()
    (render,) = await world.renders()
    assert render.mark == "start:zh"
    difference = np.abs(first_picture(master) - first_picture(video.files[-1].path))[:60]
    assert (difference > 60).sum() > 300  # the letters


def first_picture(path: Path) -> np.ndarray:
    with av.open(str(path), "r") as container:
        return np.asarray(next(container.decode(video=0)).to_ndarray(format="gray"), int)


async def test_a_sticker_is_made_once_however_often_it_is_tapped_and_the_person_goes_on_meanwhile(
    bot: None, world: World, alice: Person
) -> None:
    video = await has_a_video(alice)
    world.telegram.faults.add(Fault("createNewStickerSet", delay=3.0))
    presses = [alice.presses(video, "Sticker") for _ in range(3)]
    assert {press.text for press in await asyncio.gather(*(press.answer() for press in presses))} == {
        "Just a moment, it's coming…"
    }
    alice.sends("/status")
    status = await alice.sees("Nothing is in the works")
    sticker = await alice.sees(lambda message: message.media == "sticker")
    assert status.id < sticker.id
    stickers = [message for message in world.telegram.chat_history(alice) if message.media == "sticker"]
    assert len(stickers) == 1
    actions = [event.data["action"] for event in world.telegram.world.log.since(0) if event.kind == "action"]
    assert "choose_sticker" in actions


async def test_a_second_press_sends_the_same_one_again(bot: None, world: World, alice: Person) -> None:
    video = await has_a_video(alice)
    for _ in range(2):
        await alice.presses(video, "Sticker")
        await alice.sees(lambda message: message.media == "sticker")
    (kept,) = world.telegram.world.sticker_sets.values()
    assert len(kept["stickers"]) == 1


async def test_a_set_that_was_deleted_is_made_anew(bot: None, world: World, alice: Person) -> None:
    video = await has_a_video(alice)
    await alice.presses(video, "Sticker")
    await alice.sees(lambda message: message.media == "sticker")
    world.telegram.world.sticker_sets.clear()
    alice.sends_voice(brief_voice(), reply_to=alice.sends_document(PORTRAIT, mime="image/jpeg"))
    second = await alice.sees_video()
    await alice.presses(second, "Sticker")
    await alice.sees(lambda message: message.media == "sticker")
    assert len(world.telegram.world.sticker_sets) == 1


async def test_a_chat_that_chose_round_notes_gets_one_behind_each_video(bot: None, world: World, alice: Person) -> None:
    alice.sends("/settings")
    await alice.presses(await alice.sees("How videos are made"), "+ round")
    await has_a_video(alice)
    await alice.sees(lambda message: message.media == "video_note")


async def test_a_video_whose_file_is_gone_here_is_fetched_from_telegram_for_its_format(
    bot: None, world: World, alice: Person
) -> None:
    video = await has_a_video(alice)
    for path in world.objects():
        path.unlink()
    await alice.presses(video, "Loop")
    loop = await alice.sees(lambda message: message.media == "animation")
    assert decoded(world, loop)[1] == {"video"}


async def test_a_set_whose_owner_deleted_the_account_makes_way_for_one_of_who_asks(
    bot: None, world: World, alice: Person
) -> None:
    video = await has_a_video(alice)
    await alice.presses(video, "Sticker")
    await alice.sees(lambda message: message.media == "sticker")
    for words in ("Bad Request: USER_ID_INVALID", "Forbidden: user is deactivated"):
        world.telegram.faults.add(refusal("addStickerToSet", 403 if words.startswith("F") else 400, words))
        alice.sends_voice(brief_voice(), reply_to=alice.sends_document(PORTRAIT, mime="image/jpeg"))
        another = await alice.sees_video()
        await alice.presses(another, "Sticker")
        await alice.sees(lambda message: message.media == "sticker")
    assert len(world.telegram.world.sticker_sets) == 3
