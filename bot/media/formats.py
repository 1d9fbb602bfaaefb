"""Other formats of a finished video: a round note, a sticker, a soundless loop; and the mark that it is made by AI."""

from collections.abc import Callable, Iterator
from contextlib import contextmanager
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.audio.stream import AudioStream
from av.container import InputContainer, OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream
from PIL import ImageDraw, ImageFont

from bot.media.container import open_media
from bot.media.errors import MediaError, Reason
from bot.media.facts import NOTE_SIDE, MediaFacts, VideoFacts
from bot.media.video import inspect_video

NOTE_SECONDS = 60.0
STICKER_SIDE = 512
STICKER_SECONDS = 2.9
STICKER_BYTES = 256_000
"""Telegram's limits: a round note of a minute; a sticker of 3 s, 512 pixels on its longer side, 256 kB."""

STICKER_TRIES = 5
STICKER_RATE = 30
LOUDNESS_STEP = 0.1
FACE_HEIGHT = 0.15
"""How far down a square is cut from a tall picture, as a share of what is left out: the face is in the upper half."""

SAYS_AI = (
    "Made by AI from a photo and a voice. "
    "Digital source type: http://cv.iptc.org/newscodes/digitalsourcetype/trainedAlgorithmicMedia"
)
"""IPTC's word for pictures made by a trained model, in the file's own notes."""


Change = Callable[[VideoFrame], VideoFrame]


def mark_video(path: Path, target: Path, *, in_picture: bool) -> VideoFacts:
    """Write a video again so that its notes say that it is made by AI; encode nothing anew.

    Args:
        path: an mp4.
        target: where it is written.
        in_picture: burn a small mark into it as well, at the top, where a round note shows it; it is encoded anew.

    Raises:
        MediaError: NOT_A_VIDEO.
    """
    with broken_said(), open_media(path) as source, _output(target, source) as output:
        if in_picture:
            _encode(source, output, _with_mark)
        else:
            _copy(source, output, sound=True)
    return inspect_video(target)


def make_note(path: Path, target: Path) -> MediaFacts:
    """Write a round note: the square around the face, H.264 with its sound, a minute at most."""
    with broken_said(), open_media(path) as source, _output(target, source) as output:
        _encode(source, output, _square, (NOTE_SIDE, NOTE_SIDE), NOTE_SECONDS)
    return _facts(target)


def make_loop(path: Path, target: Path) -> MediaFacts:
    """Write the same pictures without a sound, which Telegram plays again and again."""
    with broken_said(), open_media(path) as source, _output(target, source) as output:
        _copy(source, output, sound=False)
    return _facts(target)


def make_sticker(path: Path, target: Path) -> MediaFacts:
    """Write the three seconds with the most voice as a sticker: VP9 in WebM, without sound.

    Raises:
        MediaError: NOT_A_VIDEO, or VIDEO_TOO_LARGE when it cannot be made small enough.
    """
    with broken_said():
        begin = loudest_part(path, STICKER_SECONDS)
        bitrate = int(STICKER_BYTES * 8 * 0.85 / STICKER_SECONDS)
        for _ in range(STICKER_TRIES):
            _encode_sticker(path, target, begin, bitrate)
            size = target.stat().st_size
            if size <= STICKER_BYTES:
                return _facts(target)
            bitrate = int(bitrate * 0.8 * STICKER_BYTES / size)
    raise MediaError(Reason.VIDEO_TOO_LARGE, size=size, limit=STICKER_BYTES)


def loudest_part(path: Path, seconds: float) -> float:
    """Return where the part of so many seconds begins that has the most voice in it; 0 for a silent or short one."""
    energy: list[float] = []
    with open_media(path) as source:
        if source.streams.best("audio") is None:
            return 0.0
        step = int(16_000 * LOUDNESS_STEP)
        resampler = av.AudioResampler("flt", "mono", 16_000, frame_size=step)
        for frame in source.decode(audio=0):
            energy += [float(np.square(part.to_ndarray()).mean()) for part in resampler.resample(frame)]
    window = round(seconds / LOUDNESS_STEP)
    if len(energy) <= window:
        return 0.0
    sums = np.convolve(energy, np.ones(window), "valid")
    return float(np.argmax(sums)) * LOUDNESS_STEP


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


def _output(target: Path, source: InputContainer, kind: str = "mp4") -> OutputContainer:
    output = av.open(str(target), "w", kind, options={"movflags": "faststart"} if kind == "mp4" else {})
    said_by_ai(output, source)
    return output


def said_by_ai(output: OutputContainer, *sources: InputContainer) -> None:
    """Let a file that is being written say in its notes that it is made by AI, besides what its sources say."""
    said = dict.fromkeys(source.metadata.get("comment", "") for source in sources)
    output.metadata["comment"] = " ".join([*(words for words in said if words and SAYS_AI not in words), SAYS_AI])


