"""What is done to a good file by chance: cut, flipped, lied about, doubled, glued to another."""

from collections.abc import Callable
from random import Random

EXTREMES = (0, 1, 0x7F, 0x80, 0xFF, 0x7FFF, 0xFFFF, 0x7FFFFFFF, 0x80000000, 0xFFFFFFFF, 0xFFFFFFFE, 0x10000)
HEAD = 600
"""Bytes at the beginning in which most of what a decoder believes is said."""


def cut(random: Random, data: bytes) -> bytes:
    """Only a beginning, mostly a good part of it."""
    return data[: random.randint(1, len(data)) if random.random() < 0.7 else random.randint(1, 64)]


def flip(random: Random, data: bytes) -> bytes:
    """Some bits turned round, anywhere."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 4, 16, 64, 400))):
        changed[random.randrange(len(changed))] ^= 1 << random.randrange(8)
    return bytes(changed)


def flip_head(random: Random, data: bytes) -> bytes:
    """Some bytes of the head are others."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 2, 5, 12))):
        changed[random.randrange(min(HEAD, len(changed)))] = random.randrange(256)
    return bytes(changed)


def lie(random: Random, data: bytes) -> bytes:
    """Numbers of two, four or eight bytes become as large or small as they can be."""
    changed = bytearray(data)
    for _ in range(random.choice((1, 1, 2, 4))):
        width = random.choice((2, 4, 4, 8))
        reach = min(HEAD, len(changed)) if random.random() < 0.8 else len(changed)
        place = random.randrange(max(1, reach - width))
        number = random.choice(EXTREMES) % (1 << 8 * width)
        changed[place : place + width] = number.to_bytes(width, random.choice(("big", "little")))
    return bytes(changed)


def drop(random: Random, data: bytes) -> bytes:
    """A piece is missing."""
    start, length = random.randrange(len(data)), random.randint(1, max(1, len(data) // 4))
    return data[:start] + data[start + length :]


def repeat(random: Random, data: bytes) -> bytes:
    """A piece comes many times."""
    start, length = random.randrange(len(data)), random.randint(1, 400)
    piece = data[start : start + length]
    return data[:start] + piece * random.choice((2, 10, 1000)) + data[start:]


def blank(random: Random, data: bytes) -> bytes:
    """A piece is zeros, or noise."""
    start, length = random.randrange(len(data)), random.randint(1, max(1, len(data) // 3))
    fill = bytes(length) if random.random() < 0.5 else random.randbytes(length)
    return (data[:start] + fill + data[start + length :])[: len(data)]


def shuffle(random: Random, data: bytes) -> bytes:
    """Blocks in another order."""
    size = random.choice((64, 512, 4096))
    blocks = [data[start : start + size] for start in range(0, len(data), size)]
    head, rest = blocks[:1], blocks[1:]
    random.shuffle(rest)
    return b"".join(head + rest)


HARMS: tuple[Callable[[Random, bytes], bytes], ...] = (cut, cut, flip, flip_head, flip_head, lie, lie, lie)
HARMS += (drop, repeat, blank, shuffle)


def harm(random: Random, data: bytes) -> tuple[str, bytes]:
    """One or two of them; what was done, and what came of it."""
    names = []
    for _ in range(random.choice((1, 1, 1, 2))):
        one = random.choice(HARMS)
        names.append(one.__name__)
        data = one(random, data) or b"\0"
    return "+".join(names), data
