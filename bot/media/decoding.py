"""Decode one stream of sound to mono blocks at `RATE`, each at its time, and count what is missing.

A stream's own time stamps say where its sound is. Discontinuous transmission leaves gaps that are silence; a hole in a
damaged file is none. So what is missing is counted apart: gaps that have bytes of their own, packets that do not
decode, and an end that comes too early.
"""

import contextlib
import itertools
from collections.abc import Iterable, Iterator
from dataclasses import dataclass

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.audio.resampler import AudioResampler
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.packet import Packet
from numpy.typing import NDArray

from bot.media.container import INDEXED_FORMATS
from bot.media.filters import RATE, Samples

BLOCK_SECONDS = 10.0
IMPOSSIBLE_SECONDS = 3600.0
"""Seconds: a WAV written to a pipe states hours, and does not mean it."""
CANCELLED = 10 ** (-7 / 10)
"""Share of the louder channel's power below which a mix has cancelled itself; unlike sounds keep a quarter and more."""
GAPPED_FORMATS = ("ogg", "mov,mp4,m4a,3gp,3g2,mj2", "matroska,webm")
"""Formats whose time stamps can be believed."""
SHORTEST_GAP = 0.015
LONGEST_GAP = 10.0
"""Seconds; a longer gap is a clock that was set anew."""
HOLE_SHARE = 0.25
"""A gap with this share of the bytes that sound has elsewhere is a hole."""
LEAST_HOLE_BYTES = 200
AMR_SILENCE = {"amrnb": 8, "amrwb": 9}
"""The first of AMR's frame types that hold no speech: its encoder had heard none."""

AS_WANTED = (RATE, 1, "mono", "fltp")
"""What needs no resampler: most voice messages."""

Channels = NDArray[np.float32]
"""Sound at `RATE`, a row for each channel."""


@dataclass
class Tally:
    """What was missed, in seconds, while a file was read."""

    missing: float = 0.0


def decode_blocks(container: InputContainer, stream: AudioStream, torn: bool, tally: Tally) -> Iterator[Samples]:
    """Decode a stream to mono blocks of some seconds.

    Args:
        container: the file, at its beginning.
        stream: one of its streams.
        torn: it is known to have holes.
        tally: what is missing is added here, at the latest at the end.
    """
    return _mix_blocks(_convert(_read_in_time(container, stream, torn, tally)))


def known_seconds(container: InputContainer, stream: AudioStream) -> float | None:
    """Return the length, or the time of the end, that the file itself gives, where that can be believed."""
    if container.format.name not in INDEXED_FORMATS:
        return None
    if stream.duration is not None and stream.time_base is not None:
        return float(stream.duration * stream.time_base)
    if container.duration is not None and not container.streams.video:
        return container.duration / av.time_base
    return None


def _read_in_time(
    container: InputContainer, stream: AudioStream, torn: bool, tally: Tally
) -> Iterator[AudioFrame | float]:
    """Decode a track into frames, and seconds of silence between them; count what is missing."""
    believed = container.format.name in GAPPED_FORMATS
    holes = _HoleFinder(container, torn)
    begin, heard, failed = None, 0.0, 0.0
    for packet in read_packets(container, stream):
        holes.pass_packet(packet)
        try:
            frames = packet.decode()
        except av.FFmpegError:
            lasting = float((packet.duration or 0) * (packet.time_base or 0))
            if _is_amr_silence(stream, packet):
                heard += lasting
                yield lasting
            else:
                failed += lasting
            continue
        for frame in frames:
            if begin is None:
                begin = (frame.time or 0.0) - heard
                tally.missing += max(begin, 0.0) if torn else 0.0
            gap = frame.time - begin - heard if believed and frame.time is not None else 0.0
            if gap > SHORTEST_GAP and holes.is_hole(gap, heard):
                tally.missing += gap
            if not -LONGEST_GAP < gap < LONGEST_GAP:
                begin += gap
            elif gap > SHORTEST_GAP:
                heard += gap
                yield gap
            heard += frame.samples / frame.sample_rate
            yield frame
    known = known_seconds(container, stream)
    reached = heard + max(begin or 0.0, 0.0)
    early = known - reached if known is not None and known < IMPOSSIBLE_SECONDS else 0.0
    tally.missing += max(failed, early, 0.0)


