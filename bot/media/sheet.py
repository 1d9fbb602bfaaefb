"""Several faces as one picture, each with its number: what a list of videos, or of saved faces, looks like."""

import math
from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from bot.media.errors import MediaError, Reason

TILE, WIDEST, GAP = 300, 1600, 6
"""Pixels of a tile's side, and of all tiles in a row where they are many."""
ACROSS = {3: 3, 7: 4, 8: 4}
"""Tiles in a row, by how many there are; of others, about as many as rows."""
BADGE, MARGIN = 56, 12
HEAD = (0.5, 0.25)
"""Which part of a picture that is no square is kept: the face is in its upper half."""
PAPER, EMPTY, INK = "#1c1c1e", "#3a3a3c", "#ffffff"


def draw_sheet(*paths: Path, numbers: Sequence[int], tiles: int) -> None:
    """Write a JPEG.

    Args:
        paths: the pictures, and last the target.
        numbers: of the pictures, from 1.
        tiles: how many there are, with those that have no picture.

    Raises:
        MediaError: one cannot be read.
    """
    *portraits, target = paths
    found = dict(zip(numbers, portraits, strict=True))
    across = ACROSS.get(tiles, math.ceil(math.sqrt(tiles)))
    down = -(-tiles // across)
    side = min(TILE, WIDEST // across)
    step = side + GAP
    sheet = Image.new("RGB", (across * step - GAP, down * step - GAP), PAPER)
    for place in range(tiles):
        tile = _tile(found.get(place + 1), side)
        _put_number(tile, place + 1)
        sheet.paste(tile, (place % across * step, place // across * step))
    sheet.save(target, "JPEG", quality=85)


def _tile(portrait: Path | None, side: int) -> Image.Image:
    if portrait is None:
        return Image.new("RGB", (side, side), EMPTY)
    try:
        with Image.open(portrait) as picture:
            picture.draft("RGB", (side, side))
            return ImageOps.fit(picture.convert("RGB"), (side, side), centering=HEAD)
    except MemoryError:
        raise
    except Exception as error:
        raise MediaError(Reason.IMAGE_DAMAGED) from error


def _put_number(tile: Image.Image, number: int) -> None:
    draw = ImageDraw.Draw(tile)
    left, top = MARGIN, tile.height - MARGIN - BADGE
    draw.ellipse((left, top, left + BADGE, top + BADGE), PAPER)
    middle = (left + BADGE / 2, top + BADGE / 2)
    draw.text(middle, str(number), INK, ImageFont.load_default(34), anchor="mm")
