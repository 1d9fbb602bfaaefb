"""Ogg after RFC 3533: numbered pages with checksums, and streams that are chained one behind the other.

FFmpeg reads a second chained stream only if it is like the first, and skips missing pages silently. So find both here,
and decode each chain by itself.
"""

import mmap
import struct
import zlib
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

CAPTURE = b"OggS"
HEADER = struct.Struct("<4sBBqIII B")
CONTINUED, FIRST, LAST = 1, 2, 4
MIRRORED = bytes(int(f"{byte:08b}"[::-1], 2) for byte in range(256))


@dataclass(frozen=True)
class Chain:
    """One chained stream: where it lies in the file, whether its end is there, whether anything is missing within."""

    start: int
    end: int
    ends: bool
    has_holes: bool


@dataclass(frozen=True)
class _Page:
    start: int
    end: int
    flags: int
    serial: int
    number: int
    intact: bool


def find_chains(path: Path) -> list[Chain]:
    """Find the chained streams of an Ogg file; none in any other file."""
    with path.open("rb") as file:
        if file.read(len(CAPTURE)) != CAPTURE:
            return []
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            return list(_chain(_pages(data)))


def _chain(pages: Iterator[_Page]) -> Iterator[Chain]:
    """Yield the pages of each chain: a first page after others begins a new one."""
    chain, begun = Chain(0, 0, ends=False, has_holes=False), False
    numbers: dict[int, int] = {}
    for page in pages:
        if page.intact and page.flags & FIRST and begun:
            yield chain
            chain, begun, numbers = Chain(page.start, page.start, ends=False, has_holes=False), False, {}
        begun = begun or not page.flags & FIRST
        expected = numbers.get(page.serial, page.number)
        hole = not page.intact or page.number != expected or page.start != chain.end
        numbers[page.serial] = page.number + 1
        chain = Chain(chain.start, page.end, page.intact and bool(page.flags & LAST), chain.has_holes or hole)
    yield chain


def _pages(data: mmap.mmap) -> Iterator[_Page]:
    place = 0
    while (start := data.find(CAPTURE, place)) >= 0 and start + HEADER.size <= len(data):
        _, version, flags, _, serial, number, check, count = HEADER.unpack_from(data, start)
        if version:
            place = start + len(CAPTURE)
            continue
        body = start + HEADER.size + count
        end = body + sum(data[start + HEADER.size : body])
        intact = end <= len(data) and _checksum(data[start : start + 22] + bytes(4) + data[start + 26 : end]) == check
        place = end if intact else start + len(CAPTURE)
        yield _Page(start, min(end, len(data)), flags, serial, number, intact)


def _checksum(page: bytes) -> int:
    """Return Ogg's checksum: zlib's, over bytes with their bits reversed, from 0, and reversed itself."""
    mirrored = zlib.crc32(page.translate(MIRRORED), 0xFFFFFFFF) ^ 0xFFFFFFFF
    return int(f"{mirrored:032b}"[::-1], 2)
