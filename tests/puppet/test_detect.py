"""What the embedded EMO says of a photo: the real one's codes, and boxes in the photo's own pixels."""

import math
from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
from PIL import Image, ImageDraw, ImageFilter

from bot.sandbox.puppet import detect, detect_face
from bot.sandbox.puppet.models import Face, Mesh, Pixels, find_mesh
from bot.sandbox.puppet.picture import NotAPicture, Picture
from tests.puppet.conftest import PORTRAIT, Save

FACE = (174, 70, 280, 175)
"""Where the face is in the portrait, by eye."""


def on_grey(portrait: Image.Image, side: int, *places: tuple[int, int]) -> Image.Image:
    wide = Image.new("RGB", (side, side), (120, 130, 140))
    for place in places:
        wide.paste(portrait, place)
    return wide


def around_the_face(portrait: Image.Image, faces: float) -> Image.Image:
    """A square so many faces wide."""
    half = faces * 94 / 2
    return portrait.crop((round(227 - half), round(125 - half), round(227 + half), round(125 + half))).resize(
        (512, 512)
    )


@pytest.mark.parametrize("faces", [1.4, 1.6, 1.8, 2.2, 2.8, 3.6])
def test_a_portrait_is_taken_from_a_close_up_to_a_scene(portrait: Image.Image, save: Save, faces: float) -> None:
    assert detect_face(save(around_the_face(portrait, faces)), "1:1").code is None


def test_a_face_lit_from_below_by_a_fire_wears_no_mask(portrait: Image.Image, save: Save) -> None:
    below = np.clip((np.arange(512) - 105) / 20, 0, 1)[:, None, None]
    warm = np.asarray(portrait) * (1 - below) + np.asarray(portrait) * below * (1.16, 0.8, 0.46)
    assert detect_face(save(Image.fromarray(warm.clip(0, 255).astype(np.uint8))), "1:1").code is None


def test_a_portrait_passes_with_a_box_around_the_face_and_a_square_around_the_head() -> None:
    answer = detect_face(PORTRAIT, "1:1")
    assert answer.passed
    assert answer.code is None
    face, area = answer.face_bbox, answer.ext_bbox
    assert face
    assert area
    assert np.abs(np.subtract(face, FACE)).max() <= 8
    assert area[2] - area[0] == area[3] - area[1] == round(2.5 * (face[2] - face[0]))
    assert abs((face[0] + face[2]) - (area[0] + area[2])) <= 2
    assert all(type(side) is int for side in (*face, *area))


def test_the_documented_example_gets_the_documented_area() -> None:
    photo = Picture(np.zeros((1, 1, 3), np.uint8), 1200, 1200, 1.0)
    assert np.abs(np.subtract(detect._head_area((302, 286, 610, 593), photo), (71, 9, 840, 778))).max() <= 2


@pytest.mark.parametrize("shift", [(-140, 0), (120, 0), (0, -60), (0, 200)])
def test_the_area_stays_inside_the_photo(portrait: Image.Image, save: Save, shift: tuple[int, int]) -> None:
    answer = detect_face(save(on_grey(portrait, 512, shift)), "1:1")
    assert answer.ext_bbox
    left, top, right, bottom = answer.ext_bbox
    assert left >= 0
    assert top >= 0
    assert right <= 512
    assert bottom <= 512
    assert right - left == bottom - top


def test_half_body_is_three_by_four_with_the_head_in_the_upper_half() -> None:
    answer = detect_face(PORTRAIT, "3:4")
    assert answer.face_bbox
    assert answer.ext_bbox
    left, top, right, bottom = answer.ext_bbox
    assert (right - left) / (bottom - top) == pytest.approx(0.75, abs=0.005)
    assert (answer.face_bbox[1] + answer.face_bbox[3]) / 2 < (top + bottom) / 2


def test_boxes_are_in_the_photos_own_pixels_however_it_was_decoded(portrait: Image.Image, save: Save) -> None:
    small, large = detect_face(PORTRAIT, "1:1"), detect_face(save(portrait.resize((2048, 2048)), "large.jpg"), "1:1")
    assert small.ext_bbox
    assert large.ext_bbox
    assert np.abs(np.array(small.ext_bbox) * 4 - large.ext_bbox).max() < 30


def half_covered(portrait: Image.Image) -> Image.Image:
    masked = portrait.copy()
    ImageDraw.Draw(masked).rectangle((FACE[0] - 15, 128, FACE[2] + 15, FACE[3] + 20), (90, 140, 190))
    return masked


def half_behind_a_door(portrait: Image.Image) -> Image.Image:
    hidden = portrait.copy()
    ImageDraw.Draw(hidden).rectangle((0, 0, 226, 512), (30, 30, 30))
    return hidden


def hat_over_the_eyes(portrait: Image.Image) -> Image.Image:
    hidden = portrait.copy()
    ImageDraw.Draw(hidden).rectangle((FACE[0] - 40, 0, FACE[2] + 40, 122), (30, 30, 30))
    return hidden


