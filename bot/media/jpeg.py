"""JPEG as ITU-T T.81 lays it out: segments, of which only some are the picture."""

import re
from collections.abc import Iterator
from dataclasses import dataclass

START, END = b"\xff\xd8", b"\xff\xd9"
SCAN = 0xDA
FRAMES = {*range(0xC0, 0xD0)} - {0xC4, 0xC8, 0xCC}
READ_FRAMES = {0xC0, 0xC1, 0xC2}
"""Baseline, extended, progressive; the others are lossless, hierarchical or in arithmetic code: few can read them."""
TABLES = {0xC4, 0xDB, 0xDD}
JFIF, ADOBE = (0xE0, b"JFIF\0"), (0xEE, b"Adobe")
KEPT_BYTES = 12
"""Of these two; behind them may be a small picture, or anything."""
TEXTS = {*range(0xE0, 0xF0), 0xFE}
NEXT_MARKER = re.compile(rb"\xff[^\x00\xd0-\xd7\xff]")
"""What ends a scan's data: no escaped byte, no restart, no filling."""


@dataclass(frozen=True)
class Segment:
    """A marker and what belongs to it: `body` after the length, and for a scan the coded data behind it."""

    marker: int
    body: bytes
    data: bytes = b""


def read_segments(picture: bytes) -> Iterator[Segment]:
    """Read the segments between start and end.

    Raises:
        ValueError: it is no JPEG, or its end does not come.
    """
    if not picture.startswith(START):
        raise ValueError("no JPEG")
    place = len(START)
    while (head := picture[place : place + 4])[:2] != END:
        if len(head) < 4 or head[0] != 0xFF:
            raise ValueError("no segment where one should be")
        if head[1] == 0xFF:  # filling
            place += 1
            continue
        end = place + 2 + int.from_bytes(head[2:])
        body, data = picture[place + 4 : end], b""
        if head[1] == SCAN:
            if (found := NEXT_MARKER.search(picture, end)) is None:
                raise ValueError("a scan without an end")
            data = picture[end : found.start()]
        yield Segment(head[1], body, data)
        place = end + len(data)


def is_readable(picture: bytes) -> bool:
    """Tell whether the picture is coded as decoders can read it; also of a damaged one, as far as it goes."""
    try:
        for segment in read_segments(picture):
            if segment.marker in FRAMES:
                return segment.marker in READ_FRAMES
    except ValueError:
        pass
    return True


def read_size(picture: bytes) -> tuple[int, int]:
    """Read width and height; zeros where there are none to be read."""
    try:
        for segment in read_segments(picture):
            if segment.marker in READ_FRAMES and len(segment.body) >= 5:
                return int.from_bytes(segment.body[3:5]), int.from_bytes(segment.body[1:3])
    except ValueError:
        pass
    return 0, 0


def strip(picture: bytes) -> bytes | None:
    """Return the picture alone, without loss: no texts, profiles, small pictures, or anything behind its end.

    Returns:
        None where it is not laid out as usual; then it must be encoded again.
    """
    kept, seen = [START], set()
    try:
        for segment in read_segments(picture):
            marker, body = segment.marker, segment.body
            known = next((kind for kind in (JFIF, ADOBE) if marker == kind[0] and body.startswith(kind[1])), None)
            if known is not None and known not in seen and len(body) >= KEPT_BYTES:
                seen.add(known)
                body = body[:KEPT_BYTES] + (b"\0\0" if known == JFIF else b"")
            elif marker in TEXTS:
                continue
            elif marker not in READ_FRAMES | TABLES | {SCAN}:
                return None
            kept += [bytes((0xFF, marker)), (len(body) + 2).to_bytes(2), body, segment.data]
    except ValueError:
        return None
    return b"".join((*kept, END))
