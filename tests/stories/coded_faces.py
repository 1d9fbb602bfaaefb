"""Faces with every fault that the service knows: the width of a picture says which one it has."""

import io
from pathlib import Path

from PIL import Image

from bot.sandbox.detection import Detection
from tests.still_renderer import detect_centre

FAULTS = (
    "InvalidFile.NoHuman",
    "InvalidFile.MultiHuman",
    "InvalidFile.BodyProportion",
    "InvalidFile.Value",
    "InvalidFile.FrontBody",
    "InvalidFile.FullFace",
    "InvalidFile.FacePose",
    "InvalidFile.Resolution",
    "InvalidFile.SomethingNew",
)
FIRST_WIDTH, HEIGHT = 601, 603


def photo_with(fault: str) -> bytes:
    """A JPEG of a face that has this fault."""
    return faces(FIRST_WIDTH + 2 * FAULTS.index(fault))


def faces(width: int = 500, height: int = HEIGHT, kind: str = "JPEG", **options: object) -> bytes:
    """A picture that shows something; of a width of its own it has no fault."""
    file = io.BytesIO()
    Image.linear_gradient("L").resize((width, height)).convert("RGB").save(file, kind, **options)
    return file.getvalue()


def detect_coded(image: Path, ratio: str | None) -> Detection:
    """Refuse a picture for the fault that its width says; 3:4 finds half a body in every picture."""
    with Image.open(image) as opened:
        place, odd = divmod(opened.width - FIRST_WIDTH, 2)
    if 0 <= place < len(FAULTS) and not odd:
        return Detection(False, code=FAULTS[place], message="The input image has a fault.")
    if ratio == "3:4":
        return Detection(False, code="InvalidFile.FullBody", message="The input image has no full body.")
    return detect_centre(image, ratio)