REFUSED = {
    "no one at all": ("NoHuman", lambda p: Image.effect_mandelbrot((512, 512), (-2, -1, 1, 1), 60)),
    "a wall": ("NoHuman", lambda p: Image.new("RGB", (512, 512), "beige")),
    "two people": ("MultiHuman", lambda p: on_grey(p, 900, (-60, 200), (400, 200))),
    "three people": ("MultiHuman", lambda p: on_grey(p, 1200, (-60, 0), (300, 0), (660, 0))),
    "lost in a wide room": ("BodyProportion", lambda p: on_grey(p, 1536, (700, 700))),
    "filling the frame": ("BodyProportion", lambda p: around_the_face(p, 1.15)),
    "nothing but the face, so that it is not seen at first": ("BodyProportion", lambda p: around_the_face(p, 0.95)),
    "so far away that it is not seen at first": ("BodyProportion", lambda p: on_grey(p, 2400, (500, 900))),
    "a thumbnail": ("Resolution", lambda p: p.resize((380, 380))),
    "a poster": ("Resolution", lambda p: p.resize((7100, 500))),
    "a single pixel": ("Resolution", lambda p: p.resize((1, 1))),
    "at night": ("Value", lambda p: p.point(lambda value: int(value * 0.12))),
    "out of focus": ("Value", lambda p: p.filter(ImageFilter.GaussianBlur(3))),
    "a mask over the mouth": ("FullFace", half_covered),
    "half behind a door": ("FullFace", half_behind_a_door),
    "a hat over the eyes": ("FullFace", hat_over_the_eyes),
    "the chin cut off": ("FullFace", lambda p: p.crop((80, 20, 380, 145)).resize((1200, 500))),
    "turned left": ("FacePose", lambda p: p.transpose(Image.Transpose.ROTATE_90)),
    "turned right": ("FacePose", lambda p: p.transpose(Image.Transpose.ROTATE_270)),
    "upside down": ("FacePose", lambda p: p.transpose(Image.Transpose.ROTATE_180)),
    "head on the shoulder": ("FacePose", lambda p: p.rotate(45)),
}


@pytest.mark.parametrize("scene", REFUSED)
def test_a_photo_that_cannot_be_animated_is_refused_with_its_code(
    portrait: Image.Image, save: Save, scene: str
) -> None:
    code, changed = REFUSED[scene]
    answer = detect_face(save(changed(portrait)), "1:1")
    assert (answer.passed, answer.code) == (False, f"InvalidFile.{code}")
    assert answer.message
    assert answer.face_bbox is None
    assert answer.ext_bbox is None


def test_a_head_alone_is_enough_for_a_square_but_not_for_half_body(portrait: Image.Image, save: Save) -> None:
    photo = save(portrait.crop((110, 10, 350, 240)).resize((480, 460)))
    assert detect_face(photo, "1:1").passed
    assert detect_face(photo, "3:4").code == "InvalidFile.FullBody"


def turned(mesh: Mesh, degrees: float) -> Mesh:
    """The same head, turned aside."""
    middle = mesh.points.mean(0)
    cos, sin = math.cos(math.radians(degrees)), math.sin(math.radians(degrees))
    around = np.array([[cos, 0, -sin], [0, 1, 0], [sin, 0, cos]], np.float32)
    return replace(mesh, points=(mesh.points - middle) @ around + middle)


@pytest.mark.parametrize(
    ("degrees", "head", "body"), [(30, None, "FrontBody"), (-30, None, "FrontBody"), (45, "FacePose", "FacePose")]
)
def test_a_turned_head_is_refused_sooner_for_half_body(
    monkeypatch: pytest.MonkeyPatch, degrees: float, head: str | None, body: str
) -> None:
    def find_turned(rgb: Pixels, face: Face) -> Mesh:
        return turned(find_mesh(rgb, face), degrees)

    monkeypatch.setattr(detect, "find_mesh", find_turned)
    monkeypatch.setattr(detect, "_unclear", lambda *_: None)
    assert detect_face(PORTRAIT, "1:1").code == (head and f"InvalidFile.{head}")
    assert detect_face(PORTRAIT, "3:4").code == f"InvalidFile.{body}"


@pytest.mark.parametrize(
    ("mode", "name"),
    [
        ("L", "grey.jpg"),
        ("CMYK", "print.jpg"),
        ("RGBA", "cut-out.png"),
        ("P", "few-colours.png"),
        ("I;16", "deep.png"),
        ("RGB", "photo.webp"),
        ("RGB", "photo.bmp"),
    ],
)
def test_every_kind_of_picture_file_is_looked_at(portrait: Image.Image, save: Save, mode: str, name: str) -> None:
    if mode == "I;16":
        changed = Image.fromarray(np.asarray(portrait.convert("L"), np.uint16) * 256)
    else:
        changed = portrait.convert(mode)
    answer = detect_face(save(changed, name), "1:1")
    assert answer.face_bbox
    assert np.abs(np.subtract(answer.face_bbox, FACE)).max() <= 9


def test_a_photo_that_only_its_exif_turns_upright_lies_on_its_side(portrait: Image.Image, save: Save) -> None:
    exif = Image.Exif()
    exif[0x0112] = 6
    lying = portrait.transpose(Image.Transpose.ROTATE_90)
    assert detect_face(save(lying, "phone.jpg", exif=exif), "1:1").code == "InvalidFile.FacePose"


@pytest.mark.parametrize(
    "bytes_", [b"", b"no picture", PORTRAIT.read_bytes()[:5000]], ids=["empty", "text", "cut short"]
)
def test_bytes_that_are_no_picture_are_said_to_be_none(tmp_path: Path, bytes_: bytes) -> None:
    (tmp_path / "photo.jpg").write_bytes(bytes_)
    with pytest.raises(NotAPicture):
        detect_face(tmp_path / "photo.jpg", "1:1")


def test_an_unknown_ratio_is_a_mistake_of_the_caller() -> None:
    with pytest.raises(ValueError, match="ratio"):
        detect_face(PORTRAIT, "16:9")
