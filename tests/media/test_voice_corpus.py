"""Recordings as people have them, each with what is right: seconds, loudness, and the words, by their envelope."""

import wave
from collections.abc import Callable
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from bot.media.errors import MediaError, Reason
from bot.media.voice import fit_voice
from tests.media.samples import RATE, filmed, moved, recorded, speech
from tests.media.test_voice import ffmpeg_loudness, heard

CORPUS = Path(__file__).parent / "corpus"
WORDS = speech(6.0)
LATER_WORDS = speech(5.0, seed=2)[RATE:]
TITLE = "TitleOfARecording"
FOREIGN = {"cp1251": "Голос", "gbk": "录音", "latin-1": "Grabación ñ"}


def envelope(samples: NDArray[np.float32]) -> NDArray[np.float64]:
    """How loud it is, every 50 ms."""
    tick = RATE // 20
    power = np.square(samples[: len(samples) // tick * tick].reshape(-1, tick), dtype=np.float64)
    levels: NDArray[np.float64] = np.sqrt(power.mean(axis=1))
    return levels


def likeness(sound: NDArray[np.float32], words: NDArray[np.float32]) -> float:
    """1 where the same words come at the same time, but for an encoder's own delay."""

    def compare(delay: int) -> float:
        one, two = envelope(sound[delay:]), envelope(words)
        length = min(len(one), len(two))
        return float(np.corrcoef(one[:length], two[:length])[0, 1])

    return max(map(compare, (0, 1024, 2048)))


def silence(seconds: float) -> NDArray[np.float32]:
    return np.zeros(round(seconds * RATE), np.float32)


def titled(path: Path, codec: str, kind: str, encoding: str, *, handler: bool = False) -> Path:
    """A file whose title is in the words of a recorder that knew no UTF-8."""
    placed = {"handler": TITLE} if handler else {"title": TITLE}
    data = recorded(WORDS, path, codec, 44100 if codec == "libmp3lame" else RATE, kind, **placed).read_bytes()
    assert TITLE.encode() in data
    path.write_bytes(data.replace(TITLE.encode(), FOREIGN[encoding].encode(encoding).ljust(len(TITLE))))
    return path


def old_tag(path: Path) -> Path:
    """An MP3 with a tag of 1996 behind it, in Cyrillic."""
    data = recorded(WORDS, path, "libmp3lame", 44100, "mp3").read_bytes()
    path.write_bytes(data + b"TAG" + FOREIGN["cp1251"].encode("cp1251").ljust(125, b"\0"))
    return path


def clipped(path: Path) -> Path:
    """Cut out of a longer recording, whose clock it keeps."""
    return moved(recorded(WORDS, path.with_suffix(".whole"), kind="ogg"), path, "ogg", later=4.0)


def late(path: Path) -> Path:
    return moved(recorded(WORDS, path.with_suffix(".whole"), kind="ogg"), path, "matroska", later=3.0)


def discontinuous(path: Path) -> Path:
    """A call, in which nothing was sent while nobody spoke."""
    loud = envelope(WORDS) > 0.01
    whole = recorded(WORDS, path.with_suffix(".whole"), "pcm_s16le", kind="matroska")
    return moved(whole, path, "matroska", keep=lambda seconds: seconds > 5.5 or loud[int(seconds * 20)])


def no_length(path: Path) -> Path:
    """An MP3 without a length, whose quiet begin makes players guess ten times as much."""
    sound = np.concatenate([silence(1.0), WORDS])
    return recorded(sound, path, "libmp3lame", 44100, "mp3", write_xing="0", encoder={"compression_level": "9"})


def chained(path: Path, codec: str = "libopus", rate: int = RATE) -> Path:
    """A mono stream, and a stereo one of another codec or rate right behind it."""
    first = recorded(WORDS, path.with_suffix(".first"), kind="ogg").read_bytes()
    both = np.stack([LATER_WORDS, LATER_WORDS])
    path.write_bytes(
        first + recorded(both, path.with_suffix(".second"), codec, rate, "ogg", encoder={"strict": "-2"}).read_bytes()
    )
    return path


def turned_round(path: Path, share: float = 1.0) -> Path:
    """One channel is the other one turned round, as by a wrong cable."""
    return recorded(np.stack([WORDS, -share * WORDS]), path, kind="ogg")


def two_tracks(path: Path) -> Path:
    """A screen recording: what the machine played, which is nothing, and the microphone."""
    with av.open(str(path), "w", format="mp4") as output:
        tracks = [output.add_stream("aac", rate=RATE, layout="mono") for _ in range(2)]
        for track, sound in zip(tracks, (silence(6.0), WORDS), strict=True):
            frame = av.AudioFrame.from_ndarray(sound[None], format="fltp", layout="mono")
            frame.sample_rate = RATE
            output.mux([*track.encode(frame), *track.encode(None)])
    return path


def film_longer_than_its_sound(path: Path) -> Path:
    return filmed(path, 9.0, (64, 48), WORDS, 100_000)


def rumble(length: int) -> NDArray[np.float32]:
    return (0.4 * np.sin(2 * np.pi * 12 * np.arange(length) / RATE)).astype(np.float32)


def clicks(length: int) -> NDArray[np.float32]:
    """Tones of a quarter of the rate, between whose samples the sound is 3 dB higher than at them."""
    tone = np.sin(np.pi / 2 * np.arange(length) + np.pi / 4)
    return np.asarray(0.6 * tone * (np.arange(length) % (RATE // 2) < 200), np.float32)


TAKEN: dict[str, tuple[Callable[[Path], Path], NDArray[np.float32]]] = {
    "a title in Cyrillic, MP4": (lambda path: titled(path, "aac", "mp4", "cp1251"), WORDS),
    "a title in Chinese, MP3": (lambda path: titled(path, "libmp3lame", "mp3", "gbk"), WORDS),
    "a title in Spanish, WAV": (lambda path: titled(path, "pcm_s16le", "wav", "latin-1"), WORDS),
    "a title in Chinese, FLAC": (lambda path: titled(path, "flac", "flac", "gbk"), WORDS),
    "a title in Cyrillic, AIFF": (lambda path: titled(path, "pcm_s16be", "aiff", "cp1251"), WORDS),
    "a title in Spanish, Matroska": (lambda path: titled(path, "libopus", "matroska", "latin-1"), WORDS),
    "a handler in Cyrillic, MP4": (lambda path: titled(path, "aac", "mp4", "cp1251", handler=True), WORDS),
    "a tag of 1996, MP3": (old_tag, WORDS),
    "a clock that starts at 4 s, Ogg": (clipped, WORDS),
    "a clock that starts at 3 s, Matroska": (late, WORDS),
    "pauses that were not sent, Matroska": (discontinuous, WORDS),
    "no length, MP3": (no_length, np.concatenate([silence(1.0), WORDS])),
    "mono, then stereo, Ogg": (chained, np.concatenate([WORDS, LATER_WORDS])),
    "Opus, then Vorbis of another rate, Ogg": (
        lambda path: chained(path, "vorbis", 32000),
        np.concatenate([WORDS, LATER_WORDS]),
    ),
    "turned round": (turned_round, WORDS),
    "nearly turned round": (lambda path: turned_round(path, 0.98), WORDS),
    "one side only": (lambda path: turned_round(path, 0.0), WORDS),
    "two tracks, the first silent": (two_tracks, WORDS),
    "a film longer than its sound": (film_longer_than_its_sound, WORDS),
    "an offset": (lambda path: recorded(0.4 * WORDS + np.float32(0.3), path, "pcm_s16le", kind="wav"), WORDS),
    "a rumble": (
        lambda path: recorded(0.4 * WORDS + rumble(len(WORDS)), path, "pcm_s16le", kind="wav"),
        WORDS,
    ),
}


@pytest.mark.parametrize("name", TAKEN)
def test_a_recording_as_people_have_them_keeps_all_its_words(name: str, tmp_path: Path) -> None:
    make, words = TAKEN[name]
    fit = fit_voice(make(tmp_path / "sent"), tmp_path / "fit", stated_seconds=61)
    sound = heard(tmp_path / "fit")
    loudness, peak = ffmpeg_loudness(tmp_path / "fit")
    assert fit.seconds == pytest.approx(len(words) / RATE, abs=0.1)
    assert likeness(sound, words) > 0.97
    assert loudness == pytest.approx(-16, abs=0.5)
    assert peak <= 10 ** (-1 / 20)
    assert abs(float(sound.mean())) < 0.001


def test_no_peak_between_samples_is_above_full_scale(tmp_path: Path) -> None:
    sound = 0.3 * WORDS + clicks(len(WORDS))
    fit_voice(recorded(sound, tmp_path / "sent", "pcm_f32le", kind="wav"), tmp_path / "fit")
    assert ffmpeg_loudness(tmp_path / "fit")[1] <= 10 ** (-1 / 20)


@pytest.mark.parametrize(
    ("name", "seconds", "spoken"),
    [
        ("discontinuous.amr", 10.38, "####.#################.########..#######."),
        ("wideband.amr", 11.0, ".#######.....##.#....#########...########..."),
    ],
)
def test_a_recording_of_a_phone_keeps_its_pauses(name: str, seconds: float, spoken: str, tmp_path: Path) -> None:
    fit = fit_voice(CORPUS / name, tmp_path / "fit")
    assert fit.seconds == pytest.approx(seconds, abs=0.03)
    quarters = envelope(heard(tmp_path / "fit"))[: len(spoken) * 5].reshape(-1, 5).mean(axis=1)
    assert "".join("#" if quarter > 0.05 else "." for quarter in quarters) == spoken
    assert ffmpeg_loudness(tmp_path / "fit")[0] == pytest.approx(-16, abs=0.5)


def locked(path: Path) -> Path:
    key: dict[str, Any] = {
        "encryption_scheme": "cenc-aes-ctr",
        "encryption_key": "0" * 31 + "1",
        "encryption_kid": "0" * 32,
    }
    return recorded(WORDS, path, "aac", kind="mp4", **key)


def test_a_locked_recording_is_said_to_be_locked(tmp_path: Path) -> None:
    with pytest.raises(MediaError) as caught:
        fit_voice(locked(tmp_path / "sent"), tmp_path / "fit")
    assert caught.value.reason is Reason.VOICE_PROTECTED


def torn(path: Path, kind: str) -> Path:
    """A third is zeros."""
    data = bytearray(recorded(speech(12.0), path, kind=kind).read_bytes())
    data[len(data) // 3 : len(data) * 2 // 3] = bytes(len(data) * 2 // 3 - len(data) // 3)
    path.write_bytes(data)
    return path


@pytest.mark.parametrize("kind", ["ogg", "webm"])
def test_a_hole_is_not_taken_for_a_pause(kind: str, tmp_path: Path) -> None:
    with pytest.raises(MediaError) as caught:
        fit_voice(torn(tmp_path / "sent", kind), tmp_path / "fit")
    assert caught.value.reason is Reason.VOICE_DAMAGED


def dictated(sound: NDArray[np.float32], path: Path) -> Path:
    """A WAV of 8 kHz, which is quick to read."""
    with wave.open(str(path), "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(8000)
        wav.writeframes((sound[:: RATE // 8000] * 32767).astype("<i2").tobytes())
    return path


def noise(seconds: float) -> NDArray[np.float32]:
    return (0.002 * np.random.default_rng(6).standard_normal(round(seconds * RATE))).astype(np.float32)


def talk(*pauses: tuple[float, float], seconds: float) -> NDArray[np.float32]:
    """Words without a pause but these, in a room that is not quiet."""
    time = np.arange(round(seconds * RATE)) / RATE
    syllables = 0.55 + 0.45 * np.sin(2 * np.pi * 4 * time)
    for begin, end in pauses:
        syllables[int(begin * RATE) : int(end * RATE)] = 0
    return (0.2 * np.sin(2 * np.pi * 200 * time) * syllables).astype(np.float32) + noise(seconds)


Sounds = Callable[[], NDArray[np.float32]]

ENDS_SILENT: dict[str, tuple[Sounds, float]] = {
    "digital silence": (lambda: np.concatenate([talk(seconds=5.0), silence(70.0)]), 6.0),
    "a room": (lambda: np.concatenate([talk(seconds=5.0), noise(70.0)]), 6.0),
    "a breath": (lambda: np.concatenate([talk(seconds=5.0), noise(3.0)]), 6.0),
    "a minute": (lambda: talk((59.3, 60.0), seconds=60.0), 59.9),
    "a bit more than a minute": (lambda: talk((59.5, 61.0), seconds=61.0), 59.9),
    "a pause within": (lambda: talk((3.0, 50.0), seconds=55.0), 55.0),
}


@pytest.mark.parametrize("name", ENDS_SILENT)
def test_silence_behind_the_last_word_goes_unasked(name: str, tmp_path: Path) -> None:
    make, seconds = ENDS_SILENT[name]
    fit = fit_voice(dictated(make(), tmp_path / "sent"), tmp_path / "fit")
    assert fit.seconds == pytest.approx(seconds, abs=0.1)
    assert not fit.cut


GOES_ON: dict[str, tuple[Sounds, float, float]] = {
    "the latest of three": (lambda: talk((30.0, 34.0), (57.0, 57.4), (58.5, 58.7), seconds=63.0), 60.0, 57.2),
    "one at the limit": (lambda: talk((45.0, 46.0), (59.5, 62.0), seconds=90.0), 60.0, 59.9),
    "another limit": (lambda: talk((12.0, 12.5), seconds=25.0), 20.0, 12.25),
    "a word after a long silence": (
        lambda: np.concatenate([talk(seconds=5.0), silence(65.0), talk(seconds=1.0)]),
        60.0,
        5.5,
    ),
}


@pytest.mark.parametrize("name", GOES_ON)
def test_words_beyond_the_limit_are_cut_at_a_pause_only_when_asked(name: str, tmp_path: Path) -> None:
    make, limit, cut_at = GOES_ON[name]
    sound = make()
    source = dictated(sound, tmp_path / "sent")
    with pytest.raises(MediaError) as caught:
        fit_voice(source, tmp_path / "fit", limit=limit)
    assert caught.value.reason is Reason.VOICE_TOO_LONG
    assert caught.value.facts["limit"] == limit
    assert caught.value.facts["full_seconds"] == pytest.approx(len(sound) / RATE, abs=0.1)
    assert caught.value.facts["cut_seconds"] == pytest.approx(cut_at, abs=0.15)


def test_the_silence_before_the_first_word_is_no_place_to_cut(tmp_path: Path) -> None:
    source = dictated(talk((0.0, 0.5), seconds=25.0), tmp_path / "sent")
    with pytest.raises(MediaError) as caught:
        fit_voice(source, tmp_path / "fit", limit=20.0)
    assert float(caught.value.facts["cut_seconds"]) > 9.9
