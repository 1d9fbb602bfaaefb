"""What happens to the voices that people send."""

import struct
import wave
from pathlib import Path

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from bot.media import jobs
from bot.media.child import run_limited
from bot.media.errors import MediaError, Reason
from bot.media.loudness import measure_loudness
from bot.media.voice import fit_voice
from tests.media.samples import RATE, filmed, noise, packed, recorded, speech


def heard(path: Path) -> NDArray[np.float32]:
    """The samples of a WAV, read by the standard library."""
    with wave.open(str(path), "rb") as wav:
        assert (wav.getnchannels(), wav.getsampwidth(), wav.getframerate()) == (1, 2, RATE)
        samples = np.frombuffer(wav.readframes(wav.getnframes()), "<i2")
        return (samples / 32768).astype(np.float32)


def ffmpeg_loudness(path: Path) -> tuple[float, float]:
    """Integrated loudness in LUFS and true peak (linear), measured by ffmpeg."""
    with av.open(str(path)) as container:
        graph = av.filter.Graph()
        graph.link_nodes(
            graph.add_abuffer(template=container.streams.audio[0]),
            graph.add("ebur128", "metadata=1:peak=true"),
            graph.add("abuffersink"),
        ).configure()
        found: dict[str, str] = {}
        for frame in [*container.decode(audio=0), None]:
            graph.push(frame)
            while True:
                try:
                    found |= graph.pull().metadata
                except (av.BlockingIOError, av.EOFError):
                    break
    return float(found["lavfi.r128.I"]), float(found["lavfi.r128.true_peak"])


def refusal(source: Path, **options: float) -> MediaError:
    with pytest.raises(MediaError) as caught:
        fit_voice(source, source.parent / "refused", **options)  # type: ignore[arg-type]
    assert not (source.parent / "refused").exists()
    return caught.value


@pytest.mark.parametrize(
    ("name", "codec", "rate"),
    [
        ("a.ogg", "libopus", 48000),
        ("a.mp3", "libmp3lame", 44100),
        ("a.m4a", "aac", 22050),
        ("a.wav", "pcm_s16le", 8000),
        ("a.flac", "flac", 48000),
        ("a.webm", "libopus", 48000),
        ("a.aac", "aac", 44100),
    ],
)
def test_any_recording_becomes_a_wav(tmp_path: Path, name: str, codec: str, rate: int) -> None:
    source = recorded(speech(3.0), tmp_path / name, codec, rate, kind={"a.m4a": "mp4", "a.aac": "adts"}.get(name, ""))
    fit = fit_voice(source, tmp_path / "fit", stated_seconds=3)
    assert (fit.extension, fit.cut, fit.size) == ("wav", False, (tmp_path / "fit").stat().st_size)
    assert fit.seconds == pytest.approx(3.0, abs=0.1)
    assert len(heard(tmp_path / "fit")) == round(fit.seconds * RATE)


@pytest.mark.parametrize(("seconds", "level"), [(0.6, 0.1), (3.0, 0.015), (4.0, 0.3), (20.0, 0.03)])
def test_quiet_and_loud_voices_become_even(tmp_path: Path, seconds: float, level: float) -> None:
    fit_voice(recorded(speech(seconds, level), tmp_path / "a.ogg"), tmp_path / "fit")
    loudness, peak = ffmpeg_loudness(tmp_path / "fit")
    assert loudness == pytest.approx(-16, abs=0.5)
    assert peak < 10 ** (-1 / 20)


def test_a_knock_on_the_microphone_keeps_the_voice_up(tmp_path: Path) -> None:
    sound = speech(4.0, 0.02)
    knock = np.arange(2400) / RATE
    sound[100_000:102_400] += (0.9 * np.sin(2 * np.pi * 150 * knock) * np.exp(-knock * 150)).astype(np.float32)
    fit_voice(recorded(sound, tmp_path / "a.wav", "pcm_s16le"), tmp_path / "fit")
    loudness, peak = ffmpeg_loudness(tmp_path / "fit")
    assert loudness == pytest.approx(-16, abs=1)
    assert peak < 10 ** (-1 / 20)


