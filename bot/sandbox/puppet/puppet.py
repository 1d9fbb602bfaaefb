"""One photo, made ready to move: given what mouth and head do in an instant, it draws that instant."""

from dataclasses import dataclass

import cv2
import numpy as np

from bot.sandbox.film import Film
from bot.sandbox.puppet.axes import axes_of, take
from bot.sandbox.puppet.eyes import Eye, eyes_of
from bot.sandbox.puppet.face_warp import Head, head_of
from bot.sandbox.puppet.jaw import jaw_of
from bot.sandbox.puppet.models import Face, Mesh, Pixels, find_faces, find_mesh
from bot.sandbox.puppet.motion import Motion
from bot.sandbox.puppet.mouth import WIDEST, Mouth, mouth_of
from bot.sandbox.puppet.speech import Speech

SMALLEST = 24
"""Pixels across a face in the video: a smaller one has no mouth to speak of."""
WIDER, NARROWER = 0.030, 0.055
"""How far a corner of the mouth goes out for "ee" and in for "oo", in widths of the face."""
THICKER = 0.25
"""How much thicker the lips become for "oo"."""
SMALL_O = 0.018
"""How far even a quiet "oo" is open, in widths of the face."""
SHARPER = 0.5
"""How much the edges of a photo gain that is enlarged to twice its size."""


_Placed = tuple[float, float, float]
"""Where a face is in the video: the x and y of its middle, and its width."""


class NoFaceThere(ValueError):
    """The boxes hold no face that can be animated."""


@dataclass(frozen=True)
class Puppet:
    """A photo cut to the video's size (BGR), and everything in it that moves."""

    photo: Pixels
    head: Head
    mouth: Mouth
    eyes: list[Eye]

    def draw(self, speech: Speech, motion: Motion, frame: int) -> Pixels:
        """One frame, BGR."""
        opening = float(speech.opening[frame]) * motion.mouth
        spread = float(speech.spread[frame]) * motion.mouth
        wide, rounded = max(spread, 0.0), min(max(-spread, 0.0), 1.0)
        gape = WIDEST * opening * (1 - 0.12 * wide) + SMALL_O * rounded * min(1.0, 2 * opening)
        field = self.head.field(
            [
                float(motion.x[frame]),
                float(motion.y[frame]),
                float(motion.roll[frame]),
                float(motion.yaw[frame]),
                float(motion.pitch[frame]),
                0.045 * float(motion.brow[frame]),
                WIDER * wide - NARROWER * rounded - 0.012 * opening,
                0.022 * opening * (1 - rounded) - 0.006 * rounded,
                THICKER * rounded,
                gape * (1 - rounded),
                gape * rounded,
            ]
        )
        sources = self.head.sources(field)
        picture = take(self.photo, sources)
        for eye in self.eyes:
            eye.draw(picture, field, float(motion.blink[frame]), float(motion.gaze[frame]))
        self.mouth.draw(picture, field, sources, gape, rounded)
        return picture


def puppet_of(rgb: Pixels, film: Film) -> Puppet:
    """Cuts the moving area out of a photo and finds what moves in it.

    Raises:
        NoFaceThere: a box lies outside the photo, no face is found in it, or one that is too small in the video.
    """
    photo, placed = _cut(rgb, film)
    mesh = _mesh(photo, placed)
    axes = axes_of(mesh)
    if axes.width < SMALLEST:
        raise NoFaceThere("the face is too small in the video")
    bgr = np.asarray(cv2.cvtColor(photo, cv2.COLOR_RGB2BGR), np.uint8)
    jaw = jaw_of(bgr, mesh, axes)
    size = (photo.shape[1], photo.shape[0])
    return Puppet(bgr, head_of(mesh, axes, jaw, size), mouth_of(bgr, mesh, axes, jaw), eyes_of(bgr, mesh, axes))


def _cut(rgb: Pixels, film: Film) -> tuple[Pixels, _Placed | None]:
    """The area at the video's size, and where in it the caller says that the face is."""
    height, width = rgb.shape[:2]
    area = film.area
    left, top, right, bottom = max(area[0], 0), max(area[1], 0), min(area[2], width), min(area[3], height)
    if right - left < 16 or bottom - top < 16:
        raise NoFaceThere("the area lies outside the image")
    out_wide, out_high = film.size
    scale = max(out_wide / (right - left), out_high / (bottom - top))
    x, y = (left + right) / 2, (top + bottom) / 2
    piece = np.ascontiguousarray(rgb[top:bottom, left:right])
    if scale < 1:
        piece = np.asarray(cv2.resize(piece, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
    grown = out_wide / piece.shape[1], out_high / piece.shape[0]
    factor = max(grown)
    move = np.array(
        [
            [factor, 0, (out_wide - factor * piece.shape[1]) / 2 + (factor - 1) / 2],
            [0, factor, (out_high - factor * piece.shape[0]) / 2 + (factor - 1) / 2],
        ],
        np.float32,
    )
    photo = cv2.warpAffine(piece, move, (out_wide, out_high), flags=cv2.INTER_CUBIC, borderMode=cv2.BORDER_REPLICATE)
    photo = sharpened(np.asarray(photo, np.uint8), factor)
    face = film.face
    if face is None:
        return photo, None
    face_x = ((face[0] + face[2]) / 2 - x) * scale + out_wide / 2
    face_y = ((face[1] + face[3]) / 2 - y) * scale + out_high / 2
    return photo, (face_x, face_y, (face[2] - face[0]) * scale)


def sharpened(photo: Pixels, factor: float) -> Pixels:
    """A picture that was enlarged by this factor, with crisp edges; none gets a halo or grain that was not there."""
    if factor <= 1.05:
        return photo
    soft = cv2.GaussianBlur(photo, (0, 0), 0.6 * factor)
    much = min(SHARPER * (factor - 1), 2 * SHARPER)
    crisp = cv2.addWeighted(photo, 1 + much, soft, -much, 0)
    near = np.ones((2 * round(0.8 * factor) + 1,) * 2, np.uint8)
    return np.asarray(np.clip(crisp, cv2.erode(photo, near), cv2.dilate(photo, near)), np.uint8)


def _mesh(photo: Pixels, placed: _Placed | None) -> Mesh:
    """The mesh of the face nearest to where the caller says that it is; of the largest when nobody says."""
    faces = find_faces(photo, 0.4)
    if placed is None:
        mesh = find_mesh(photo, max(faces, key=lambda one: one.width)) if faces else None
    else:
        mesh = find_mesh(photo, _nearest(faces, placed))
    if mesh is None or mesh.presence < 0.3:
        raise NoFaceThere("no face is found in the area")
    return mesh


def _nearest(faces: list[Face], placed: _Placed) -> Face:
    """The face at a place; a guess where none is found."""
    x, y, wide = placed
    near = [face for face in faces if np.hypot(face.centre[0] - x, face.centre[1] - y) < 0.6 * wide]
    half = wide / 2
    guess = Face(
        0.0, x - half, y - half, x + half, y + half, (x - half / 2, y - half / 4), (x + half / 2, y - half / 4)
    )
    return near[0] if near else guess
