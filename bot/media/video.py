"""Videos on their way to a chat: their facts, a thumbnail, and a smaller copy where one has too many bytes."""

import io
from fractions import Fraction
from pathlib import Path

import av
from av.audio.stream import AudioStream
from av.container import InputContainer
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from bot.media.container import open_media
from bot.media.errors import MediaError, Reason
from bot.media.facts import VideoFacts

THUMBNAIL_SIDE = 320
MAX_THUMBNAIL_BYTES = 200_000
"""Telegram's limits for a thumbnail."""
USUAL_SOUND_BITRATE = 128_000
USUAL_RATE = Fraction(25)
MIN_BITRATE = 30_000
MIN_BITS_A_PIXEL = 0.02
TRIES = 4


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
    """Write a JPEG of the picture a quarter in: at most 320 pixels a side and 200 kB.

    Raises:
        MediaError: NOT_A_VIDEO.
    """
    try:
        with open_media(path) as container:
            picture = _picture_at(container, _seconds(container, _picture_stream(container)) / 4).to_image()  # type: ignore[no-untyped-call]
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


def shrink_video(path: Path, target: Path, max_bytes: int) -> VideoFacts:
    """Encode a video again, H.264 with its sound, so that it has at most `max_bytes`.

    Raises:
        MediaError: NOT_A_VIDEO, or VIDEO_TOO_LARGE when it cannot be made that small.
    """
    facts = inspect_video(path)
    sound_bitrate = _sound_bitrate(path)
    budget = max_bytes * 0.95
    for _ in range(TRIES):
        bitrate = int(budget * 8 / max(facts.seconds, 0.1)) - sound_bitrate
        if bitrate < MIN_BITRATE:
            break
        try:
            _encode(path, target, bitrate)
        except (av.InvalidDataError, EOFError) as error:
            raise MediaError(Reason.NOT_A_VIDEO) from error
        size = target.stat().st_size
        if size <= max_bytes:
            return inspect_video(target)
        budget *= 0.9 * max_bytes / size
    raise MediaError(Reason.VIDEO_TOO_LARGE, size=facts.size, limit=max_bytes)


def _picture_stream(container: InputContainer) -> VideoStream:
    stream = container.streams.best("video")
    if "mp4" not in container.format.name or not isinstance(stream, VideoStream):
        raise MediaError(Reason.NOT_A_VIDEO)
    return stream


def _seconds(container: InputContainer, stream: VideoStream) -> float:
    if container.duration is not None:
        return container.duration / av.time_base
    return float((stream.duration or 0) * (stream.time_base or 0))


def _sound_bitrate(path: Path) -> int:
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


def _encode(path: Path, target: Path, bitrate: int) -> None:
    """Encode the pictures once with a constrained bitrate; keep the sound as it is."""
    with open_media(path) as source, av.open(str(target), "w", "mp4", options={"movflags": "faststart"}) as output:
        stream = _picture_stream(source)
        picture = output.add_stream("libx264", rate=stream.average_rate or USUAL_RATE)
        picture.width, picture.height = _fit_pixels(stream, bitrate)
        picture.pix_fmt, picture.bit_rate = "yuv420p", bitrate
        picture.options = {"preset": "veryfast", "maxrate": str(bitrate), "bufsize": str(bitrate)}
        if stream.time_base is not None:
            picture.codec_context.time_base = stream.time_base
        sound = source.streams.best("audio")
        track = output.add_stream_from_template(sound) if isinstance(sound, AudioStream) else None
        for packet in source.demux(tuple(stream for stream in (stream, sound) if stream is not None)):
            if packet.stream is not stream:
                if track is not None and packet.dts is not None:
                    packet.stream = track
                    output.mux(packet)
                continue
            for frame in packet.decode():
                if isinstance(frame, VideoFrame):
                    frame.pict_type = PictureType.NONE  # the encoder chooses
                    output.mux(picture.encode(frame.reformat(picture.width, picture.height, "yuv420p")))
        output.mux(picture.encode(None))


def _fit_pixels(stream: VideoStream, bitrate: int) -> tuple[int, int]:
    """Return even sides, smaller ones where the bitrate is too little for all pixels."""
    needed = stream.width * stream.height * float(stream.average_rate or USUAL_RATE) * MIN_BITS_A_PIXEL
    scale = min(1.0, (bitrate / needed) ** 0.5)
    return max(2, round(stream.width * scale / 2) * 2), max(2, round(stream.height * scale / 2) * 2)
