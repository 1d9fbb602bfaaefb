"""The seam: all that the bot asks of whatever makes its videos."""

from collections.abc import Callable
from dataclasses import asdict, dataclass
from decimal import Decimal

from bot.dashscope.types import Body, Verdict


@dataclass(frozen=True)
class Options:
    """What can be chosen for a video; empty where the engine leaves no choice.

    Args:
        ratio: `1:1` or `3:4`; empty: the picture's own.
        style: how lively, such as `calm`.
        resolution: such as `480P`.
    """

    ratio: str = ""
    style: str = ""
    resolution: str = ""


@dataclass(frozen=True)
class PictureLimits:
    """What an engine takes as a portrait.

    Args:
        shortest: pixels of the shorter side, at least.
        longest: pixels of the longer side, at most.
        max_bytes: of the file.
        widest: width by height, at most; as much again the other way round. None: any.
    """

    shortest: int
    longest: int
    max_bytes: int
    widest: float | None = None


@dataclass(frozen=True)
class Media:
    """The addresses of one task's files; secrets while they work."""

    image_url: str
    audio_url: str


@dataclass(frozen=True)
class Engine:
    """One engine: values and the bodies of its calls.

    Args:
        name: as `ENGINE` has it, and as rows keep it.
        video_model: the name by which the service knows it.
        detect_model: the name of the model that looks at portraits.
        voice_seconds: a voice, or a part of one, must be shorter.
        voice_bytes: of its file, at most.
        picture: what a portrait must be.
        ratios: which can be chosen; empty: the picture keeps its own.
        styles: which can be chosen; empty: none.
        resolution: the operator's choice; empty: there is none.
        gives_boxes: whether a look that passes brings boxes, which an order needs.
        look_price: CNY for each look that is answered.
        second_price: CNY for a second of video with these options.
        first_pace: seconds of work for a second of video, until one is learned; None: nobody knows.
        look: the body of a look at a portrait.
        order: the body of a task.
    """

    name: str
    video_model: str
    detect_model: str
    voice_seconds: float
    voice_bytes: int
    picture: PictureLimits
    ratios: tuple[str, ...]
    styles: tuple[str, ...]
    resolution: str
    gives_boxes: bool
    look_price: Decimal
    second_price: Callable[[Options], Decimal]
    first_pace: float | None
    look: Callable[[str, Options], Body]
    order: Callable[[Media, Verdict, Options], Body]

    def options(self, ratio: str, style: str) -> Options:
        """What of somebody's wishes this engine heeds."""
        return Options(_one_of(self.ratios, ratio), _one_of(self.styles, style), self.resolution)

    @property
    def dearest_second(self) -> Decimal:
        """CNY for a second of video with the dearest options that can be chosen."""
        return max(self.second_price(self.options(ratio, "")) for ratio in self.ratios or ("",))

    def columns(self, ratio: str, style: str) -> dict[str, str]:
        """What a render's row says of the engine, for somebody's wishes."""
        return {"engine": self.name, "model": self.video_model, **asdict(self.options(ratio, style))}


def _one_of(offered: tuple[str, ...], wished: str) -> str:
    return wished if wished in offered else offered[0] if offered else ""
