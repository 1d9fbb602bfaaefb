"""What a job finds out about a file: plain values, so that who asks for it needs no decoder.

A child writes them as JSON after it has read a stranger's bytes, so their types say all that may come back: an
extension becomes part of a path, a number goes into the database.
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import Literal

NO_LANDLOCK = "the kernel offers no Landlock (Linux 5.13 or newer, with landlock among its security modules)"
NO_SECCOMP = "system calls are not filtered here (that wants Linux on x86_64 or aarch64)"

NOTE_SIDE = 384
"""Pixels of a round note."""


@dataclass(frozen=True)
class Confinement:
    """What confines a decoder: the version of Landlock (0: none), and whether its system calls are filtered."""

    landlock: int
    seccomp: bool

    @property
    def lacks(self) -> list[str]:
        """What does not hold here, in words for the operator."""
        return [*([] if self.landlock else [NO_LANDLOCK]), *([] if self.seccomp else [NO_SECCOMP])]


@dataclass(frozen=True)
class FitPortrait:
    """A picture that the service takes; the person is told when it was `enlarged`, or `cropped` at its ends."""

    extension: Literal["jpg"]
    width: int
    height: int
    enlarged: bool
    cropped: bool
    size: int


@dataclass(frozen=True)
class FitVoice:
    """A voice that the service takes; `full_seconds` is the length of what was sent."""

    extension: Literal["wav"]
    seconds: float
    full_seconds: float
    cut: bool
    size: int


@dataclass(frozen=True)
class VoiceCuts:
    """Where a voice is cut into parts: the sample at which each begins, and the one at which the last ends."""

    edges: tuple[int, ...]


@dataclass(frozen=True)
class VideoFacts:
    """Pixels, length in seconds, bytes."""

    width: int
    height: int
    seconds: float
    size: int
    has_sound: bool


@dataclass(frozen=True)
class MediaFacts:
    """What is known of a media file: pixels, seconds, bytes."""

    width: int
    height: int
    seconds: float
    size: int


class Kind(StrEnum):
    """What a file can be used as, if it is sound: as a portrait, as a voice, as a voice with pictures, as nothing."""

    PICTURE = "picture"
    SOUND = "sound"
    FILM = "film"
    NEITHER = "neither"
