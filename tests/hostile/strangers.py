"""Files that are no picture, sound or film at all."""

import io
import struct
import zipfile
import zlib
from functools import cache
from random import Random

FIRST_BYTES: list[bytes] = [b"", b"\xff\xd8\xff\xe0", b"\x89PNG\r\n\x1a\n", b"GIF89a", b"RIFF\0\0\1\0WEBPVP8 ", b"BM"]
FIRST_BYTES += [b"II*\0", b"OggS\0\2", b"ID3\3\0\0", b"fLaC", b"\0\0\0\x20ftypisom", b"\0\0\0\x20ftypheic"]
FIRST_BYTES += [b"\x1aE\xdf\xa3", b"RIFF\0\0\1\0AVI "]


def empty(random: Random) -> bytes:
    """Nothing."""
    return b""


@cache
def _zip() -> bytes:
    file = io.BytesIO()
    with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED) as target:
        target.writestr("../../../tmp/emobot-was-here", "was here")
        target.writestr("zeros", bytes(50_000_000))
    return file.getvalue()


def archive(random: Random) -> bytes:
    """A ZIP with a path that climbs and a file of zeros, or the same as gzip."""
    return random.choice((_zip(), b"\x1f\x8b\x08\0\0\0\0\0\0\3" + zlib.compress(bytes(1_000_000))[2:]))


def program(random: Random) -> bytes:
    """An ELF, a PE, a script."""
    elf = b"\x7fELF\2\1\1" + bytes(9) + struct.pack("<HHIQQQ", 2, 62, 1, 0x400000, 64, 0) + random.randbytes(4000)
    return random.choice((elf, b"MZ" + random.randbytes(4000), b"#!/bin/sh\ntouch /tmp/emobot-was-here\n"))


def document(random: Random) -> bytes:
    """HTML, PDF, JSON, a letter, a pickle that would run a command."""
    return random.choice(
        (
            b"<!DOCTYPE html><html><script>alert(1)</script><img src=x></html>",
            b"%PDF-1.7\n1 0 obj<</Type/Catalog/OpenAction<</S/JavaScript/JS(app.alert(1))>>>>endobj\n%%EOF" * 30,
            b'{"a":' * 5000,
            b"Dear Alice,\nthis is a letter.\n" * 200,
            b"cos\nsystem\n(S'touch /tmp/emobot-was-here'\ntR.",
            b"\x80\x04\x95" + random.randbytes(300),
        )
    )


def noise(random: Random) -> bytes:
    """Random bytes, perhaps behind the first bytes of something."""
    head = random.choice(FIRST_BYTES)
    return head + random.randbytes(random.choice((1, 30, 3000, 300_000)))


def plain(random: Random) -> bytes:
    """One byte, many times."""
    return random.choice((b"\0", b"\xff", b"A", b"G\0\0", b"\xff\xfb")) * random.choice((1, 1000, 3_000_000))


STRANGERS = (empty, archive, program, document, noise, noise, plain)
