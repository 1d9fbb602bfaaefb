"""Videos on their way to a chat: their facts, and a thumbnail."""

import io
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from bot.media.container import open_media
from bot.media.errors import MediaError, Reason
from bot.media.facts import VideoFacts

THUMBNAIL_SIDE = 320
MAX_THUMBNAIL_BYTES = 200_000
"""Telegram's limits for a thumbnail."""
USUAL_SOUND_BITRATE = 128_000
MARKED_SECONDS = 1.5
"""So early, every mark is seen."""


def inspect_video(path: Path) -> VideoFacts:
    """Look at an mp4 and decode its first picture.

    Raises:
        MediaError: NOT_A_VIDEO when it is none, or damaged.
    """
    try:
        with open_media(path) as container:
            stream = _picture_stream(container)
            first = next(container.decode(stream))
            seconds = _seconds(container, stream)
            return VideoFacts(first.width, first.height, seconds, path.stat().st_size, bool(container.streams.audio))
    except (MediaError, MemoryError):
        raise
    except Exception as error:  # the decoders raise of everything
        raise MediaError(Reason.NOT_A_VIDEO) from error


def make_thumbnail(path: Path, target: Path) -> None:
    """Write a JPEG of the picture a quarter in, but still with its mark: at most 320 pixels a side and 200 kB.

    Raises:
        MediaError: NOT_A_VIDEO.
    """
    try:
        with open_media(path) as container:
            moment = min(_seconds(container, _picture_stream(container)) / 4, MARKED_SECONDS)
            picture = _picture_at(container, moment).to_image()  # type: ignore[no-untyped-call]
    except (MediaError, MemoryError):
        raise
    except Exception as error:
        raise MediaError(Reason.NOT_A_VIDEO) from error
    picture.thumbnail((THUMBNAIL_SIDE, THUMBNAIL_SIDE))
    for quality in (85, 60, 30):
        packed = io.BytesIO()
        picture.save(packed, "JPEG", quality=quality)
        if packed.tell() < MAX_THUMBNAIL_BYTES:
            break
    target.write_bytes(packed.getvalue())


def _picture_stream(container: InputContainer) -> VideoStream:
    stream = container.streams.best("video")
    if "mp4" not in container.format.name or not isinstance(stream, VideoStream):
        raise MediaError(Reason.NOT_A_VIDEO)
    return stream


def _seconds(container: InputContainer, stream: VideoStream) -> float:
    if container.duration is not None:
        return container.duration / av.time_base
    return float((stream.duration or 0) * (stream.time_base or 0))


def sound_bitrate(path: Path) -> int:
    """Return the bits a second of a video's sound."""
    with open_media(path) as container:
        sound = container.streams.best("audio")
        return (sound.bit_rate or USUAL_SOUND_BITRATE) if isinstance(sound, AudioStream) else 0


def _picture_at(container: InputContainer, seconds: float) -> VideoFrame:
    """Return the first picture at or after a time, or the last one before it."""
    stream = _picture_stream(container)
    container.seek(int(seconds * av.time_base))
    picture = None
    for picture in container.decode(stream):
        if picture.time is None or picture.time >= seconds:
            break
    if picture is None:
        raise MediaError(Reason.NOT_A_VIDEO)
    return picture
