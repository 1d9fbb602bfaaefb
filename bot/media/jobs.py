"""What a child can be asked to do: each job by its name, with the files that it reads and the one that it writes.

Only names and plain values are here, so that the bot asks without loading a decoder.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Generic, TypeVar

from bot.media.facts import Confinement, FitPortrait, FitVoice, Kind, MediaFacts, VideoFacts, VoiceCuts

T = TypeVar("T")


@dataclass(frozen=True)
class Job(Generic[T]):
    """A call of a module-level function, as `function(*sources, target, **options)`.

    Args:
        name: `module:function`.
        answer: the type of what it returns: a dataclass of plain values, an enum, a plain value, or None.
        sources: files that it may read.
        target: the file that it may write, if any.
        options: plain values.
    """

    name: str
    answer: type[T]
    sources: tuple[Path, ...] = ()
    target: Path | None = None
    options: Mapping[str, Any] = field(default_factory=dict)


def read_confinement() -> Job[Confinement]:
    """Tell what confines the children."""
    return Job("bot.media.confinement:read_confinement", Confinement)


def fit_portrait(source: Path, target: Path, *, widest: float | None = None) -> Job[FitPortrait]:
    """Write a picture as the service takes it, cropped where it is more than so many times as wide as high, or high."""
    return Job("bot.media.portrait:fit_portrait", FitPortrait, (source,), target, {"widest": widest})


def tell_likeness(source: Path) -> Job[str]:
    """Tell how a fit picture looks: 64 bits in hex, nearly the same for one that was scaled or pressed."""
    return Job("bot.media.portrait:tell_likeness", str, (source,))


def shrink_portrait(source: Path, target: Path) -> Job[None]:
    """Write a fit picture as a small JPEG, for showing it."""
    return Job("bot.media.portrait:shrink_portrait", type(None), (source,), target)


def draw_sheet(portraits: Mapping[int, Path], target: Path, *, tiles: int) -> Job[None]:
    """Write fit pictures as one JPEG of so many tiles, each with its number; a missing one's tile is empty."""
    options = {"numbers": list(portraits), "tiles": tiles}
    return Job("bot.media.sheet:draw_sheet", type(None), tuple(portraits.values()), target, options)


def fit_voice(
    source: Path, target: Path, *, limit: float, stated_seconds: float | None = None, cut: bool = False
) -> Job[FitVoice]:
    """Write a voice as the service takes it, shorter than `limit`; `cut` a longer one, instead of refusing it."""
    options = {"stated_seconds": stated_seconds, "cut": cut, "limit": limit}
    return Job("bot.media.voice:fit_voice", FitVoice, (source,), target, options)


def plan_cuts(voice: Path, *, limit: float) -> Job[VoiceCuts]:
    """Find where to cut a fit voice so that every part has fewer seconds than `limit`."""
    return Job("bot.media.voice_parts:plan_cuts", VoiceCuts, (voice,), options={"limit": limit})


def cut_part(voice: Path, target: Path, *, begin: int, end: int) -> Job[FitVoice]:
    """Write a part of a fit voice, from one sample up to another."""
    return Job("bot.media.voice_parts:cut_part", FitVoice, (voice,), target, {"begin": begin, "end": end})


def tell_kind(source: Path) -> Job[Kind]:
    """Tell what a file is meant as."""
    return Job("bot.media.kind:tell_kind", Kind, (source,))


def same_sound(video: Path, voice: Path) -> Job[bool]:
    """Tell whether a video says what a voice says."""
    return Job("bot.media.recognition:same_sound", bool, (video, voice))


@dataclass(frozen=True)
class Mark:
    """The mark in a picture.

    Args:
        words: `en` or `zh`, in whose letters it is; empty: there is none.
        always: it stays; else it goes after the first seconds.
    """

    words: str = ""
    always: bool = False


def finish_video(source: Path, target: Path, mark: Mark, max_bytes: int) -> Job[VideoFacts]:
    """Write a video with its mark and its labels, with at most so many bytes."""
    options = {**vars(mark), "max_bytes": max_bytes}
    return Job("bot.media.finishing:finish_video", VideoFacts, (source,), target, options)


def inspect_video(source: Path) -> Job[VideoFacts]:
    """Tell what is known of a video, and that it can be decoded."""
    return Job("bot.media.video:inspect_video", VideoFacts, (source,))


def sign_video(source: Path, target: Path, certificates: str) -> Job[int]:
    """Write a video with Content Credentials; the bot is asked for the signature. The result is its size."""
    return Job("bot.media.signing:sign_video", int, (source,), target, {"certificates": certificates})


def make_thumbnail(source: Path, target: Path) -> Job[None]:
    """Write a small JPEG of a video."""
    return Job("bot.media.video:make_thumbnail", type(None), (source,), target)


def make_note(source: Path, target: Path, mark: Mark) -> Job[MediaFacts]:
    """Write a video as a round note."""
    return Job("bot.media.formats:make_note", MediaFacts, (source,), target, vars(mark))


def make_loop(source: Path, target: Path, mark: Mark) -> Job[MediaFacts]:
    """Write a video without its sound."""
    return Job("bot.media.formats:make_loop", MediaFacts, (source,), target, vars(mark))


def make_sticker(source: Path, target: Path, mark: Mark) -> Job[MediaFacts]:
    """Write the loudest seconds of a video as a sticker."""
    return Job("bot.media.formats:make_sticker", MediaFacts, (source,), target, vars(mark))


def join_parts(videos: Sequence[Path], voice: Path, target: Path, *, seconds: Sequence[float]) -> Job[VideoFacts]:
    """Write the videos of a voice's parts, which have so many seconds each, as one that speaks the whole voice."""
    options = {"seconds": list(seconds)}
    return Job("bot.media.joining:join_parts", VideoFacts, (*videos, voice), target, options)


def join_videos(
    first: Path, second: Path, target: Path, mark: Mark, max_bytes: int, *, side_by_side: bool
) -> Job[VideoFacts]:
    """Write two videos as one, marked, with at most so many bytes: side by side, or one after the other."""
    options = {"side_by_side": side_by_side, **vars(mark), "max_bytes": max_bytes}
    return Job("bot.media.duet:join_videos", VideoFacts, (first, second), target, options)


def draw_chart(target: Path, *, days: Sequence[str], amounts: Sequence[float], budget: float, title: str) -> Job[None]:
    """Write a chart of what was spent a day, in CNY, as a PNG; a budget of 0 is none."""
    options = {"days": list(days), "amounts": list(amounts), "budget": budget, "title": title}
    return Job("bot.media.chart:draw_chart", type(None), (), target, options)