def picture_of(source: InputContainer) -> VideoStream:
    """Return the pictures of a file.

    Raises:
        MediaError: NOT_A_VIDEO, it has none.
    """
    stream = source.streams.best("video")
    if not isinstance(stream, VideoStream):
        raise MediaError(Reason.NOT_A_VIDEO)
    return stream


def _copy(source: InputContainer, output: OutputContainer, *, sound: bool) -> None:
    """Copy the packets of the first picture and, if wanted, of the first sound."""
    wanted = [picture_of(source), *(each for each in [source.streams.best("audio")] if sound and each is not None)]
    tracks = {stream.index: output.add_stream_from_template(stream) for stream in wanted}
    for packet in source.demux(tuple(wanted)):
        if packet.dts is not None:
            packet.stream = tracks[packet.stream.index]
            output.mux(packet)


def _encode(
    source: InputContainer,
    output: OutputContainer,
    change: Change,
    size: tuple[int, int] | None = None,
    seconds: float = float("inf"),
) -> None:
    """Encode changed pictures as H.264, in another size if given, and copy the sound, up to a length."""
    stream = picture_of(source)
    kept = source.streams.best("audio")
    picture = output.add_stream("libx264", rate=stream.average_rate or Fraction(25))
    picture.width, picture.height = size or (stream.width, stream.height)
    picture.pix_fmt, picture.options = "yuv420p", {"preset": "veryfast", "crf": "23"}
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
                changed.pts, changed.time_base = frame.pts, frame.time_base
                output.mux(picture.encode(changed))
    output.mux(picture.encode(None))


def _square(frame: VideoFrame) -> VideoFrame:
    pixels: npt.NDArray[np.uint8] = frame.to_ndarray(format="rgb24")  # type: ignore[assignment]
    height, width = pixels.shape[:2]
    side = min(width, height)
    top, left = int((height - side) * FACE_HEIGHT), (width - side) // 2
    cut = np.ascontiguousarray(pixels[top : top + side, left : left + side])
    return VideoFrame.from_ndarray(cut, format="rgb24").reformat(NOTE_SIDE, NOTE_SIDE, "yuv420p")


def _with_mark(frame: VideoFrame) -> VideoFrame:
    picture = frame.to_image()  # type: ignore[no-untyped-call]
    side = max(16, min(picture.size) // 14)
    draw = ImageDraw.Draw(picture, "RGBA")
    middle, height = picture.width / 2, side + int((picture.height - picture.width) * FACE_HEIGHT)
    box = (middle - side * 0.8, height - side / 2, middle + side * 0.8, height + side / 2)
    draw.rounded_rectangle(box, side // 4, (0, 0, 0, 130))
    font = ImageFont.load_default(side * 0.7)
    draw.text((middle, height), "AI", (255, 255, 255, 230), font, anchor="mm")
    marked: VideoFrame = VideoFrame.from_image(picture)  # type: ignore[no-untyped-call]
    return marked.reformat(frame.width, frame.height, "yuv420p")


def _encode_sticker(path: Path, target: Path, begin: float, bitrate: int) -> None:
    with open_media(path) as source, _output(target, source, "webm") as output:
        stream = picture_of(source)
        rate = min(Fraction(STICKER_RATE), stream.average_rate or Fraction(25))
        picture = output.add_stream("libvpx-vp9", rate=rate)
        scale = STICKER_SIDE / max(stream.width, stream.height)
        picture.width, picture.height = (round(side * scale / 2) * 2 for side in (stream.width, stream.height))
        picture.pix_fmt, picture.bit_rate = "yuv420p", bitrate
        picture.options = {"deadline": "good", "cpu-used": "5", "row-mt": "1"}
        for number, frame in enumerate(_frames(source, stream, begin, rate)):
            small = frame.reformat(picture.width, picture.height, "yuv420p")
            small.pts, small.time_base = number, 1 / rate
            output.mux(picture.encode(small))
        output.mux(picture.encode(None))


def _frames(source: InputContainer, stream: VideoStream, begin: float, rate: Fraction) -> Iterator[VideoFrame]:
    """Yield the pictures of a sticker's length from a moment on, so many a second."""
    shown = 0
    for frame in source.decode(stream):
        moment = (frame.time or 0.0) - begin
        if moment >= STICKER_SECONDS:
            return
        if moment >= 0 and moment * rate >= shown - 0.5:
            shown += 1
            yield frame


def _facts(path: Path) -> MediaFacts:
    with open_media(path) as container:
        stream = picture_of(container)
        seconds = (container.duration or 0) / av.time_base
        return MediaFacts(stream.width, stream.height, seconds, path.stat().st_size)
