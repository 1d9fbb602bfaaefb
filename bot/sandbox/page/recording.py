"""Sound as a voice message: what a browser records becomes Ogg with Opus, and a waveform is drawn of it."""

import io
import math
from fractions import Fraction
from typing import Any

import av
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream

BARS = 56
"""Bars of a waveform."""
RATE = 48_000
LOUDEST = 31
"""Bars are 0 to 31, as in Telegram's five bits."""


def to_voice(data: bytes) -> bytes:
    """Sound of any container as Ogg with Opus; Opus is copied, not encoded again.

    Raises:
        ValueError: there is no sound that can be read.
    """
    target = io.BytesIO()
    try:
        with av.open(io.BytesIO(data), "r") as source, av.open(target, "w", format="ogg") as voice:
            if not source.streams.audio:
                raise ValueError("there is no sound in this recording")
            sound = source.streams.audio[0]
            (_copy if sound.codec_context.name in ("opus", "libopus") else _encode)(source, sound, voice)
    except (av.error.FFmpegError, EOFError) as error:
        raise ValueError("this recording cannot be read") from error
    return target.getvalue()


def _copy(source: Any, sound: AudioStream, voice: Any) -> None:
    """Copy packets. A browser's clock starts where it likes; a voice message starts at nought."""
    stream = voice.add_stream_from_template(sound)
    first, written = None, 0
    for packet in source.demux(sound):
        if packet.dts is None:
            continue
        first = packet.dts if first is None else first
        packet.pts = packet.dts = packet.dts - first
        packet.stream = stream
        voice.mux(packet)
        written += 1
    if not written:
        raise ValueError("this recording is empty")


def _encode(source: Any, sound: AudioStream, voice: Any) -> None:
    stream = voice.add_stream("libopus", rate=RATE, layout="mono")
    stream.bit_rate = 32_000
    resampler = AudioResampler("s16", "mono", RATE)
    begun = 0
    for frame in (*source.decode(sound), None):
        for piece in resampler.resample(frame):
            piece.pts, piece.time_base = begun, Fraction(1, RATE)
            begun += piece.samples
            voice.mux(stream.encode(piece))
    if not begun:
        raise ValueError("this recording is empty")
    voice.mux(stream.encode(None))


def seconds_of(voice: bytes) -> float:
    """The length of a voice message, by its packets: a recording's header often does not know it."""
    with av.open(io.BytesIO(voice), "r") as container:
        stream = container.streams.audio[0]
        ends = [(packet.pts or 0) + (packet.duration or 0) for packet in container.demux(stream) if packet.size]
        return float(max(ends, default=0) * (stream.time_base or 0))


def waveform(data: bytes) -> list[int]:
    """The loudness of sound in `BARS` bars from 0 to 31; [] for what cannot be read."""
    try:
        with av.open(io.BytesIO(data), "r") as container:
            resampler = AudioResampler("flt", "mono", 8_000)
            levels = [
                level
                for frame in container.decode(container.streams.audio[0])
                for piece in resampler.resample(frame)
                for level in _levels(piece)
            ]
    except (av.error.FFmpegError, IndexError, ValueError):
        return []
    if not levels:
        return []
    bars = [_peak(levels, number) for number in range(BARS)]
    loudest = max(bars) or 1.0
    return [round(LOUDEST * bar / loudest) for bar in bars]


def _levels(piece: AudioFrame, step: int = 80) -> list[float]:
    """How loud each hundredth of a second is."""
    samples = piece.to_ndarray()[0]
    return [
        math.sqrt(float((samples[begin : begin + step] ** 2).mean()))
        for begin in range(0, len(samples), step)
        if len(samples[begin : begin + step])
    ]


def _peak(levels: list[float], number: int) -> float:
    begin = number * len(levels) // BARS
    return max(levels[begin : max(begin + 1, (number + 1) * len(levels) // BARS)])
