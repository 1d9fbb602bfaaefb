"""The readable mark that a picture is made by AI, drawn into its upper edge, inside the outline that is shown."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

import numpy as np
import numpy.typing as npt
from av.video.frame import VideoFrame
from PIL import Image, ImageDraw

from bot.media.errors import MediaError, Reason

LETTERS = 0.057
"""Height of the letters as a share of the picture's shorter side; China's GB 45438 asks for 0.05."""
GAP = 0.03
"""Above the mark, as a share of the shorter side; there a round note is wider than the mark."""
START_SECONDS = 2.0
"""How long a mark is seen that is not always there; the standard asks for as much."""
DARK, LIGHT, GREY = 16.0, 235.0, 128.0
SHADE = 0.6
"""How much the box behind the letters covers."""

Values = npt.NDArray[np.float32]
Bytes = npt.NDArray[np.uint8]
Change = Callable[[VideoFrame], VideoFrame]


@dataclass(frozen=True)
class Overlay:
    """A mark for pictures of one size: its place, and for brightness and colour what stays, and what is added."""

    left: int
    top: int
    keeps: Values
    adds: Values
    keeps_colour: Values
    adds_colour: Values


def marking(words: str, width: int, height: int, *, always: bool) -> Change:
    """Return what draws the mark into pictures of a size, for the first seconds or always.

    Args:
        words: `en` or `zh`, whose letters they are; empty: no mark.
    """
    if not words:
        return lambda frame: frame
    overlay = _overlay(words, width, height)

    def draw(frame: VideoFrame) -> VideoFrame:
        return _draw(frame, overlay) if always or (frame.time or 0.0) <= START_SECONDS else frame

    return draw


@cache
def _overlay(words: str, width: int, height: int) -> Overlay:
    letters = _letters(words)
    side = min(width, height)
    # Chinese letters are as high as the picture of them; beside them, Latin ones are lower.
    tall = max(8, round(side * LETTERS * (letters.height / _letters("en").height)))
    wide = round(letters.width * tall / letters.height)
    pad = round(tall * 0.3)
    box = _even(wide + 2 * pad), _even(tall + 2 * pad)
    if box[0] > width or box[1] > height:
        raise MediaError(Reason.NOT_A_VIDEO)
    shade, text = Image.new("L", box, 0), Image.new("L", box, 0)
    ImageDraw.Draw(shade).rounded_rectangle((0, 0, box[0] - 1, box[1] - 1), pad, round(255 * SHADE))
    text.paste(letters.resize((wide, tall), Image.Resampling.LANCZOS), ((box[0] - wide) // 2, (box[1] - tall) // 2))
    covers, writes = (np.asarray(each, np.float32) / np.float32(255) for each in (shade, text))
    keeps = (1 - covers) * (1 - writes)
    colour = keeps.reshape(box[1] // 2, 2, box[0] // 2, 2).mean((1, 3))
    return Overlay(
        left=(width - box[0]) // 4 * 2,
        top=round(side * GAP) // 2 * 2,
        keeps=keeps.astype(np.float32),
        adds=(DARK * covers * (1 - writes) + LIGHT * writes).astype(np.float32),
        keeps_colour=colour,
        adds_colour=GREY * (1 - colour),
    )


@cache
def _letters(words: str) -> Image.Image:
    with Image.open(Path(__file__).parent / "marks" / f"{words}.png") as letters:
        return letters.convert("L")


def _even(value: int) -> int:
    return value + value % 2


def _draw(frame: VideoFrame, overlay: Overlay) -> VideoFrame:
    """Return a picture with the mark, in YUV as it came: only the box changes."""
    plain = frame if frame.format.name == "yuv420p" else frame.reformat(format="yuv420p")
    pixels: Bytes = plain.to_ndarray().reshape(-1)  # type: ignore[assignment]
    size, quarter = plain.width * plain.height, plain.width * plain.height // 4
    _blend(pixels[:size].reshape(plain.height, plain.width), overlay.left, overlay.top, overlay.keeps, overlay.adds)
    for start in (size, size + quarter):
        plane = pixels[start : start + quarter].reshape(plain.height // 2, plain.width // 2)
        _blend(plane, overlay.left // 2, overlay.top // 2, overlay.keeps_colour, overlay.adds_colour)
    marked = VideoFrame.from_ndarray(pixels.reshape(-1, plain.width), format="yuv420p")
    marked.pts, marked.time_base = frame.pts, frame.time_base
    marked.color_range, marked.colorspace = plain.color_range, plain.colorspace
    return marked


def _blend(plane: Bytes, left: int, top: int, keeps: Values, adds: Values) -> None:
    height, width = keeps.shape
    part = plane[top : top + height, left : left + width]
    part[...] = np.clip(part * keeps + adds, 0, 255)


for each in ("en", "zh"):
    _letters(each)  # before a child is confined, which opens nothing but its own files
