"""Sounds of the other formats that are made to be too much, or to be nonsense where a decoder believes."""

import struct
from functools import cache
from random import Random

import av
import numpy as np

from tests.hostile.good import good, wav
from tests.media.samples import speech

RATES = (0, 1, 7, 8000, 48_000, 768_000, 2**31, 2**32 - 1)
CHANNELS = (0, 1, 2, 8, 64, 65_535)
LENGTHS = (0, 1, 4, 192_000, 2**31 - 1, 2**32 - 1)


def odd_wav(random: Random) -> bytes:
    """A rate of 1 or 768,000, 64 channels, samples of one bit, a length that lies."""
    tag, bits = random.choice(
        ((1, 16), (1, 8), (1, 1), (1, 0), (1, 64), (3, 32), (3, 64), (6, 8), (7, 8), (2, 4), (17, 4))
    )
    channels, rate = random.choice(CHANNELS), random.choice(RATES)
    block = random.choice((channels * bits // 8, 0, 1, 65_535)) & 0xFFFF
    form = struct.pack("<HHIIHH", tag, channels, rate, rate * block & 0xFFFFFFFF, block, bits)
    chunks = b"fmt " + struct.pack("<I", random.choice((16, 16, 16, 0, 18, 2**31))) + form
    if random.random() < 0.2:
        chunks += (b"LIST" + struct.pack("<I", 4) + b"INFO") * 100_000
    samples = random.randbytes(50_000) if random.random() < 0.5 else bytes(400_000)
    chunks += b"data" + struct.pack("<I", random.choice(LENGTHS)) + samples
    return random.choice((b"RIFF", b"RIFX", b"RF64")) + struct.pack("<I", random.choice(LENGTHS)) + b"WAVE" + chunks


def slow_wav(random: Random) -> bytes:
    """A rate of a few samples a second, which becomes hours when it is resampled."""
    rate, channels = random.choice((1, 2, 10, 100)), random.choice((1, 2, 64))
    form = struct.pack("<HHIIHH", 1, channels, rate, rate * channels * 2, channels * 2, 16)
    samples = random.randbytes(random.choice((2_000, 1_000_000)))
    return (
        b"RIFF"
        + struct.pack("<I", len(samples) + 36)
        + b"WAVEfmt \x10\0\0\0"
        + form
        + b"data"
        + struct.pack("<I", len(samples))
        + samples
    )


@cache
def _three_minutes(words: bool) -> bytes:
    return wav(np.tile(speech(10.0), 18) if words else np.zeros(180 * 48_000, np.float32))


def long_wav(random: Random) -> bytes:
    """Nearly as much as a bot may take: nothing at all, or words."""
    return _three_minutes(random.random() < 0.5)


def odd_flac(random: Random) -> bytes:
    """A head that says 655,350 Hz, blocks of 65,535, a length of weeks; pictures of sixteen megabytes that lack."""
    data = bytearray(good("flac"))
    if random.random() < 0.5:
        data[8:26] = random.randbytes(18)
    else:
        data[4:8] = b"\x06\xff\xff\xff"
    return bytes(data)


@cache
def _still_flac() -> bytes:
    import io

    file = io.BytesIO()
    with av.open(file, "w", format="flac") as output:
        stream = output.add_stream("flac", rate=48_000, layout="mono")
        frame = av.AudioFrame.from_ndarray(np.zeros((1, 48_000), np.int16), format="s16", layout="mono")
        frame.sample_rate = 48_000
        for _ in range(1800):
            frame.pts = None
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return file.getvalue()


def still_flac(random: Random) -> bytes:
    """Half an hour of nothing in little, whose length may be struck out."""
    data = bytearray(_still_flac())
    if random.random() < 0.6:
        data[21] &= 0xF0
        data[22:26] = bytes(4)
    return bytes(data) * random.choice((1, 1, 5))


def tags(random: Random) -> bytes:
    """Tags before an mp3: thousands of them, or one that says it has 256 megabytes, or a picture."""
    empty = b"ID3\x04\0\0\0\0\0\x0a" + b"TIT2\0\0\0\0\0\0"
    vast = b"ID3\x04\0\xff\x7f\x7f\x7f\x7f"
    cover = b"ID3\x03\0\0\0\x7f\x7f\x7f" + b"APIC" + struct.pack(">I", 0x7FFFFFFF) + b"\0\0\0image/png\0\3\0"
    return random.choice((empty * 100_000, empty * 1_000_000, vast, cover, vast * 1000)) + good("mp3")


def mp3_frames(random: Random) -> bytes:
    """Frames without words, of changing rates, or a Xing head that lies."""
    heads = [b"\xff\xfb\x90\x64", b"\xff\xf3\x18\xc4", b"\xff\xfb\x10\0", b"\xff\xe3\x18\xc4"]
    frames = [random.choice(heads) + bytes(random.choice((413, 100, 48))) for _ in range(random.choice((50, 20_000)))]
    xing = b"\xff\xfb\x90\x64" + bytes(32) + b"Xing\0\0\0\x0f\xff\xff\xff\xff\xff\xff\xff\xff" + bytes(361)
    return random.choice((b"", xing)) + b"".join(frames)


def heads(random: Random) -> bytes:
    """The head of some format, with every number as large as can be, and noise."""
    head = random.choice(
        (
            b".snd" + struct.pack(">IIIII", *(random.choice(LENGTHS) for _ in range(5))),
            b"FORM\xff\xff\xff\xffAIFFCOMM\0\0\0\x12"
            + struct.pack(">HIH", 64, 2**32 - 1, 16)
            + b"\x7f\xff"
            + b"\xff" * 8,
            b"caff\0\1\0\0desc" + struct.pack(">q", 32) + struct.pack(">d", random.choice((0.0, 1e300, float("nan")))),
            b"TTA1" + struct.pack("<HHHII", 1, 64, 24, 2**32 - 1, 2**32 - 1),
            b"MAC \x96\x0f\0\0" + struct.pack("<IIII", 52, 24, 2**32 - 1, 2**31) + b"\xff" * 60,
            b"wvpk" + struct.pack("<IHHIIII", 2**31 - 1, 0x410, 0, 2**32 - 1, 0, 2**32 - 1, 0),
            b"#!AMR\n" + b"\x3c" * 1_000_000,
            b"fLaC\x80\0\0\x22" + b"\xff" * 34,
            b"\x0b\x77" * 500_000,
            b"\xff\xf1\x50\x80" * 500_000,
        )
    )
    return head + random.randbytes(20_000)


SOUNDS = (odd_wav, odd_wav, slow_wav, long_wav, odd_flac, still_flac, tags, mp3_frames, heads)
