"""Single instants of a face: its lids, the shape of its mouth, and how sharp it is."""

from typing import Any

import cv2
import numpy as np
import numpy.typing as npt
import pytest
from PIL import Image, ImageDraw

from bot.sandbox.detection import Detection
from bot.sandbox.film import Film
from bot.sandbox.puppet import points as at
from bot.sandbox.puppet.axes import Axes, axes_of, take
from bot.sandbox.puppet.models import Floats, Mesh, Pixels, find_faces, find_mesh
from bot.sandbox.puppet.motion import Motion
from bot.sandbox.puppet.puppet import Puppet, puppet_of, sharpened
from bot.sandbox.puppet.speech import Speech
from tests.puppet.conftest import film_of


@pytest.fixture(scope="module")
def puppet(portrait: Image.Image, found: Detection) -> Puppet:
    return puppet_of(np.asarray(portrait), film_of(found))


@pytest.fixture(scope="module")
def closed(puppet: Puppet) -> Puppet:
    """The same face with its lips together."""
    return puppet_of(instant(puppet), Film((0, 0, 512, 512), (512, 512)))


def instant(puppet: Puppet, opening: float = 0.0, spread: float = 0.0, blink: float = 0.0) -> Pixels:
    """One frame of a head that keeps still, RGB."""
    one, none = np.ones(1, np.float32), np.zeros(1, np.float32)
    speech = Speech(0.04, opening * one, spread * one, none, none)
    motion = Motion(none, none, none, none, none, blink * one, none, none, mouth=1.0)
    return np.asarray(cv2.cvtColor(puppet.draw(speech, motion, 0), cv2.COLOR_BGR2RGB), np.uint8)


def mesh_of(rgb: Pixels) -> Mesh:
    return find_mesh(rgb, find_faces(rgb)[0])


def around(axes: Axes, rgb: Pixels, marks: Floats, down: float) -> Floats:
    """Colours, so many face widths below some points."""
    places = axes.pixels(axes.local(marks) + np.array([0, down], np.float32))
    return np.asarray(take(rgb, places[None])[0], np.float32)


def tint(colours: Floats) -> Floats:
    return np.asarray(colours / colours.sum(-1, keepdims=True), np.float32)


def eyes(mesh: Mesh) -> Floats:
    """Two points, between the middles of the lids."""
    lids = [(159, 145), (386, 374)]
    return np.stack([(mesh.points[upper, :2] + mesh.points[lower, :2]) / 2 for upper, lower in lids])


@pytest.mark.parametrize("paint", [None, "#26304f"])
def test_a_lid_is_of_the_skins_own_colour_whatever_is_painted_above_the_eye(
    portrait: Image.Image, found: Detection, paint: str | None
) -> None:
    photo = portrait.copy()
    for x in (204, 247):
        if paint:
            ImageDraw.Draw(photo).ellipse((x - 13, 98, x + 13, 109), fill=paint)
    puppet = puppet_of(np.asarray(photo), film_of(found))
    looking = instant(puppet)
    mesh = mesh_of(instant(puppet_of(np.asarray(portrait), film_of(found))))
    axes = axes_of(mesh)
    lids = around(axes, instant(puppet, blink=1.0), eyes(mesh), -0.01)
    skin = around(axes, looking, eyes(mesh), 0.11)
    assert np.abs(tint(lids) - tint(skin)).max() < 0.03
    assert (lids.sum(-1) / skin.sum(-1)).min() > 0.65
    assert (around(axes, looking, eyes(mesh), -0.01).sum(-1) / skin.sum(-1)).min() < 0.5


def test_brows_stay_where_they_are_in_a_blink(puppet: Puppet) -> None:
    looking, blinking = instant(puppet), instant(puppet, blink=1.0)
    mesh = mesh_of(looking)
    for brow in (at.RIGHT_BROW, at.LEFT_BROW):
        x, y = mesh.points[brow, 0], mesh.points[brow, 1]
        box = slice(int(y.min()) - 4, int(y.max()) + 4), slice(int(x.min()), int(x.max()))
        assert np.abs(blinking[box].astype(int) - looking[box]).max() <= 3


def width_of_mouth(rgb: Pixels) -> float:
    """From corner to corner between the lips, in widths of the face."""
    mesh = mesh_of(rgb)
    marks = axes_of(mesh).local(mesh.points[:, :2])
    return float(marks[308, 0] - marks[78, 0])


def test_a_mouth_rounds_for_oo_as_well_as_it_spreads_for_ee(closed: Puppet) -> None:
    ah, ee, oo = (width_of_mouth(instant(closed, 0.6, spread)) for spread in (0, 1, -1))
    assert ee > 1.05 * ah
    assert oo < 0.92 * ah
    assert ah - oo > ee - ah


@pytest.mark.parametrize("spread", [0.0, 1.0, -1.0])
def test_no_specks_show_at_the_corners_of_an_open_mouth(closed: Puppet, spread: float) -> None:
    """What is seen just outside the corners is the face's own, as it is around there in the photo."""
    shut, opened = instant(closed), instant(closed, 1.0, spread)
    mesh = mesh_of(opened)
    near = np.ones((21, 21), np.uint8)
    least, most = cv2.erode(shut, near).astype(int), cv2.dilate(shut, near).astype(int)
    for corner, side in ((61, -1), (291, 1)):
        x, y = (round(float(value)) for value in mesh.points[corner, :2])
        box = slice(y - 10, y + 11), slice(*sorted((x + 3 * side, x + 18 * side)))
        piece = opened[box].astype(int)
        assert (least[box] - piece).max() <= 6
        assert (piece - most[box]).max() <= 6


def test_the_edges_of_an_enlarged_photo_are_crisp_and_have_no_halo() -> None:
    step = np.full((20, 20, 3), 100, np.uint8)
    step[:, 10:] = 160
    for factor in (2.0, 4.0):
        plain = np.asarray(cv2.resize(step, None, fx=factor, fy=factor, interpolation=cv2.INTER_LINEAR), np.uint8)
        crisp = sharpened(plain, factor)
        assert np.diff(crisp[5, :, 0].astype(int)).max() > 1.15 * np.diff(plain[5, :, 0].astype(int)).max()
        assert (crisp.min(), crisp.max()) == (100, 160)
    assert sharpened(step, 1.0) is step


def test_a_small_face_is_sharpened_and_a_large_one_is_left_as_it_is(portrait: Image.Image) -> None:
    small, large = (np.asarray(portrait.resize((side, side), Image.Resampling.LANCZOS)) for side in (200, 2048))
    film = Film((38, 2, 138, 102), (512, 512), (67, 26, 111, 70))
    plain = cv2.resize(small[2:102, 38:138], (512, 512), interpolation=cv2.INTER_CUBIC)
    assert sharpness(puppet_of(small, film).photo) > 1.15 * sharpness(plain)
    film = Film((390, 20, 1414, 1044), (512, 512), (687, 270, 1140, 720))
    plain = cv2.resize(large[20:1044, 390:1414], (512, 512), interpolation=cv2.INTER_AREA)
    assert sharpness(puppet_of(large, film).photo) < 1.05 * sharpness(plain)


def sharpness(picture: npt.NDArray[Any]) -> float:
    return float(cv2.Laplacian(picture[..., 1], cv2.CV_32F).std())
