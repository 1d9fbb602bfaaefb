"""What a renderer is told: which part of a portrait to film, how large, and how lively."""

from dataclasses import dataclass

from bot.sandbox.detection import BoxPixels

Size = tuple[int, int]


@dataclass(frozen=True)
class Film:
    """A film to be made of a portrait.

    Args:
        area: x1, y1, x2, y2 of what is filmed, in the portrait's own pixels.
        size: width and height of the video, both even. An area of another shape is cut about its middle.
        face: x1, y1, x2, y2 around the face; None: the largest in the area.
        style: `calm`, `normal` or `active`.
    """

    area: BoxPixels
    size: Size
    face: BoxPixels | None = None
    style: str = "normal"
