"""Why a file of a person cannot be used.

There is one error, `MediaError`; its `reason` says which sentence the person reads, its `facts` fill the sentence in::

    MediaError
    ├── of a portrait   IMAGE_TOO_LARGE  NOT_AN_IMAGE  IMAGE_DAMAGED  IMAGE_UNSUPPORTED
    │                   IMAGE_TOO_MANY_PIXELS  IMAGE_TOO_SMALL  IMAGE_TOO_NARROW
    ├── of a voice      VOICE_EMPTY  NOT_A_VOICE  VOICE_NO_SOUND  VOICE_PROTECTED
    │                   VOICE_DAMAGED  VOICE_TOO_SHORT  VOICE_SILENT  VOICE_TOO_LONG
    ├── of a video      NOT_A_VIDEO  VIDEO_TOO_LARGE
    └── of any          TOO_HARD: it took more time or memory than a file may

`ChildError` is not about the file: a child that should have read it failed.
"""

from collections.abc import Callable
from enum import StrEnum


class Reason(StrEnum):
    """A stable code for each way in which a file is unfit; the facts that come with it are named beside it."""

    IMAGE_TOO_LARGE = "image_too_large"  # size, limit: bytes
    NOT_AN_IMAGE = "not_an_image"
    IMAGE_DAMAGED = "image_damaged"
    IMAGE_UNSUPPORTED = "image_unsupported"
    IMAGE_TOO_MANY_PIXELS = "image_too_many_pixels"  # limit: pixels in all; width, height, where known
    IMAGE_TOO_SMALL = "image_too_small"  # width, height, limit: pixels of the shortest side
    IMAGE_TOO_NARROW = "image_too_narrow"  # width, height
    VOICE_EMPTY = "voice_empty"
    NOT_A_VOICE = "not_a_voice"
    VOICE_NO_SOUND = "voice_no_sound"
    VOICE_PROTECTED = "voice_protected"
    VOICE_DAMAGED = "voice_damaged"  # seconds, expected_seconds, where they are known
    VOICE_TOO_SHORT = "voice_too_short"  # seconds, limit
    VOICE_SILENT = "voice_silent"  # loudness: LUFS of the loudest moment
    VOICE_TOO_LONG = "voice_too_long"  # full_seconds, cut_seconds, limit
    NOT_A_VIDEO = "not_a_video"
    VIDEO_TOO_LARGE = "video_too_large"  # size, limit: bytes; even the smallest encoding does not fit
    TOO_HARD = "too_hard"


NEEDED_FACTS = {
    Reason.IMAGE_TOO_SMALL: frozenset({"width", "height"}),
    Reason.VOICE_TOO_LONG: frozenset({"full_seconds", "cut_seconds", "limit"}),
}
"""Those that a person reads; without them there is no sentence."""


class ChildError(Exception):
    """A job has a bug, its answer is no answer, or no child can be started; the text says which."""


class MediaError(Exception):
    """A file that cannot be used, and why."""

    def __init__(self, reason: Reason, **facts: float | int | str) -> None:
        super().__init__(reason, facts)
        self.reason = reason
        self.facts: dict[str, float | int | str] = facts

    def __str__(self) -> str:
        return " ".join([self.reason.value, *(f"{name}={value}" for name, value in self.facts.items())])

    def __reduce__(self) -> "tuple[Callable[..., MediaError], tuple[Reason, dict[str, float | int | str]]]":
        return _rebuild, (self.reason, self.facts)


def _rebuild(reason: Reason, facts: dict[str, float | int | str]) -> MediaError:
    return MediaError(reason, **facts)
