"""Other formats of a finished video: a round note, a round sticker, a soundless loop; each with its mark inside."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.container import InputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from bot.media.container import open_media
from bot.media.encoding import add_pictures, broken_said, copy, encode, fit_pixels, picture_of
from bot.media.errors import MediaError, Reason
from bot.media.facts import NOTE_SIDE, MediaFacts
from bot.media.labels import labelled
from bot.media.mark import Change, marking

NOTE_SECONDS = 60.0
STICKER_SIDE = 512
STICKER_SECONDS = 2.9
STICKER_BYTES = 256_000
"""Telegram's limits: a round note of a minute; a sticker of 3 s, 512 pixels on its longer side, 256 kB."""

STICKER_TRIES = 5
STICKER_RATE = 30
SOFT = 12.0
"""Pixels in which the edge of a sticker fades away."""
LOUDNESS_STEP = 0.1
FACE_HEIGHT = 0.15
"""How far down a square is cut from a tall picture, as a share of what is left out: the face is in the upper half."""


def make_note(path: Path, target: Path, words: str, always: bool) -> MediaFacts:
    """Write a round note: the square around the face, H.264 with its sound, a minute at most.

    Args:
        words: `en` or `zh`, in whose letters the mark is; empty: no mark.
        always: the mark stays.
    """
    draw = marking(words, NOTE_SIDE, NOTE_SIDE, always=always)
    with broken_said(), open_media(path) as source, labelled(target, source=source) as output:
        picture = add_pictures(output, (NOTE_SIDE, NOTE_SIDE), picture_of(source).average_rate)
        encode(source, output, picture, lambda frame: draw(_square(frame, NOTE_SIDE)), seconds=NOTE_SECONDS)
    return _facts(target)


def make_loop(path: Path, target: Path, words: str, always: bool) -> MediaFacts:
    """Write the same pictures without a sound, which Telegram plays again and again; see `make_note`."""
    with broken_said(), open_media(path) as source, labelled(target, source=source) as output:
        if words:
            stream = picture_of(source)
            width, height = fit_pixels(stream.width, stream.height, stream.average_rate, None)
            draw = marking(words, width, height, always=always)
            picture = add_pictures(output, (width, height), stream.average_rate)
            encode(source, output, picture, lambda frame: draw(frame.reformat(width, height, "yuv420p")), sound=False)
        else:
            copy(source, output, sound=False)
    return _facts(target)


def make_sticker(path: Path, target: Path, words: str, always: bool) -> MediaFacts:
    """Write the three seconds with the most voice as a round sticker: VP9 in WebM, without sound; see `make_note`.

    Raises:
        MediaError: NOT_A_VIDEO, or VIDEO_TOO_LARGE when it cannot be made small enough.
    """
    with broken_said():
        begin = loudest_part(path, STICKER_SECONDS)
        bitrate = int(STICKER_BYTES * 8 * 0.85 / STICKER_SECONDS)
        for _ in range(STICKER_TRIES):
            _encode_sticker(path, target, begin, bitrate, words, always)
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


def _square(frame: VideoFrame, size: int) -> VideoFrame:
    """Return the square around the face, with so many pixels a side."""
    pixels: npt.NDArray[np.uint8] = frame.to_ndarray(format="rgb24")  # type: ignore[assignment]
    height, width = pixels.shape[:2]
    side = min(width, height)
    top, left = int((height - side) * FACE_HEIGHT), (width - side) // 2
    cut = np.ascontiguousarray(pixels[top : top + side, left : left + side])
    small = VideoFrame.from_ndarray(cut, format="rgb24").reformat(size, size, "yuv420p")
    small.pts, small.time_base = frame.pts, frame.time_base
    return small


def _encode_sticker(path: Path, target: Path, begin: float, bitrate: int, words: str, always: bool) -> None:
    with open_media(path) as source, labelled(target, "webm", source=source) as output:
        stream = picture_of(source)
        rate = min(Fraction(STICKER_RATE), stream.average_rate or Fraction(25))
        picture = output.add_stream("libvpx-vp9", rate=rate)
        picture.width = picture.height = STICKER_SIDE
        picture.pix_fmt, picture.bit_rate = "yuva420p", bitrate
        # Frames that are only referred to would have no edge: the encoder refuses them beside transparency.
        picture.options = {"deadline": "good", "cpu-used": "5", "row-mt": "1", "auto-alt-ref": "0"}
        draw: Change = marking(words, STICKER_SIDE, STICKER_SIDE, always=always)
        edge = _edge(STICKER_SIDE)
        for number, frame in enumerate(_frames(source, stream, begin, rate)):
            small = _square(frame, STICKER_SIDE)
            small.pts, small.time_base = number, 1 / rate
            output.mux(picture.encode(_with_edge(draw(small), edge)))
        output.mux(picture.encode(None))


def _edge(side: int) -> bytes:
    """Return how much of each pixel of a round picture is seen, 0 to 255: all inside, nothing outside, soft between."""
    place = np.arange(side) + 0.5 - side / 2
    inside = side / 2 - np.hypot(place[:, None], place[None, :])
    return bytes((np.clip(inside / SOFT, 0, 1) * 255).round().astype(np.uint8).tobytes())


def _with_edge(frame: VideoFrame, edge: bytes) -> VideoFrame:
    """Return a square picture with the edge as its transparency."""
    cut = VideoFrame(frame.width, frame.height, "yuva420p")
    pixels = frame.to_ndarray().tobytes()
    size, quarter = frame.width * frame.height, frame.width * frame.height // 4
    colours = (pixels[:size], pixels[size : size + quarter], pixels[size + quarter :])
    for plane, content in zip(cut.planes, (*colours, edge), strict=True):
        plane.update(content)
    cut.pts, cut.time_base = frame.pts, frame.time_base
    cut.color_range, cut.colorspace = frame.color_range, frame.colorspace
    return cut


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
