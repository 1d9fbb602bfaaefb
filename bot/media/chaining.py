"""Coded pictures of several videos, one after the other, without decoding them."""

from collections.abc import Sequence
from fractions import Fraction
from itertools import accumulate, pairwise

from av.container import InputContainer
from av.packet import Packet
from av.video.stream import VideoStream

from bot.media.encoding import USUAL_RATE, picture_of

MOST_BYTES = 200_000_000
"""Of coded pictures, which are all held at once."""


def packets_in_turn(sources: Sequence[InputContainer], seconds: Sequence[float]) -> "list[Packet[VideoStream]] | None":
    """Return the coded pictures of videos, each at its moment; None where they cannot stand in one track.

    Args:
        sources: at their beginnings. They stay open as long as the packets are used.
        seconds: that each one lasts. One that is longer ends with its last picture before that which needs none behind
            it; a shorter one shows its last picture on.
    """
    streams = [picture_of(source) for source in sources]
    first = streams[0]
    if sum(source.size for source in sources) > MOST_BYTES or any(not _alike(first, stream) for stream in streams):
        return None
    rate, unit = first.guessed_rate or USUAL_RATE, Fraction(first.time_base or 0)
    if not unit:
        return None
    edges = [round(round(moment * rate) / rate / unit) for moment in accumulate(seconds, initial=0.0)]
    found: list[Packet[VideoStream]] = []
    for source, stream, (begin, end) in zip(sources, streams, pairwise(edges), strict=True):
        part = _packets(source, stream, begin, end)
        if not part or not part[0].is_keyframe or (found and (part[0].dts or 0) <= (found[-1].dts or 0)):
            return None
        found += part
    return found


def _alike(one: VideoStream, other: VideoStream) -> bool:
    """Tell whether the pictures of two streams are coded alike, so that one head stands for both."""
    both = (one, other)
    kinds = [
        (each.codec_context.extradata, each.width, each.height, each.time_base, each.guessed_rate) for each in both
    ]
    return kinds[0] == kinds[1] and kinds[0][0] is not None and one.codec_context.name == "h264"


def _packets(source: InputContainer, stream: VideoStream, begin: int, end: int) -> "list[Packet[VideoStream]]":
    """Return the packets of a stream from a moment of the whole on, up to the first one that belongs behind the end."""
    kept: list[Packet[VideoStream]] = []
    offset: int | None = None
    for packet in source.demux(stream):
        if packet.pts is None or packet.dts is None:
            continue
        offset = begin - packet.pts if offset is None else offset
        if packet.pts + offset >= end:
            break
        packet.pts, packet.dts = packet.pts + offset, packet.dts + offset
        kept.append(packet)
    if kept:
        shown_until = max(packet.pts + (packet.duration or 0) for packet in kept if packet.pts is not None)
        kept[-1].duration = (kept[-1].duration or 0) + max(0, end - shown_until)
    return kept