class _HoleFinder:
    """Tells gaps in which bytes are missing from those in which nothing was sent."""

    def __init__(self, container: InputContainer, torn: bool) -> None:
        self._torn = torn
        self._counts = container.format.name != "ogg" and not container.streams.video
        self._end: int | None = None
        self._passed = self._between = 0

    def pass_packet(self, packet: "Packet[AudioStream]") -> None:
        if packet.pos is not None and packet.pos >= 0:
            self._between = packet.pos - (packet.pos if self._end is None else self._end)
            self._end = packet.pos + packet.size
            self._passed += packet.size

    def is_hole(self, gap: float, heard: float) -> bool:
        usual = self._passed / heard * gap if heard else 0.0
        return self._torn or (self._counts and self._between > max(usual * HOLE_SHARE, LEAST_HOLE_BYTES))


def read_packets(container: InputContainer, stream: AudioStream) -> "Iterator[Packet[AudioStream]]":
    """Read all that can be read; what is missing is found in the length."""
    with contextlib.suppress(av.FFmpegError):
        yield from container.demux(stream)


def _is_amr_silence(stream: AudioStream, packet: "Packet[AudioStream]") -> bool:
    kind = AMR_SILENCE.get(stream.codec_context.name)
    return kind is not None and packet.size > 0 and bytes(packet)[0] >> 3 & 15 >= kind


def _convert(pieces: Iterable[AudioFrame | float]) -> Iterator[Channels]:
    """Bring frames to one or two float channels at `RATE`, though the file may change its kind on the way."""
    for kind, alike in itertools.groupby(pieces, _kind_of):
        if kind is None:
            yield from (np.zeros((1, round(float(gap) * RATE)), np.float32) for gap in alike)  # type: ignore[arg-type]
            continue
        if kind == AS_WANTED:
            yield from (_channels_of(frame) for frame in alike)  # type: ignore[arg-type]
            continue
        resampler = AudioResampler("fltp", "mono" if kind[1] == 1 else "stereo", RATE)
        for frame in itertools.chain(alike, (None,)):
            yield from map(_channels_of, resampler.resample(frame))  # type: ignore[arg-type]


def _channels_of(frame: AudioFrame) -> Channels:
    planes = [np.frombuffer(memoryview(plane), np.float32, frame.samples) for plane in frame.planes]
    return planes[0][None] if len(planes) == 1 else np.stack(planes)


def _kind_of(piece: AudioFrame | float) -> tuple[int, int, str, str] | None:
    if not isinstance(piece, AudioFrame):
        return None
    return piece.sample_rate, piece.layout.nb_channels, piece.layout.name, piece.format.name


def _mix_blocks(pieces: Iterable[Channels]) -> Iterator[Samples]:
    """Gather pieces to blocks of at least `BLOCK_SECONDS`, and mix each."""
    for _, alike in itertools.groupby(pieces, len):
        block: list[Channels] = []
        length = 0
        for piece in alike:
            block.append(piece)
            length += piece.shape[1]
            if length >= BLOCK_SECONDS * RATE:
                yield _mix(np.concatenate(block, axis=1))
                block, length = [], 0
        if length:
            yield _mix(np.concatenate(block, axis=1))


def _mix(channels: Channels) -> Samples:
    """Mix to mono; where that cancels the sound, because a cable turned one side round, take the louder channel."""
    mixed: Samples = channels[0]
    if len(channels) == 1:
        return mixed
    mixed = channels.mean(axis=0, dtype=np.float32)
    powers = channels.var(axis=1)
    if mixed.var() < CANCELLED * powers.max():
        mixed = channels[int(powers.argmax())]
    return mixed
