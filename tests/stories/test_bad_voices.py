"""Recordings that make no voice: the person is told what is wrong and what to do, and the photo stays."""

import io
import re
import wave
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import av
import numpy as np

from bot.sandbox.telegram import Person
from handlers import texts
from tests.media.samples import RATE, filmed, recorded, speech
from tests.stories.conftest import PORTRAIT, VOICE, World, brief_voice


def silence(folder: Path) -> Path:
    hiss = 0.0005 * np.random.default_rng(5).standard_normal(3 * RATE)
    return recorded(hiss.astype(np.float32), folder / "silence.ogg")


def snippet(folder: Path) -> Path:
    return recorded(speech(0.3), folder / "snippet.ogg")


def half(folder: Path) -> Path:
    """The first half of a voice message."""
    path, data = folder / "half.ogg", VOICE.read_bytes()
    path.write_bytes(data[: len(data) // 2])
    return path


def scrambled(folder: Path) -> Path:
    """An Ogg whose pages were overwritten on the way."""
    path, data = folder / "scrambled.ogg", bytearray(VOICE.read_bytes())
    data[600:] = np.random.default_rng(7).bytes(len(data) - 600)
    path.write_bytes(data)
    return path


def empty(folder: Path) -> Path:
    path = folder / "empty.ogg"
    path.write_bytes(b"")
    return path


def letter(folder: Path) -> Path:
    path = folder / "letter.ogg"
    path.write_bytes(b"Dear Alice,\nthis is a letter.\n" * 50)
    return path


BAD: dict[Callable[[Path], Path], tuple[int, str]] = {
    empty: (5, "That file is empty"),
    silence: (3, "only silence"),
    half: (6, "arrived damaged"),
    scrambled: (6, "arrived damaged"),
    letter: (5, "as a sound"),
    snippet: (1, "too short"),
}


def ten_minutes() -> bytes:
    """A WAV of 8 kHz, as a dictation machine makes it: words, and a pause every five seconds."""
    part = speech(10)[:: RATE // 8000]
    file = io.BytesIO()
    with wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(8000)
        wav.writeframes((np.tile(part, 60) * 32767).astype("<i2").tobytes())
    return file.getvalue()


def length(path: Path) -> float:
    with av.open(str(path)) as container:
        return (container.duration or 0) / av.time_base


async def test_each_fault_of_a_recording_is_said_and_the_photo_stays(
    bot: None, world: World, alice: Person, asked: Counter[str], tmp_path: Path
) -> None:
    alice.sends_photo(PORTRAIT)
    await alice.sees("Now send a voice message")
    for make, (seconds, words) in BAD.items():
        voice = alice.sends_voice(make(tmp_path), seconds=seconds)
        answer = await alice.sees(f"{words}.*{texts.PHOTO_STAYS()}")
        assert answer.reply_to is not None
        assert answer.reply_to.id == voice.id
    draft = await world.draft(alice)
    assert (bool(draft.portrait_sha), draft.voice_sha) == (True, None)
    assert asked == {"detect": 1}
    assert await world.renders() == []
    assert [path.suffix for path in world.objects()] == [".jpg"]

    alice.sends_voice(brief_voice())
    await alice.sees_video()
    assert len(world.emo.tasks) == 1


async def test_a_film_without_sound_is_no_voice_whatever_it_is_sent_as(
    bot: None, alice: Person, tmp_path: Path
) -> None:
    film = filmed(tmp_path / "film.mp4")
    alice.sends_photo(PORTRAIT)
    await alice.sees("Now send a voice message")
    for sends in (alice.sends_video, alice.sends_video_note):
        sends(film)
        await alice.sees(f"video has no sound.*{texts.PHOTO_STAYS()}")
    alice.sends_document(film, "film.mp4", "video/mp4")
    await alice.sees(f"video has no sound.*{texts.PHOTO_STAYS()}")


async def test_without_a_photo_nothing_is_said_of_one(bot: None, alice: Person, tmp_path: Path) -> None:
    alice.sends_voice(silence(tmp_path), seconds=3)
    answer = await alice.sees("only silence")
    assert texts.PHOTO_STAYS() not in answer.text


async def test_an_earlier_voice_stays_when_a_later_one_is_unfit(bot: None, alice: Person, tmp_path: Path) -> None:
    voice = alice.sends_voice(brief_voice())
    await alice.sees("Got your voice")
    alice.sends_voice(snippet(tmp_path), seconds=1)
    await alice.sees(f"too short.*{texts.VOICE_EARLIER_STAYS()}")
    alice.sends_photo(PORTRAIT)
    video = await alice.sees_video()
    assert video.reply_to is not None
    assert video.reply_to.id == voice.id


async def test_ten_minutes_are_offered_cut_at_a_pause_and_one_press_makes_the_video(
    bot: None, world: World, alice: Person, asked: Counter[str]
) -> None:
    alice.sends_photo(PORTRAIT)
    await alice.sees("Now send a voice message")
    long = alice.sends_audio(ten_minutes(), name="dictation.wav", mime="audio/wav")
    offer = await alice.sees(f"10:00 long.*less than 1:00.*{texts.PHOTO_STAYS()}")
    assert (await world.draft(alice)).voice_sha is None
    assert asked["submit"] == 0

    [label] = offer.buttons
    said = re.search(r"0:(\d\d)", label)
    assert said is not None
    assert label in (f"Use the first {said[0]}",)
    await alice.presses(offer, label)
    card = await alice.sees("I'll use the first")
    assert said[0] in card.text
    video = await alice.sees_video()
    assert video.reply_to is not None
    assert video.reply_to.id == long.id
    assert 39 < length(video.media_path) < 60
    assert abs(length(video.media_path) - int(said[1])) < 1
    assert len(world.emo.tasks) == 1


async def test_a_second_press_on_the_offer_makes_no_second_video(bot: None, world: World, alice: Person) -> None:
    alice.sends_photo(PORTRAIT)
    alice.sends_audio(ten_minutes(), name="dictation.wav", mime="audio/wav")
    offer = await alice.sees("10:00 long")
    presses = [alice.presses(offer, offer.buttons[0]) for _ in range(2)]
    for press in presses:
        await press
    await alice.sees_video()
    await world.render_that(lambda render: render.ended)
    alice.sends("/status")
    await alice.sees("Nothing is in the works")
    assert len(world.emo.tasks) == 1
    assert world.videos(alice) == 1


async def test_instead_of_the_offer_a_shorter_voice_does(bot: None, world: World, alice: Person) -> None:
    alice.sends_photo(PORTRAIT)
    alice.sends_audio(ten_minutes(), name="dictation.wav", mime="audio/wav")
    await alice.sees("10:00 long")
    short = alice.sends_voice(brief_voice())
    video = await alice.sees_video()
    assert video.reply_to is not None
    assert video.reply_to.id == short.id
