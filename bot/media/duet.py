"""Join two videos: both faces side by side, or one after the other."""

from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import numpy.typing as npt
from av.audio.fifo import AudioFifo
from av.audio.frame import AudioFrame
from av.audio.stream import AudioStream
from av.container import OutputContainer
from av.video.frame import VideoFrame
from av.video.stream import VideoStream

from bot.media.container import open_media
from bot.media.encoding import add_pictures, broken_said, picture_of
from bot.media.errors import MediaError, Reason
from bot.media.facts import VideoFacts
from bot.media.finishing import MIN_BITRATE, TRIES, room_for
from bot.media.labels import labelled
from bot.media.mark import Change, marking
from bot.media.video import inspect_video

RATE = Fraction(25)
SOUND_RATE = 44_100
SOUND_BITRATE = 128_000
MOST_HEIGHT = 704
Pixels = npt.NDArray[np.uint8]


def join_videos(
    first: Path, second: Path, target: Path, side_by_side: bool, words: str, always: bool, max_bytes: int
) -> VideoFacts:
    """Write an mp4 in which the first speaks, and then the second: joined, marked and small enough in one encoding.

    Args:
        first: an mp4 with sound.
        second: another one.
        target: where it is written.
        side_by_side: both are seen all the time, who listens stands still; else each is seen while speaking.
        words: `en` or `zh`, in whose letters the mark is; empty: no mark.
        always: the mark stays.
        max_bytes: that it may have.

    Raises:
        MediaError: NOT_A_VIDEO, one of them is none; or VIDEO_TOO_LARGE, it cannot be made that small.
    """
    seconds, most = sum(inspect_video(path).seconds for path in (first, second)), room_for(max_bytes)
    bitrate: int | None = None
    for _ in range(TRIES):
        with broken_said():
            _join((first, second), target, side_by_side, (words, always), bitrate)
        size = target.stat().st_size
        if size <= most:
            return inspect_video(target)
        bitrate = int(min(bitrate or 10**9, most * 8 / seconds - SOUND_BITRATE) * 0.9)
        if bitrate < MIN_BITRATE:
            break
    raise MediaError(Reason.VIDEO_TOO_LARGE, size=size, limit=most)


def _join(
    paths: tuple[Path, Path], target: Path, side_by_side: bool, mark: tuple[str, bool], bitrate: int | None
) -> None:
    with labelled(target) as output:
        sizes = [_size(path) for path in paths]
        height = min(MOST_HEIGHT, *(size[1] for size in sizes)) // 2 * 2
        widths = [round(width * height / tall / 2) * 2 for width, tall in sizes]
        width = sum(widths) if side_by_side else max(widths)
        picture = add_pictures(output, (width, height), RATE, bitrate)
        sound = output.add_stream("aac", rate=SOUND_RATE)
        sound.layout = "mono"
        draw = marking(mark[0], width, height, always=mark[1])
        still = [_edge(paths[0], widths[0], height, last=True), _edge(paths[1], widths[1], height, last=False)]
        shown = heard = 0
        for who, path in enumerate(paths):
            for frame in _steady(path, widths[who], height):
                if side_by_side:
                    pixels = np.hstack((frame, still[1]) if who == 0 else (still[0], frame))
                else:
                    pixels = _centred(frame, max(widths))
                _mux_picture(output, picture, draw, pixels, shown)
                shown += 1
            heard = _mux_sound(output, sound, path, heard, round(shown / RATE * SOUND_RATE))
        output.mux(picture.encode(None))
        output.mux(sound.encode(None))


def _size(path: Path) -> tuple[int, int]:
    with open_media(path) as source:
        stream = picture_of(source)
        return stream.width, stream.height


def _pixels(frame: VideoFrame, width: int, height: int) -> Pixels:
    pixels: Pixels = frame.reformat(width, height, "rgb24").to_ndarray()  # type: ignore[assignment]
    return pixels


def _edge(path: Path, width: int, height: int, *, last: bool) -> Pixels:
    """Return the first picture of a video, or its last one."""
    with open_media(path) as source:
        pictures = source.decode(picture_of(source))
        edge = next(pictures)
        if last:
            for later in pictures:
                edge = later
        return _pixels(edge, width, height)


def _steady(path: Path, width: int, height: int) -> Iterator[Pixels]:
    """Yield the pictures of a video at the common rate: shown again, or left out, where its own is another."""
    shown = 0
    with open_media(path) as source:
        for frame in source.decode(picture_of(source)):
            due = int(((frame.time or 0.0) + 1e-3) * RATE) + 1
            if due > shown:
                pixels = _pixels(frame, width, height)
                yield from (pixels for _ in range(due - shown))
                shown = due


def _centred(pixels: Pixels, width: int) -> Pixels:
    left = (width - pixels.shape[1]) // 2
    return np.pad(pixels, ((0, 0), (left, width - pixels.shape[1] - left), (0, 0)))


def _mux_picture(output: OutputContainer, stream: VideoStream, draw: Change, pixels: Pixels, number: int) -> None:
    frame = VideoFrame.from_ndarray(np.ascontiguousarray(pixels), format="rgb24")
    frame.pts, frame.time_base = number, 1 / RATE
    output.mux(stream.encode(draw(frame)))


def _mux_sound(output: OutputContainer, stream: AudioStream, path: Path, heard: int, until: int) -> int:
    """Add the sound of a video so that it ends with its pictures; returns how many samples there are now."""
    fifo = AudioFifo()
    with open_media(path) as source:
        resampler = av.AudioResampler("fltp", "mono", SOUND_RATE)
        for frame in source.decode(audio=0):
            for part in resampler.resample(frame):
                part.pts = None
                fifo.write(part)
    if (missing := until - heard - fifo.samples) > 0:
        silence = AudioFrame.from_ndarray(np.zeros((1, missing), np.float32), format="fltp", layout="mono")
        silence.sample_rate = SOUND_RATE
        fifo.write(silence)
    while heard < until and (piece := fifo.read(min(1024, until - heard), partial=True)) is not None:
        piece.pts, piece.time_base = heard, Fraction(1, SOUND_RATE)
        heard += piece.samples
        output.mux(stream.encode(piece))
    return heard
