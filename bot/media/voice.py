"""A person's voice becomes one that the service takes: WAV, mono, under a minute, of even loudness.

48 kHz is what Opus decodes to, so that a voice message is not resampled and its sound comes back in the video as it
was sent; a minute of it has 5.8 of the service's 15 MB.
"""

import contextlib
import itertools
import os
import wave
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from numpy.typing import NDArray

from bot.media.container import INDEXED_FORMATS, open_media
from bot.media.errors import MediaError, Reason
from bot.media.loudness import Samples, even_loudness, measure_loudness

RATE = 48000
LIMIT_SECONDS = 60.0
"""The service takes less than that."""
MAX_SECONDS = 59.9
MIN_SECONDS = 0.5
"""A shorter one is a slip of the finger, and holds no word."""
DECODED_SECONDS = 65.0
"""No more is decoded of a longer file."""
COUNTED_BYTES = 20_000_000
SILENT_LUFS = -50.0
"""The loudest 400 ms of a silent room are below, those of a whisper above."""
PAUSE_SEARCH_SECONDS = 20.0
MIN_PAUSE_SECONDS = 0.2
FADE_SECONDS = 0.05
TICKS_A_SECOND = 50
"""How finely pauses are looked for."""
IMPOSSIBLE_SECONDS = 3600.0
"""A WAV written to a pipe states hours; no file of less than `DECODED_SECONDS` meant that."""
SIGNATURES = (b"OggS", b"RIFF", b"fLaC", b"ID3", b"\x1aE\xdf\xa3", b"#!AMR", b"FORM")


@dataclass(frozen=True)
class FitVoice:
    """A voice that the service takes; `full_seconds` is the length of what was sent."""

    extension: str
    seconds: float
    full_seconds: float
    cut: bool
    size: int


@dataclass(frozen=True)
class _Sound:
    """What was decoded, mono at `RATE`; `full_seconds` is more when the rest was left."""

    samples: Samples
    full_seconds: float


def fit_voice(source: Path, target: Path, *, stated_seconds: float | None = None, cut: bool = False) -> FitVoice:
    """Writes the voice in `source` (or the sound of that video) to `target` as the service takes it.

    Args:
        source: Any sound or video file.
        target: Where the WAV goes.
        stated_seconds: Its length as the sender stated it, if they did.
        cut: Cut a voice that is too long at a pause, instead of refusing it.

    Raises:
        MediaError: One of the reasons of a voice; VOICE_TOO_LONG comes with `full_seconds`, `cut_seconds` (where the
            pause is) and `limit`.
    """
    sound = _read(source, stated_seconds)
    samples = sound.samples
    seconds = len(samples) / RATE
    if seconds < MIN_SECONDS:
        raise MediaError(Reason.VOICE_TOO_SHORT, seconds=round(seconds, 2), limit=MIN_SECONDS)
    too_long = seconds > MAX_SECONDS
    if too_long:
        samples = samples[: _find_pause(samples[: int(MAX_SECONDS * RATE)])]
    loudness = measure_loudness(samples, RATE)
    if loudness.loudest < SILENT_LUFS:
        raise MediaError(Reason.VOICE_SILENT, loudness=round(loudness.loudest, 1))
    if too_long and not cut:
        facts = {"full_seconds": round(sound.full_seconds, 1), "cut_seconds": round(len(samples) / RATE, 1)}
        raise MediaError(Reason.VOICE_TOO_LONG, **facts, limit=LIMIT_SECONDS)
    samples = even_loudness(samples, RATE, loudness)
    if too_long:
        fade = int(FADE_SECONDS * RATE)
        samples[-fade:] *= np.linspace(1, 0, fade, dtype=np.float32)
    _write_wav(target, samples)
    return FitVoice("wav", len(samples) / RATE, sound.full_seconds, too_long, target.stat().st_size)


def _read(source: Path, stated_seconds: float | None) -> _Sound:
    """Decodes the first `DECODED_SECONDS`, and finds what is missing."""
    if source.stat().st_size == 0:
        raise MediaError(Reason.VOICE_EMPTY)
    try:
        with open_media(source) as container:
            stream = container.streams.best("audio")
            if not isinstance(stream, AudioStream):
                raise MediaError(Reason.VOICE_NO_SOUND)
            known = _known_seconds(container, stream)
            samples, rest = _decode(container, stream, known)
    except (MediaError, MemoryError):
        raise
    except Exception as error:  # the decoders raise of everything
        raise MediaError(Reason.VOICE_DAMAGED if _looks_like_sound(source) else Reason.NOT_A_VOICE) from error
    seconds = len(samples) / RATE
    if seconds < DECODED_SECONDS:
        _check_whole(source, seconds, known, stated_seconds)
    return _Sound(samples, max(seconds, rest))


def _known_seconds(container: InputContainer, stream: AudioStream) -> float | None:
    """The length that the file itself gives, where that can be believed."""
    if container.format.name not in INDEXED_FORMATS:
        return None
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    if container.duration is not None and not container.streams.video:
        return container.duration / av.time_base
    return None


