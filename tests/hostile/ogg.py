"""Ogg pages by hand: hours of silence in a megabyte, times that lie, streams without end."""

import struct
from functools import cache
from random import Random

from tests.hostile.good import good

HOUR_GRANULES = 3600 * 48_000
SILENT_PACKET = b"\xff\x06"
"""Opus: six frames of 20 ms, each of no bytes."""


@cache
def _table() -> list[int]:
    table = []
    for number in range(256):
        word = number << 24
        for _ in range(8):
            word = (word << 1 ^ 0x04C11DB7 if word & 0x80000000 else word << 1) & 0xFFFFFFFF
        table.append(word)
    return table


def page(packets: list[bytes], granule: int, number: int, flags: int = 0, serial: int = 7) -> bytes:
    """A page of small packets, with the right checksum."""
    lacing = b"".join(b"\xff" * (len(packet) // 255) + bytes((len(packet) % 255,)) for packet in packets)[:255]
    head = b"OggS\0" + struct.pack("<BqIII", flags, granule, serial, number, 0) + bytes((len(lacing),)) + lacing
    data, word, table = head + b"".join(packets), 0, _table()
    for byte in data:
        word = (word << 8 & 0xFFFFFFFF) ^ table[word >> 24 ^ byte]
    return data[:22] + struct.pack("<I", word) + data[26:]


def opus_head(channels: int = 1, skip: int = 312, rate: int = 48_000, gain: int = 0, family: int = 0) -> bytes:
    """The first packet."""
    mapping = bytes((channels % 256, 0)) + bytes(range(channels % 256)) if family else b""
    return b"OpusHead\1" + struct.pack("<BHIhB", channels % 256, skip, rate, gain, family) + mapping


TAGS = b"OpusTags" + struct.pack("<I", 1) + b"x" + struct.pack("<I", 0)


def stream(head: bytes, pages: int, granule: int | None = None, serial: int = 7, tags: bytes = TAGS) -> bytes:
    """Silence: each page 255 packets of 120 ms; `granule` is what every page states."""
    parts = [page([head], 0, 0, 2, serial), page([tags], 0, 1, 0, serial)]
    for number in range(1, pages + 1):
        at = number * 255 * 5760 if granule is None else granule
        parts.append(page([SILENT_PACKET] * 255, at, number + 1, 4 * (number == pages), serial))
    return b"".join(parts)


@cache
def _long_silence(hours: int, granule: int | None) -> bytes:
    return stream(opus_head(), hours * 3600 // 31 + 1, granule)


def long_silence(random: Random) -> bytes:
    """Ten or a hundred hours of nothing, whose pages may not say so."""
    return _long_silence(*random.choice(((10, None), (10, -1), (100, -1), (10, 0), (100, None))))


def odd_granule(random: Random) -> bytes:
    """Five minutes that say they last for ever, or end before they begin."""
    granule = random.choice((2**63 - 1, -(2**63), -1, 0, 2**62, 48_000 * 10**9))
    return stream(opus_head(), 10, granule)


def odd_head(random: Random) -> bytes:
    """255 channels, none, a skip of all, a gain that bursts ears, another family."""
    head = opus_head(
        random.choice((0, 1, 2, 8, 255)),
        random.choice((0, 65_535)),
        random.choice((0, 1, 2**32 - 1)),
        random.choice((32_767, -32_768)),
        random.choice((0, 1, 2, 3, 255)),
    )
    return stream(head, 3)


def many_streams(random: Random) -> bytes:
    """A thousand short ones, side by side or one after the other."""
    if random.random() < 0.5:
        return b"".join(stream(opus_head(), 1, serial=serial) for serial in range(1000))
    heads = b"".join(page([opus_head()], 0, 0, 2, serial) for serial in range(1000))
    return heads + stream(opus_head(), 2)


def big_comment(random: Random) -> bytes:
    """A comment that says it has four gigabytes, or a thousand million of them."""
    tags = b"OpusTags" + struct.pack("<I", random.choice((1, 2**32 - 1))) + b"x" + struct.pack("<I", 2**32 - 1)
    return stream(opus_head(), 3, tags=tags)


def long_comment(random: Random) -> bytes:
    """A comment of five megabytes, over many pages."""
    parts = [page([opus_head()], 0, 0, 2)]
    parts += [page([b"c" * 60_000], -1, number, number > 1) for number in range(1, 80)]
    return b"".join(parts) + good("ogg")


def only_heads(random: Random) -> bytes:
    """Pages without packets."""
    return page([opus_head()], 0, 0, 2) + page([TAGS], 0, 1) + page([], 0, 2) * random.choice((1, 300_000))


OGG = (long_silence, odd_granule, odd_head, many_streams, big_comment, long_comment, only_heads)