def test_loudness_is_what_ffmpeg_measures(tmp_path: Path) -> None:
    for samples in (speech(7.3, 0.05), np.random.default_rng(2).normal(0, 0.05, 5 * RATE).astype(np.float32)):
        source = recorded(samples, tmp_path / "a.wav", "pcm_s16le")
        assert measure_loudness(samples).integrated == pytest.approx(ffmpeg_loudness(source)[0], abs=0.2)


def test_the_lips_stay_in_time(tmp_path: Path) -> None:
    sound = np.concatenate([np.zeros(RATE, np.float32), speech(1.0, 0.9), np.zeros(RATE, np.float32)])
    fit = fit_voice(recorded(sound, tmp_path / "a.wav", "pcm_s16le"), tmp_path / "fit")
    assert fit.seconds == 3.0
    spoken = np.flatnonzero(np.abs(heard(tmp_path / "fit")) > 0.05) / RATE
    assert spoken[0] == pytest.approx(1.0, abs=0.05)


def test_a_video_note_gives_its_sound(tmp_path: Path) -> None:
    fit = fit_voice(filmed(tmp_path / "note", 2.0, (240, 240), speech(2.0)), tmp_path / "fit", stated_seconds=2)
    assert fit.seconds == pytest.approx(2.0, abs=0.1)


def test_a_film_without_sound_says_so(tmp_path: Path) -> None:
    assert refusal(filmed(tmp_path / "film")).reason is Reason.VOICE_NO_SOUND


