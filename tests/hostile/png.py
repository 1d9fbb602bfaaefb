"""PNG and GIF files that are made to be too much."""

import struct
import zlib
from functools import cache
from random import Random

HEAD = b"\x89PNG\r\n\x1a\n"
DIMENSIONS = ((2**31 - 1, 2**31 - 1), (60_000, 60_000), (1, 2**31 - 1), (0, 0), (2**32 - 1, 1), (7745, 7745))


def chunk(name: bytes, body: bytes, said: int | None = None) -> bytes:
    """A chunk; `said` is the length that it states."""
    return (
        struct.pack(">I", len(body) if said is None else said)
        + name
        + body
        + struct.pack(">I", zlib.crc32(name + body))
    )


def png(width: int, height: int, pixels: bytes, *more: bytes, depth: int = 8, colour: int = 2, laced: int = 0) -> bytes:
    """A PNG of packed pixels, with other chunks before them."""
    header = struct.pack(">IIBBBBB", width, height, depth, colour, 0, 0, laced)
    return HEAD + chunk(b"IHDR", header) + b"".join(more) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


@cache
def zeros(megabytes: int) -> bytes:
    """So many zeros, packed to a thousandth."""
    packer = zlib.compressobj(9)
    return b"".join(packer.compress(bytes(1_000_000)) for _ in range(megabytes)) + packer.flush()


@cache
def _small() -> bytes:
    """The packed pixels of 500 × 500 in grey waves."""
    rows = (b"\0" + bytes((x * y // 50 + x) % 256 for x in range(500)) for y in range(500))
    return zlib.compress(b"".join(rows))


def lying_size(random: Random) -> bytes:
    """A small picture that says it is vast."""
    return png(*random.choice(DIMENSIONS), _small(), colour=0)


def vast(random: Random) -> bytes:
    """As many pixels as a bot may take, and more: white, packed to almost nothing."""
    side, depth, colour = random.choice(((20_000, 1, 0), (7_740, 1, 0), (7_740, 8, 6), (7_740, 16, 6), (7_740, 16, 2)))
    bits = depth * {0: 1, 2: 3, 6: 4}[colour]
    return png(side, side, zeros((side * bits // 8 + 1) * side // 1_000_000 + 1), depth=depth, colour=colour)


def vast_ribbon(random: Random) -> bytes:
    """All the pixels in a few rows."""
    return png(*random.choice(((59_000_000, 1), (1, 59_000_000), (140_000, 401))), zeros(60), colour=0)


def laced(random: Random) -> bytes:
    """Seven passes of random bytes."""
    return png(3000, 3000, zlib.compress(random.randbytes(100_000), 1), laced=1)


def text_bomb(random: Random) -> bytes:
    """A text, a profile, or many of them, that unpack to hundreds of megabytes."""
    bomb = zeros(400)
    body = {
        b"zTXt": b"Comment\0\0" + bomb,
        b"iTXt": b"Comment\0\1\0\0\0" + bomb,
        b"iCCP": b"sRGB\0\0" + bomb,
    }
    name = random.choice(list(body))
    return png(500, 500, _small(), *[chunk(name, body[name])] * random.choice((1, 20)), colour=0)


def many_texts(random: Random) -> bytes:
    """A hundred thousand comments, or one of ten megabytes."""
    words = (
        [chunk(b"tEXt", b"Comment\0word")] * 100_000
        if random.random() < 0.5
        else [chunk(b"tEXt", b"Comment\0" + b"x" * 10_000_000)]
    )
    return png(500, 500, _small(), *words, colour=0)


def odd_chunks(random: Random) -> bytes:
    """Lengths that lie, a palette that lacks, EXIF that is none, animation without end."""
    odd = random.choice(
        (
            chunk(b"tEXt", b"a\0b", said=2**32 - 1),
            chunk(b"PLTE", b"\0" * 7),
            chunk(b"eXIf", b"II*\0\xff\xff\xff\xff"),
            chunk(b"acTL", struct.pack(">II", 2**31 - 1, 0)),
            chunk(b"tRNS", b"\0"),
            chunk(b"IDAT", b""),
            chunk(b"IHDR", struct.pack(">IIBBBBB", 9, 9, 8, 2, 0, 0, 0)),
        )
    )
    return png(500, 500, _small(), odd, colour=random.choice((0, 2, 3, 4, 6, 9)))


def apng(random: Random) -> bytes:
    """Thousands of pictures."""
    frames = [chunk(b"acTL", struct.pack(">II", 5000, 0))]
    frames += [chunk(b"fcTL", struct.pack(">IIIIIHHBB", n, 500, 500, 0, 0, 1, 100, 0, 0)) for n in range(5000)]
    return png(500, 500, _small(), *frames, colour=0)


def gif(width: int, height: int, frames: bytes) -> bytes:
    """A GIF of two colours."""
    return b"GIF89a" + struct.pack("<HHBBB", width, height, 0x80, 0, 0) + b"\0\0\0\xff\xff\xff" + frames + b"\x3b"


def gif_frame(left: int, top: int, width: int, height: int, data: bytes = b"\x02\x44\x01") -> bytes:
    """One frame; its pixels by default are one."""
    return b"\x2c" + struct.pack("<HHHHB", left, top, width, height, 0) + b"\x02" + data[:1] + data[1:] + b"\0"


def many_frames(random: Random) -> bytes:
    """Thousands of frames on a canvas that may be vast."""
    side = random.choice((500, 7000, 65_535))
    return gif(side, side, gif_frame(0, 0, 1, 1) * random.choice((3000, 60_000)))


def odd_frames(random: Random) -> bytes:
    """Frames that lie outside, are larger than the canvas, hold noise, or never end."""
    frame = random.choice(
        (
            gif_frame(65_000, 65_000, 65_535, 65_535),
            gif_frame(0, 0, 65_535, 65_535),
            gif_frame(0, 0, 500, 500, b"\xff" + random.randbytes(255)),
            b"\x21\xfe" + (b"\xff" + b"c" * 255) * 20_000,
            b"\x21\xf9\x04\xff\xff\xff\xff\0" * 10_000 + gif_frame(0, 0, 500, 500),
        )
    )
    return gif(500, 500, frame)


PNG_AND_GIF = (lying_size, vast, vast_ribbon, laced, text_bomb, many_texts, odd_chunks, apng, many_frames, odd_frames)
