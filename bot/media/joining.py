"""The videos of a long voice's parts become one video that speaks the whole voice."""

from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack
from fractions import Fraction
from heapq import merge
from itertools import accumulate
from pathlib import Path
from typing import TypeAlias

import av
from av.audio.frame import AudioFrame
from av.container import OutputContainer
from av.packet import Packet
from av.video.frame import PictureType, VideoFrame
from av.video.stream import VideoStream

from bot.media.chaining import packets_in_turn
from bot.media.container import open_media
from bot.media.encoding import USUAL_RATE, broken_said, picture_of
from bot.media.errors import MediaError, Reason
from bot.media.facts import VideoFacts
from bot.media.video import inspect_video

SOUND_RATE = 44_100
Piece: TypeAlias = "Packet[VideoStream] | VideoFrame | AudioFrame"


def join_parts(*files: Path, seconds: Sequence[float]) -> VideoFacts:
    """Write one mp4: each part's pictures for as long as its voice lasts, and the whole voice once.

    So the mouth stays with the words, however long the service made each part: what is missing at its end is the last
    picture again, and what is too much is left out. Pictures that are all of one kind are copied as they are.

    Args:
        files: a video for each part, the whole voice, and where to write.
        seconds: of each part's voice.

    Raises:
        MediaError: NOT_A_VIDEO, one of them is none.
    """
    *videos, voice, target = files
    with broken_said(), ExitStack() as stack:
        sources = [stack.enter_context(open_media(video)) for video in videos]
        output = stack.enter_context(av.open(str(target), "w", "mp4", options={"movflags": "faststart"}))
        packets = packets_in_turn(sources, seconds)
        if packets is not None:
            picture = output.add_stream_from_template(picture_of(sources[0]))
        else:
            picture = _new_pictures(output, picture_of(sources[0]))
        sound = output.add_stream("aac", rate=SOUND_RATE)
        sound.layout = "mono"
        pictures: Iterable[Piece] = packets or _all_pictures(videos, seconds, picture)
        for piece in merge(pictures, _sound(voice), key=_moment):
            if isinstance(piece, Packet):
                piece.stream = picture
                output.mux(piece)
            elif isinstance(piece, VideoFrame):
                output.mux(picture.encode(piece.reformat(picture.width, picture.height, "yuv420p")))
            else:
                output.mux(sound.encode(piece))
        if packets is None:
            output.mux(picture.encode(None))
        output.mux(sound.encode(None))
    return inspect_video(target)


def _moment(piece: Piece) -> float:
    if isinstance(piece, Packet):
        return float((piece.dts or 0) * piece.time_base)
    return piece.time or 0.0


def _new_pictures(output: OutputContainer, like: VideoStream) -> VideoStream:
    rate = like.guessed_rate or USUAL_RATE
    picture = output.add_stream("libx264", rate=rate)
    picture.width, picture.height, picture.pix_fmt = like.width // 2 * 2, like.height // 2 * 2, "yuv420p"
    picture.options = {"preset": "veryfast", "crf": "18"}
    picture.codec_context.time_base = 1 / Fraction(rate)
    return picture


def _all_pictures(videos: Sequence[Path], seconds: Sequence[float], like: VideoStream) -> Iterator[VideoFrame]:
    """Yield the pictures of videos one after the other, each for its seconds, at the rate of a stream."""
    number, rate = 0, 1 / Fraction(like.codec_context.time_base)
    for video, until in zip(videos, accumulate(seconds), strict=True):
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


def _sound(voice: Path) -> Iterator[Piece]:
    heard = 0
    with open_media(voice) as source:
        resampler = av.AudioResampler("fltp", "mono", SOUND_RATE, frame_size=1024)
        for frame in (*source.decode(audio=0), None):
            for piece in resampler.resample(frame):
                piece.pts, piece.time_base = heard, Fraction(1, SOUND_RATE)
                heard += piece.samples
                yield piece
