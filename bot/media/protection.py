"""Copy-protected files, which can't be decoded without a shop's or a service's key."""

import mmap
import re
from pathlib import Path

MP4_ENCRYPTED = re.compile(rb"sinf.{4}frma", re.DOTALL)
"""The box that says what an encrypted track was: common encryption and FairPlay alike."""
AUDIBLE = (b"ftypaax ", b"ftypaaxc")
ASF = bytes.fromhex("3026b2758e66cf11a6d900aa0062ce6c")
ASF_ENCRYPTED = (
    bytes.fromhex("fbb3112223bdd211b4b700a0c955fc6e"),
    bytes.fromhex("14e68a292226174cb935dae07ee9289c"),
)
"""Content encryption objects of Windows Media, old and extended."""
MATROSKA = b"\x1aE\xdf\xa3"
MATROSKA_ENCRYPTED = re.compile(rb"\x50\x35.{1,8}?\x47\xe1", re.DOTALL)
"""A content encryption element with its algorithm in it."""
HEAD = 1024 * 1024


def is_protected(source: Path) -> bool:
    """Tell whether a file that can't be decoded is an encrypted one."""
    with source.open("rb") as file:
        if not file.read(1):
            return False
        with mmap.mmap(file.fileno(), 0, access=mmap.ACCESS_READ) as data:
            if data[4:8] == b"ftyp":
                return data[4:12] in AUDIBLE or MP4_ENCRYPTED.search(data) is not None
            if data[:16] == ASF:
                return any(data.find(mark, 0, HEAD) >= 0 for mark in ASF_ENCRYPTED)
            return data[:4] == MATROSKA and MATROSKA_ENCRYPTED.search(data, 0, HEAD) is not None
