"""Several faces as one picture, each with its number: what a list of videos looks like."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont, ImageOps

from bot.media.errors import MediaError, Reason

TILE, GAP = 300, 6
ACROSS = {1: 1, 2: 2, 3: 3, 4: 2, 5: 3, 6: 3}
"""Tiles in a row, by how many there are; of more, two rows."""
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
    across = ACROSS.get(tiles, -(-tiles // 2))
    down = -(-tiles // across)
    sheet = Image.new("RGB", (across * (TILE + GAP) - GAP, down * (TILE + GAP) - GAP), PAPER)
    for place in range(tiles):
        tile = _tile(found.get(place + 1))
        _put_number(tile, place + 1)
        sheet.paste(tile, (place % across * (TILE + GAP), place // across * (TILE + GAP)))
    sheet.save(target, "JPEG", quality=85)


def _tile(portrait: Path | None) -> Image.Image:
    if portrait is None:
        return Image.new("RGB", (TILE, TILE), EMPTY)
    try:
        with Image.open(portrait) as picture:
            picture.draft("RGB", (TILE, TILE))
            return ImageOps.fit(picture.convert("RGB"), (TILE, TILE), centering=HEAD)
    except MemoryError:
        raise
    except Exception as error:
        raise MediaError(Reason.IMAGE_DAMAGED) from error


def _put_number(tile: Image.Image, number: int) -> None:
    draw = ImageDraw.Draw(tile)
    left, top = MARGIN, TILE - MARGIN - BADGE
    draw.ellipse((left, top, left + BADGE, top + BADGE), PAPER)
    middle = (left + BADGE / 2, top + BADGE / 2)
    draw.text(middle, str(number), INK, ImageFont.load_default(34), anchor="mm")
