"""A photo as pixels, whatever its file is: grey, CMYK, with alpha or a palette."""

import io
from dataclasses import dataclass
from pathlib import Path

import numpy as np
from PIL import Image

from bot.sandbox.puppet.models import Pixels

LEAST_SIDE, MOST_SIDE = 400, 7000
"""The service's documented limits: shortest and longest side, in pixels."""
ENOUGH = 600
"""A shortest side that is enough to judge a photo; a larger JPEG is decoded at a half, a quarter or an eighth."""


class NotAPicture(ValueError):
    """The bytes are no picture that can be read."""


@dataclass(frozen=True)
class Picture:
    """`rgb` is height × width × 3; each of its pixels is `scale` pixels of the file, which is `width` × `height`."""

    rgb: Pixels
    width: int
    height: int
    scale: float

    @property
    def size_allowed(self) -> bool:
        """Whether the service takes a picture of this size."""
        return min(self.width, self.height) >= LEAST_SIDE and max(self.width, self.height) <= MOST_SIDE


def open_picture(path: Path, *, enough: int | None = None) -> Picture:
    """Reads a picture; EXIF orientation is not applied: boxes are in the pixels as they are stored.

    Args:
        path: jpg, png, bmp, webp or whatever else Pillow reads.
        enough: a JPEG may be read smaller, as long as its shortest side stays above this.

    Raises:
        NotAPicture: the bytes are something else, damaged, or too large to be decoded safely.
    """
    try:
        with Image.open(io.BytesIO(path.read_bytes())) as image:
            width, height = image.size
            if enough and image.format == "JPEG" and min(width, height) > enough:
                shrink = min(width, height) / enough
                image.draft("RGB", (round(width / shrink), round(height / shrink)))
            if max(width, height) > MOST_SIDE:
                return Picture(np.zeros((1, 1, 3), np.uint8), width, height, 1.0)
            rgb = np.array(_flattened(image))
    except (OSError, ValueError, SyntaxError, Image.DecompressionBombError) as error:
        raise NotAPicture(f"{path.name} cannot be read as a picture") from error
    return Picture(rgb, width, height, width / rgb.shape[1])


def _flattened(image: Image.Image) -> Image.Image:
    """RGB; what is transparent becomes white."""
    if image.mode.startswith("I;16") or image.mode in ("I", "F"):
        values = np.asarray(image, np.float32)
        image = Image.fromarray((values * (255.0 / max(float(values.max()), 1.0))).clip(0, 255).astype(np.uint8))
    if "A" in image.getbands() or "transparency" in image.info:
        layer = image.convert("RGBA")
        image = Image.alpha_composite(Image.new("RGBA", layer.size, "white"), layer)
    return image.convert("RGB")
