"""What looking at a portrait finds: the value that a detector hands to the EMO stand-in."""

from dataclasses import dataclass

BoxPixels = tuple[int, int, int, int]


@dataclass(frozen=True)
class Detection:
    """A detector's verdict on one photo, for one ratio.

    Args:
        passed: whether the photo can be animated.
        face_bbox: x1, y1, x2, y2 around the face, in the photo's own pixels; None when refused.
        ext_bbox: x1, y1, x2, y2 of the area that moves; its ratio decides the video's; None when refused.
        code: the documented code of a refusal, such as `InvalidFile.NoHuman`.
        message: a sentence for the developer that goes with the code.
    """

    passed: bool
    face_bbox: BoxPixels | None = None
    ext_bbox: BoxPixels | None = None
    code: str | None = None
    message: str | None = None
