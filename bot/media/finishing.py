"""Finish a video for a chat: marked, labelled, and made as small as is asked, from the master, in one encoding."""

from pathlib import Path

from bot.media.container import open_media
from bot.media.encoding import add_pictures, broken_said, copy, encode, fit_pixels, picture_of
from bot.media.errors import MediaError, Reason
from bot.media.facts import VideoFacts
from bot.media.labels import labelled
from bot.media.mark import marking
from bot.media.video import inspect_video, sound_bitrate

MIN_BITRATE = 30_000
TRIES = 4
ENVELOPE = 32 * 1024
"""Bytes that signing and the notes may add."""


def room_for(max_bytes: int) -> int:
    """Return the bytes that are left for pictures and sound; a tiny file has little beside them."""
    return max_bytes - min(ENVELOPE, max_bytes // 8)


def finish_video(path: Path, target: Path, words: str, always: bool, max_bytes: int) -> VideoFacts:
    """Write a video with its mark and its labels, with at most so many bytes.

    Args:
        path: the master, an mp4 without a mark.
        words: `en` or `zh`, in whose letters the mark is; empty: no mark, and pictures are copied as they are.
        always: the mark stays; else it goes after the first seconds.

    Raises:
        MediaError: NOT_A_VIDEO, or VIDEO_TOO_LARGE when it cannot be made that small.
    """
    facts = inspect_video(path)
    most = room_for(max_bytes)
    if facts.size <= most:
        if words:
            _encode(path, target, words, always, None)
        else:
            with broken_said(), open_media(path) as source, labelled(target, source=source) as output:
                copy(source, output, sound=True)
        if target.stat().st_size <= most:
            return inspect_video(target)
    return _shrink(path, target, facts, words, always, most)


def _shrink(path: Path, target: Path, facts: VideoFacts, words: str, always: bool, most: int) -> VideoFacts:
    """Encode with less and less, until it is small enough."""
    budget, sound = most * 0.95, sound_bitrate(path)
    for _ in range(TRIES):
        bitrate = int(budget * 8 / max(facts.seconds, 0.1)) - sound
        if bitrate < MIN_BITRATE:
            break
        _encode(path, target, words, always, bitrate)
        size = target.stat().st_size
        if size <= most:
            return inspect_video(target)
        budget *= 0.9 * most / size
    raise MediaError(Reason.VIDEO_TOO_LARGE, size=facts.size, limit=most)


def _encode(path: Path, target: Path, words: str, always: bool, bitrate: int | None) -> None:
    with broken_said(), open_media(path) as source, labelled(target, source=source) as output:
        stream = picture_of(source)
        width, height = fit_pixels(stream.width, stream.height, stream.average_rate, bitrate)
        draw = marking(words, width, height, always=always)
        picture = add_pictures(output, (width, height), stream.average_rate, bitrate)
        encode(source, output, picture, lambda frame: draw(frame.reformat(width, height, "yuv420p")))
