"""Several faces as one picture: how many stand in a row, and what a missing one leaves."""

from pathlib import Path

import pytest
from PIL import Image

from bot.media.errors import MediaError
from bot.media.sheet import EMPTY, GAP, TILE, draw_sheet
from tests.media.samples import picture, saved


@pytest.mark.parametrize(
    ("tiles", "across", "down"),
    [(1, 1, 1), (2, 2, 1), (3, 3, 1), (4, 2, 2), (5, 3, 2), (7, 4, 2), (8, 4, 2), (9, 3, 3), (20, 5, 4), (60, 8, 8)],
)
def test_tiles_stand_in_rows(tmp_path: Path, tiles: int, across: int, down: int) -> None:
    face = saved(picture(500, 700), tmp_path / "face.jpg", "JPEG")
    draw_sheet(face, tmp_path / "sheet", numbers=[1], tiles=tiles)
    with Image.open(tmp_path / "sheet") as sheet:
        side = min(TILE, 1600 // across)
        assert sheet.size == (across * (side + GAP) - GAP, down * (side + GAP) - GAP)


def test_a_missing_face_leaves_its_place(tmp_path: Path) -> None:
    face = saved(picture(500, 700), tmp_path / "face.jpg", "JPEG")
    draw_sheet(face, tmp_path / "sheet", numbers=[2], tiles=2)
    with Image.open(tmp_path / "sheet") as sheet:
        grey = sheet.getpixel((TILE // 2, TILE // 2))
        assert isinstance(grey, tuple)
        assert "#" + "".join(f"{part:02x}" for part in grey) == EMPTY


def test_what_is_no_picture_is_refused(tmp_path: Path) -> None:
    (tmp_path / "face.jpg").write_bytes(b"no picture")
    with pytest.raises(MediaError):
        draw_sheet(tmp_path / "face.jpg", tmp_path / "sheet", numbers=[1], tiles=1)