def _decode(container: InputContainer, stream: AudioStream, known: float | None) -> tuple[Samples, float]:
    """Mono samples at `RATE`, and the length of the whole file where they are not all."""
    samples, filled = np.empty(int(DECODED_SECONDS * RATE), np.float32), 0
    packets = _packets(container, stream)
    for frame in _resampled(itertools.chain.from_iterable(map(_decode_packet, packets))):
        piece = np.frombuffer(memoryview(frame.planes[0]), np.float32, min(frame.samples, len(samples) - filled))
        samples[filled : filled + len(piece)] = piece
        filled += len(piece)
        if filled == len(samples):
            return samples, known or _count_seconds(container, packets)
    return samples[:filled], 0.0


def _count_seconds(container: InputContainer, packets: "Iterator[Packet[AudioStream]]") -> float:
    """The whole length of a file without an index: counted where that is quick, else what its bitrate suggests."""
    if container.size > COUNTED_BYTES and container.duration:
        return container.duration / av.time_base
    rest = sum(float((packet.duration or 0) * packet.time_base) for packet in packets if packet.time_base)
    return DECODED_SECONDS + rest


def _packets(container: InputContainer, stream: AudioStream) -> "Iterator[Packet[AudioStream]]":
    """All that can be read; what is missing is found in the length."""
    with contextlib.suppress(av.FFmpegError):
        yield from container.demux(stream)


def _decode_packet(packet: "Packet[AudioStream]") -> list[AudioFrame]:
    try:
        return packet.decode()
    except MemoryError:
        raise
    except av.FFmpegError:
        return []


def _resampled(frames: Iterable[AudioFrame]) -> Iterator[AudioFrame]:
    """Frames of one float channel at `RATE`, though the file may change its channels or rate on the way."""
    kinds = itertools.groupby(frames, lambda frame: (frame.sample_rate, frame.layout.name, frame.format.name))
    for kind, alike in kinds:
        if kind == (RATE, "mono", "fltp"):
            yield from alike
            continue
        resampler = AudioResampler("fltp", "mono", RATE)
        for frame in alike:
            yield from resampler.resample(frame)
        yield from resampler.resample(None)


def _check_whole(source: Path, seconds: float, known: float | None, stated: float | None) -> None:
    """Compares what was decoded with the length that the file and its sender state.

    The sender's word counts where the file gives none: for an Ogg that breaks off. Other files are whole as far as
    they can tell, and senders guess the length of some, so only half is missed there.
    """
    whole_ogg = _ogg_is_whole(source)
    if stated and not whole_ogg:
        known = max(known or 0.0, stated if whole_ogg is False else stated / 2)
    if known is not None and known < IMPOSSIBLE_SECONDS and seconds < known - max(1.0, known * 0.1):
        raise MediaError(Reason.VOICE_DAMAGED, seconds=round(seconds, 1), expected_seconds=round(known, 1))
    if not seconds:
        raise MediaError(Reason.VOICE_EMPTY)


def _ogg_is_whole(source: Path) -> bool | None:
    """Whether the last page is marked as the last; None for other formats."""
    with source.open("rb") as file:
        if file.read(4) != b"OggS":
            return None
        file.seek(-min(65_536, source.stat().st_size), os.SEEK_END)
        tail = file.read()
    page = tail[tail.rfind(b"OggS") :]
    segments = page[27 : 27 + page[26]] if len(page) > 26 else b""
    return bool(segments) and bool(page[5] & 4) and len(page) >= 27 + len(segments) + sum(segments)


def _looks_like_sound(source: Path) -> bool:
    with source.open("rb") as file:
        head = file.read(12)
    return head.startswith(SIGNATURES) or head[4:8] == b"ftyp"


def _find_pause(samples: Samples) -> int:
    """Where to cut, in samples: within the longest pause of the last seconds, else where it is quietest."""
    tick = RATE // TICKS_A_SECOND
    power = np.square(samples[: len(samples) // tick * tick], dtype=np.float64).reshape(-1, tick).mean(axis=1)
    levels = 10 * np.log10(np.convolve(power, np.full(3, 1 / 3), mode="same") + 1e-10)
    quiet, loud = np.percentile(levels, [10, 90])
    first = len(levels) - int(PAUSE_SEARCH_SECONDS * TICKS_A_SECOND)
    recent = levels[first:]
    shortest = int(MIN_PAUSE_SECONDS * TICKS_A_SECOND)
    pauses = _runs(recent < quiet + (loud - quiet) * 0.3)
    start, end = max(pauses, key=lambda pause: (pause[1] - pause[0], pause[0]), default=(0, 0))
    if end - start < shortest:
        sums = np.convolve(recent, np.ones(shortest), mode="valid")
        start = int(sums.argmin())
        end = start + shortest
    return (first + start + min(end - start, TICKS_A_SECOND) // 2) * tick  # not more than half a second of pause


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Begin and end of each stretch of true flags."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]


def _write_wav(target: Path, samples: Samples) -> None:
    with target.open("wb") as file, wave.open(file, "wb") as wav:
        wav.setnchannels(1)
        wav.setsampwidth(2)
        wav.setframerate(RATE)
        wav.writeframes(np.round(np.clip(samples, -1, 1) * 32767).astype("<i2").tobytes())