def test_nothing_and_no_sound_are_told_apart(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(b"")
    assert refusal(source).reason is Reason.VOICE_EMPTY
    for data in (
        b"hello",
        b"%PDF-1.7 " * 500,
        packed(noise(200, 200), "PNG"),
        bytes(9999),
        np.random.default_rng(4).bytes(50_000),
    ):
        source.write_bytes(data)
        assert refusal(source).reason is Reason.NOT_A_VOICE, data[:8]


def test_silence_is_found(tmp_path: Path) -> None:
    hiss = np.random.default_rng(5).normal(0, 0.0005, 5 * RATE).astype(np.float32)
    for samples in (np.zeros(5 * RATE, np.float32), hiss):
        assert refusal(recorded(samples, tmp_path / "a.ogg")).reason is Reason.VOICE_SILENT


def test_a_slip_of_the_finger_is_too_short(tmp_path: Path) -> None:
    error = refusal(recorded(speech(0.3), tmp_path / "a.ogg"), stated_seconds=0)
    assert (error.reason, error.facts["limit"]) == (Reason.VOICE_TOO_SHORT, 0.5)


def test_half_a_voice_message_is_damaged(tmp_path: Path) -> None:
    whole = recorded(speech(10.0), tmp_path / "a.ogg").read_bytes()
    (tmp_path / "half.ogg").write_bytes(whole[: len(whole) // 2])
    error = refusal(tmp_path / "half.ogg", stated_seconds=10)
    assert (error.reason, error.facts["expected_seconds"]) == (Reason.VOICE_DAMAGED, 10)
    assert 2 < float(error.facts["seconds"]) < 8


def test_a_hole_in_a_voice_message_is_damage(tmp_path: Path) -> None:
    whole = bytearray(recorded(speech(20.0), tmp_path / "a.ogg").read_bytes())
    whole[len(whole) // 3 : len(whole) * 2 // 3] = bytes(len(whole) * 2 // 3 - len(whole) // 3)
    (tmp_path / "hole.ogg").write_bytes(whole)
    assert refusal(tmp_path / "hole.ogg").reason is Reason.VOICE_DAMAGED


@pytest.mark.parametrize(("codec", "kind"), [("flac", "flac"), ("aac", "mp4"), ("libopus", "webm")])
def test_half_of_any_file_that_knows_its_length_is_damaged(tmp_path: Path, codec: str, kind: str) -> None:
    whole = recorded(speech(10.0), tmp_path / "a", codec, kind=kind).read_bytes()
    (tmp_path / "half").write_bytes(whole[: len(whole) // 2])
    assert refusal(tmp_path / "half", stated_seconds=10).reason is Reason.VOICE_DAMAGED


@pytest.mark.parametrize("stated", [None, 0, 2, 3, 4, 60, 100_000])
def test_a_whole_voice_is_believed_whatever_its_sender_states(tmp_path: Path, stated: float | None) -> None:
    source = recorded(speech(3.0), tmp_path / "a.ogg")
    assert fit_voice(source, tmp_path / "fit", stated_seconds=stated).seconds == pytest.approx(3.0, abs=0.05)


def test_a_wav_written_to_a_pipe_is_not_damaged(tmp_path: Path) -> None:
    data = bytearray(recorded(speech(2.0), tmp_path / "a.wav", "pcm_s16le").read_bytes())
    place = data.find(b"data") + 4
    for stated in (0x7FFFF000, 0xFFFFFFFF, 0):
        data[place : place + 4] = struct.pack("<I", stated)
        (tmp_path / "pipe.wav").write_bytes(data)
        assert fit_voice(tmp_path / "pipe.wav", tmp_path / "fit").seconds == pytest.approx(2.0, abs=0.05)


def test_a_long_voice_is_cut_at_the_latest_pause(tmp_path: Path) -> None:
    samples = speech(75.0)
    samples[int(40.3 * RATE) : int(44.3 * RATE)] *= 0.01
    source = recorded(samples, tmp_path / "a.ogg")
    error = refusal(source, stated_seconds=75)
    assert (error.reason, error.facts["full_seconds"]) == (Reason.VOICE_TOO_LONG, 75.0)
    assert 58.1 < float(error.facts["cut_seconds"]) < 59.4  # the latest one, though there is a longer one
    fit = fit_voice(source, tmp_path / "fit", stated_seconds=75, cut=True)
    assert fit.cut
    assert fit.full_seconds == pytest.approx(75.0, abs=0.1)
    assert fit.seconds == pytest.approx(float(error.facts["cut_seconds"]), abs=0.1)
    assert abs(float(heard(tmp_path / "fit")[-1])) < 0.001


def test_one_who_never_pauses_is_cut_all_the_same(tmp_path: Path) -> None:
    tone = (0.1 * np.sin(np.arange(62 * RATE) * 0.05)).astype(np.float32)
    fit = fit_voice(recorded(tone, tmp_path / "a.wav", "pcm_s16le"), tmp_path / "fit", cut=True)
    assert 39 < fit.seconds < 59.9
    assert abs(float(heard(tmp_path / "fit")[-1])) < 0.001  # faded, so that nothing clicks


def test_just_under_a_minute_is_whole(tmp_path: Path) -> None:
    fit = fit_voice(recorded(speech(59.8), tmp_path / "a.wav", "pcm_s16le"), tmp_path / "fit", cut=True)
    assert (fit.cut, round(fit.seconds, 2)) == (False, 59.8)
    assert fit.size < 15_000_000


async def test_ten_hours_take_no_more_memory_than_a_minute(tmp_path: Path) -> None:
    second = recorded(speech(20.0), tmp_path / "a.mp3", "libmp3lame", 44100).read_bytes()
    (tmp_path / "long.mp3").write_bytes(second[second.index(b"\xff\xfb") :] * 1800)
    with pytest.raises(MediaError) as caught:
        await run_limited(jobs.fit_voice(tmp_path / "long.mp3", tmp_path / "fit", limit=60.0), memory_mb=256)
    assert caught.value.reason is Reason.VOICE_TOO_LONG
    assert caught.value.facts["full_seconds"] == pytest.approx(36_000, rel=0.02)


def test_a_list_of_other_files_is_not_opened(tmp_path: Path) -> None:
    secret = recorded(speech(2.0), tmp_path / "secret.wav", "pcm_s16le")
    lists = [
        f"ffconcat version 1.0\nfile {secret}\n",
        f"#EXTM3U\n#EXT-X-TARGETDURATION:2\n#EXTINF:2,\nfile://{secret}\n#EXT-X-ENDLIST\n",
        f"v=0\no=- 0 0 IN IP4 127.0.0.1\ns=x\nc=IN IP4 127.0.0.1\nt=0 0\nm=audio 9 RTP/AVP 0\na={secret}\n",
    ]
    for text in lists:
        (tmp_path / "list.ogg").write_text(text)
        assert refusal(tmp_path / "list.ogg").reason is Reason.NOT_A_VOICE
