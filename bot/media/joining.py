"""The videos of a long voice's parts become one video that speaks the whole voice."""

from collections.abc import Iterator, Sequence
from fractions import Fraction
from heapq import merge
from itertools import accumulate
from pathlib import Path

import av
from av.audio.frame import AudioFrame
from av.video.frame import PictureType, VideoFrame

from bot.media.container import open_media
from bot.media.encoding import USUAL_RATE, broken_said, picture_of
from bot.media.errors import MediaError, Reason
from bot.media.facts import VideoFacts
from bot.media.video import inspect_video

SOUND_RATE = 44_100


def join_parts(*files: Path, seconds: Sequence[float]) -> VideoFacts:
    """Write one mp4: each part's pictures for as long as its voice lasts, and the whole voice once.

    So the mouth stays with the words, however long the service made each part: what is missing at its end is the last
    picture again, and what is too much is left out.

    Args:
        files: a video for each part, the whole voice, and where to write.
        seconds: of each part's voice.

    Raises:
        MediaError: NOT_A_VIDEO, one of them is none.
    """
    *videos, voice, target = files
    with broken_said(), av.open(str(target), "w", "mp4", options={"movflags": "faststart"}) as output:
        with open_media(videos[0]) as first:
            stream = picture_of(first)
            rate, width, height = stream.guessed_rate or USUAL_RATE, stream.width, stream.height
        picture = output.add_stream("libx264", rate=rate)
        picture.width, picture.height, picture.pix_fmt = width // 2 * 2, height // 2 * 2, "yuv420p"
        picture.options = {"preset": "veryfast", "crf": "18"}
        picture.codec_context.time_base = 1 / Fraction(rate)
        sound = output.add_stream("aac", rate=SOUND_RATE)
        sound.layout = "mono"
        pictures = _all_pictures(list(zip(videos, accumulate(seconds), strict=True)), Fraction(rate))
        for frame in merge(pictures, _sound(voice), key=lambda frame: frame.time or 0.0):
            if isinstance(frame, VideoFrame):
                output.mux(picture.encode(frame.reformat(picture.width, picture.height, "yuv420p")))
            elif isinstance(frame, AudioFrame):
                output.mux(sound.encode(frame))
        output.mux(picture.encode(None))
        output.mux(sound.encode(None))
    return inspect_video(target)


def _all_pictures(videos: Sequence[tuple[Path, float]], rate: Fraction) -> Iterator[VideoFrame]:
    """Yield the pictures of videos one after the other, each up to its moment in seconds."""
    number = 0
    for video, until in videos:
        for frame in _pictures(video, rate, round(until * rate) - number):
            frame.pts, frame.time_base, frame.pict_type = number, 1 / rate, PictureType.NONE
            yield frame
            number += 1


def _pictures(video: Path, rate: Fraction, count: int) -> Iterator[VideoFrame]:
    """Yield so many pictures of a video, at a steady rate."""
    shown, last = 0, None
    with open_media(video) as source:
        for frame in source.decode(picture_of(source)):
            last = frame
            due = min(count, int(((frame.time or 0.0) + 1e-3) * rate) + 1)
            for _ in range(due - shown):
                yield frame
            shown = max(shown, due)
            if shown >= count:
                return
    if last is None:
        raise MediaError(Reason.NOT_A_VIDEO)
    for _ in range(count - shown):
        yield last


def _sound(voice: Path) -> Iterator[AudioFrame]:
    heard = 0
    with open_media(voice) as source:
        resampler = av.AudioResampler("fltp", "mono", SOUND_RATE, frame_size=1024)
        for frame in (*source.decode(audio=0), None):
            for piece in resampler.resample(frame):
                piece.pts, piece.time_base = heard, Fraction(1, SOUND_RATE)
                heard += piece.samples
                yield piece
