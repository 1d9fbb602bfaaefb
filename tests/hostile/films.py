"""MP4 and Matroska files that are made to be too much, or to be nonsense where a demuxer believes."""

import struct
from random import Random

from tests.hostile.good import good

NUMBERS = (0, 1, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF)


def box(name: bytes, body: bytes, said: int | None = None) -> bytes:
    """A box of an MP4; `said` is the length that it states."""
    return struct.pack(">I", len(body) + 8 if said is None else said) + name + body


def change(data: bytes, name: bytes, offset: int, new: bytes) -> bytes:
    """Write over a box's body, wherever that box comes."""
    changed, place = bytearray(data), data.find(name)
    while place > 0:
        start = place + 4 + offset
        changed[start : start + len(new)] = new
        place = data.find(name, place + 4)
    return bytes(changed[: len(data)])


def odd_times(random: Random) -> bytes:
    """A timescale of nought, a length of five hundred thousand million years."""
    data = good(random.choice(("mp4", "m4a", "mov")))
    for name, offset in ((b"mvhd", 12), (b"mdhd", 12), (b"tkhd", 20), (b"elst", 8), (b"stts", 4), (b"ctts", 4)):
        if random.random() < 0.5:
            data = change(data, name, offset, struct.pack(">II", random.choice(NUMBERS), random.choice(NUMBERS)))
    return data


def odd_tables(random: Random) -> bytes:
    """Tables of four thousand million entries, samples of four gigabytes, places beyond the end."""
    data = good(random.choice(("mp4", "m4a")))
    for name in (b"stsz", b"stsc", b"stco", b"stts", b"stsd", b"dref", b"stss"):
        if random.random() < 0.4:
            data = change(data, name, 4, struct.pack(">II", random.choice(NUMBERS), random.choice(NUMBERS)))
    return data


def nested(random: Random) -> bytes:
    """Boxes in boxes in boxes, or one that holds itself."""
    body = b""
    for _ in range(random.choice((10, 1000, 20_000))):
        body = box(random.choice((b"moov", b"trak", b"udta")), body)
        if len(body) > 200_000:
            break
    return box(b"ftyp", b"isom\0\0\2\0isomiso2") + body


def many_boxes(random: Random) -> bytes:
    """A million empty boxes, or tracks, or fragments."""
    one = random.choice(
        (
            box(b"free", b""),
            box(b"moof", box(b"mfhd", bytes(8))),
            box(b"trak", box(b"mdia", box(b"mdhd", bytes(24)))),
            box(b"mdat", b"", said=1) + bytes(8),
            box(b"udta", b"", said=0),
            box(b"sidx", bytes(24)),
        )
    )
    many = one * random.choice((100, 100_000))
    if random.random() < 0.5:
        many = box(b"moov", many)
    return box(b"ftyp", b"isom\0\0\2\0isomiso2") + many + good("mp4")


def moov_again(random: Random) -> bytes:
    """The index of a film, hundreds of times over."""
    data = good("mp4")
    start = data.find(b"moov") - 4
    moov = data[start : start + struct.unpack(">I", data[start : start + 4])[0]]
    return data + moov * random.choice((1, 50, 2000))


def element(name: int, body: bytes, said: int | None = None) -> bytes:
    """An element of a Matroska file, with a length of eight bytes."""
    length = len(body) if said is None else said
    return bytes.fromhex(f"{name:x}") + struct.pack(">Q", 1 << 56 | length)


def odd_matroska(random: Random) -> bytes:
    """A length that is no number, a thousand tracks, elements without an end."""
    times = struct.pack(">d", random.choice((float("nan"), float("inf"), -1.0, 1e300, 1e15)))
    info = element(0x2AD7B1, b"\0\0\0\1") + b"\0\0\0\1" + element(0x4489, times) + times
    if random.random() < 0.3:
        info = element(0x2AD7B1, bytes(8)) + random.choice((bytes(8), b"\xff" * 8)) + info
    data = good(random.choice(("mkv", "webm")))
    place = data.find(b"\x15\x49\xa9\x66")
    if random.random() < 0.6 and place > 0:
        return data[:place] + element(0x1549A966, info) + info + data[place:]
    void = b"\xec\x80" * random.choice((10, 1_000_000))
    return data[:60] + void + data[60:]


def many_tracks(random: Random) -> bytes:
    """Thousands of streams in one transport stream."""
    packets = []
    for number in range(random.choice((100, 8000))):
        identifier = number % 8191
        head = struct.pack(">BHB", 0x47, 0x4000 | identifier, 0x10 | number % 16)
        packets.append((head + random.randbytes(20)).ljust(188, b"\xff"))
    data = good("ts")
    return data[: 188 * 4] + b"".join(packets) + data[188 * 4 :]


FILMS = (odd_times, odd_times, odd_tables, odd_tables, nested, many_boxes, moov_again, odd_matroska, many_tracks)
