"""Encode pictures as H.264, once: changed, marked, made smaller, whatever is asked for, and the sound copied."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction

import av
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from bot.media.errors import MediaError, Reason

USUAL_RATE = Fraction(25)
MIN_BITS_A_PIXEL = 0.02

Change = Callable[[VideoFrame], VideoFrame]


@contextmanager
def broken_said() -> Iterator[None]:
    """Let whatever the decoders raise mean that this is no video."""
    try:
        yield
    except (MediaError, MemoryError):
        raise
    except Exception as error:
        if isinstance(error, OSError) and not isinstance(error, av.FFmpegError):
            raise
        raise MediaError(Reason.NOT_A_VIDEO) from error


def picture_of(source: InputContainer) -> VideoStream:
    """Return the pictures of a file.

    Raises:
        MediaError: NOT_A_VIDEO, it has none.
    """
    stream = source.streams.best("video")
    if not isinstance(stream, VideoStream):
        raise MediaError(Reason.NOT_A_VIDEO)
    return stream


def add_pictures(
    output: OutputContainer, size: tuple[int, int], rate: Fraction | None, bitrate: int | None = None
) -> VideoStream:
    """Add a track of pictures.

    Args:
        bitrate: at most; None: whatever the usual quality takes.
    """
    picture = output.add_stream("libx264", rate=rate or USUAL_RATE)
    picture.width, picture.height = size
    picture.pix_fmt, picture.options = "yuv420p", {"preset": "veryfast", "crf": "21"}
    if bitrate is not None:
        picture.bit_rate = bitrate
        picture.options = {"preset": "veryfast", "maxrate": str(bitrate), "bufsize": str(bitrate)}
    return picture


def fit_pixels(width: int, height: int, rate: Fraction | None, bitrate: int | None) -> tuple[int, int]:
    """Return even sides, smaller ones where the bitrate is too little for all pixels."""
    needed = width * height * float(rate or USUAL_RATE) * MIN_BITS_A_PIXEL
    scale = 1.0 if bitrate is None else min(1.0, (bitrate / needed) ** 0.5)
    return max(2, round(width * scale / 2) * 2), max(2, round(height * scale / 2) * 2)


def copy(source: InputContainer, output: OutputContainer, *, sound: bool) -> None:
    """Copy the packets of the first picture and, if wanted, of the first sound."""
    wanted = [picture_of(source), *(each for each in [source.streams.best("audio")] if sound and each is not None)]
    tracks = {stream.index: output.add_stream_from_template(stream) for stream in wanted}
    for packet in source.demux(tuple(wanted)):
        if packet.dts is not None:
            packet.stream = tracks[packet.stream.index]
            output.mux(packet)


def encode(
    source: InputContainer,
    output: OutputContainer,
    picture: VideoStream,
    change: Change,
    *,
    sound: bool = True,
    seconds: float = float("inf"),
) -> None:
    """Encode changed pictures, and copy the sound, up to a length."""
    stream = picture_of(source)
    kept = source.streams.best("audio") if sound else None
    if stream.time_base is not None:
        picture.codec_context.time_base = stream.time_base
    track = output.add_stream_from_template(kept) if isinstance(kept, AudioStream) else None
    for packet in source.demux(tuple(each for each in (stream, kept) if each is not None)):
        if packet.stream is not stream:
            if track is not None and packet.dts is not None and packet.dts * packet.time_base < seconds:
                packet.stream = track
                output.mux(packet)
            continue
        for frame in packet.decode():
            if isinstance(frame, VideoFrame) and (frame.time or 0.0) < seconds:
                changed = change(frame)
                changed.pts, changed.time_base, changed.pict_type = frame.pts, frame.time_base, PictureType.NONE
                output.mux(picture.encode(changed))
    output.mux(picture.encode(None))
