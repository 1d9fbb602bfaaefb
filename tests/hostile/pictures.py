"""Pictures of the other formats that are made to be too much, or to be nonsense where a decoder believes."""

import struct
from functools import cache
from random import Random

from PIL import Image

from tests.hostile.good import good
from tests.media.samples import noise, packed, picture

EXTREME_SIDES = ((65_535, 65_535), (0, 0), (1, 65_535), (65_500, 3_000), (7_700, 7_700), (16_383, 16_383))


def jpeg_size(random: Random) -> bytes:
    """A JPEG that says it has other sides than it has."""
    data, (width, height) = good(random.choice(("jpg", "progressive"))), random.choice(EXTREME_SIDES)
    frame = max(data.find(b"\xff\xc0"), data.find(b"\xff\xc2"))
    return data[: frame + 5] + struct.pack(">HH", height, width) + data[frame + 9 :]


@cache
def _progressive(side: int) -> bytes:
    return packed(Image.new("L", (side, side), 99), "JPEG", progressive=True)


def many_scans(random: Random) -> bytes:
    """A progressive JPEG whose last scan comes again and again."""
    data = _progressive(random.choice((1000, 4000, 7700)))
    last = data.rfind(b"\xff\xda")
    table = data.rfind(b"\xff\xc4", 0, last)
    scan = data[table if last - table < 500 else last : -2]
    return data[:-2] + scan * min(random.choice((50, 1000, 10_000)), 15_000_000 // len(scan)) + b"\xff\xd9"


def exif(random: Random) -> bytes:
    """Orientation 99, a directory that points to itself, lengths beyond the end, 40 segments of it."""
    entries = {
        "odd": struct.pack("<HHHII", 1, 0x112, 3, 1, random.choice((0, 9, 99, 65_535))) + b"\0\0\0\0",
        "loop": struct.pack("<HHHII", 1, 0x8769, 4, 1, 8) + struct.pack("<I", 8),
        "beyond": struct.pack("<HHHII", 1, 0x112, 2, 0xFFFFFFFF, 0xFFFFFFF0) + b"\0\0\0\0",
        "many": struct.pack("<H", 65_535) + b"\x12\x01\x03\0\1\0\0\0\6\0\0\0" * 5000,
        "text": struct.pack("<HHHII", 1, 0x112, 2, 4, 0x41414141) + b"\0\0\0\0",
        "noise": random.randbytes(3000),
    }
    body = b"Exif\0\0II*\0\x08\0\0\0" + random.choice(list(entries.values()))
    segment = b"\xff\xe1" + struct.pack(">H", len(body[:65_000]) + 2) + body[:65_000]
    return good("jpg")[:2] + segment * random.choice((1, 1, 40)) + good("jpg")[2:]


def segments(random: Random) -> bytes:
    """Profiles in 255 parts of which one came, an index of pictures that are not there, Adobe's nonsense, comments."""
    icc = b"ICC_PROFILE\0\1\xff" + random.randbytes(900)
    mpo = b"MPF\0II*\0\x08\0\0\0" + struct.pack("<HHHII", 1, 0xB001, 4, 1, 0xFFFFFFFF) + random.randbytes(40)
    body, marker = random.choice(((icc, 0xE2), (mpo, 0xE2), (b"Adobe\0d\0\0\0\0\x63", 0xEE), (b"c" * 65_000, 0xFE)))
    segment = bytes((0xFF, marker)) + struct.pack(">H", len(body) + random.choice((2, 2, 500))) + body
    return good("jpg")[:2] + segment * random.choice((1, 250)) + good("jpg")[2:]


@cache
def _animated(frames: int) -> bytes:
    pictures = [picture(100, 100).rotate(number) for number in range(frames)]
    return packed(pictures[0], "WEBP", save_all=True, append_images=pictures[1:], quality=10)


def animated_webp(random: Random) -> bytes:
    """Hundreds of pictures, on a canvas that may say it is vast."""
    data = bytearray(_animated(400))
    if random.random() < 0.7:
        data[24:30] = random.choice((b"\xff\x3f\0" * 2, b"\xff" * 6, b"\0" * 6, b"\x3c\x1e\0" * 2))
    return bytes(data)


def tiff(random: Random) -> bytes:
    """One strip for 60,000 × 60,000, a directory in a loop, four thousand million entries, 65,535 samples a pixel."""
    side = random.choice((60_000, 7_700, 500))
    fields = {
        256: (4, side),
        257: (4, side),
        258: (3, random.choice((1, 8, 16, 32, 65_535))),
        259: (3, random.choice((1, 5, 8, 32773, 32946, 34712, 7, 50_000))),
        262: (3, random.choice((1, 2, 5, 6, 9))),
        273: (4, random.choice((8, 0xFFFFFFFF))),
        277: (3, random.choice((1, 3, 65_535))),
        278: (4, random.choice((side, 1, 0, 0xFFFFFFFF))),
        279: (4, random.choice((1000, 0xFFFFFFFF))),
        322: (4, random.choice((1, 16, 0xFFFFFFFF))),
        323: (4, random.choice((1, 16, 0))),
    }
    if random.random() < 0.7:
        del fields[322], fields[323]
    count = random.choice((1, 1, 1, 0xFFFFFFFF))
    entries = b"".join(struct.pack("<HHII", tag, kind, count, value) for tag, (kind, value) in fields.items())
    loop = random.choice((0, 8, 0xFFFFFFFF))
    return (
        b"II*\0\x08\0\0\0" + struct.pack("<H", len(fields)) + entries + struct.pack("<I", loop) + random.randbytes(2000)
    )


def tiff_pages(random: Random) -> bytes:
    """Hundreds of pages."""
    pages = [picture(60, 80)] * 300
    return packed(pages[0], "TIFF", save_all=True, append_images=pages[1:], compression="tiff_deflate")


def bmp(random: Random) -> bytes:
    """Sides below nought and beyond reason, packed runs without end."""
    width, height = (random.choice((-1, 0, 500, 7_700, 2**31 - 1, -(2**31))) for _ in range(2))
    bits, packing = random.choice(((1, 0), (8, 1), (4, 2), (16, 3), (32, 0), (24, 9)))
    header = struct.pack("<IiiHHIIiiII", 40, width, height, 1, bits, packing, 0, 0, 0, random.choice((0, 2**31)), 0)
    return b"BM" + struct.pack("<IHHI", 2**31, 0, 0, 54) + header + random.randbytes(3000)


def heif(random: Random) -> bytes:
    """A HEIC or AVIF that says it is vast, or has its places lie."""
    data = bytearray(good(random.choice(("heif", "avif"))))
    for name in (b"ispe", b"iloc", b"ipma", b"hvcC", b"av1C", b"iref"):
        place = data.find(name)
        if place > 0 and random.random() < 0.5:
            data[place + 8 : place + 16] = struct.pack(">II", *random.choice(EXTREME_SIDES))
    return bytes(data)


def netpbm(random: Random) -> bytes:
    """A header of a line, and next to nothing behind it."""
    head = random.choice(
        ("P6 99999 99999 255\n", "P5 7700 7700 65535\n", "P1 7000 7000\n", "P3 7000 7000 255\n", "P6 -1 -1 0\n")
    )
    body = random.choice((b"", b"1 " * 500_000, bytes(3_000_000), b"9" * 5_000_000))
    return head.encode() + body


def icc(random: Random) -> bytes:
    """A profile of noise, with a head that is right."""
    from PIL import ImageCms

    profile = bytearray(ImageCms.ImageCmsProfile(ImageCms.createProfile("LAB")).tobytes())
    for _ in range(random.choice((1, 5, 40))):
        profile[random.randrange(128, len(profile))] = random.randrange(256)
    mode = random.choice(("RGB", "L", "CMYK"))
    return packed(picture(420, 420).convert(mode), "JPEG", icc_profile=bytes(profile))


def heavy(random: Random) -> bytes:
    """Noise, which no packing makes small: as many pixels as fit."""
    side = random.choice((2000, 2600))
    return packed(noise(side, side, seed=1), *random.choice((("PNG",), ("JPEG",), ("TIFF",), ("BMP",))))


PICTURES = (jpeg_size, many_scans, exif, segments, animated_webp, tiff, tiff_pages, bmp, heif, netpbm, icc, heavy)
