"""The eyes: an upper lid that comes down over them, and small glances."""

from dataclasses import dataclass

import cv2
import numpy as np

from bot.sandbox.puppet import points as at
from bot.sandbox.puppet.axes import Axes, bell, came_from, drawn_part, pixel_grid, ramp, take
from bot.sandbox.puppet.face_warp import enlarge
from bot.sandbox.puppet.models import Floats, Mesh, Pixels
from bot.sandbox.puppet.mouth import PAD, over

GLANCE = 0.012
"""How far a glance moves the iris, in widths of the face."""

CLEAR_OF_LASHES = 0.036
"""How far above the eye's edge there is nothing but skin, in widths of the face."""


@dataclass(frozen=True)
class Eye:
    """One eye, in its box (left, top, wide, high), of which `part` is drawn.

    Args:
        grid: the positions of the drawn part.
        shut: where the lid goes in a blink; glance: where the eyeball goes.
        open_part: the photo; lid: the lid's own layer with its alpha.
    """

    box: tuple[int, int, int, int]
    part: tuple[int, int, int, int]
    grid: Floats
    shut: Floats
    glance: Floats
    open_part: Pixels
    lid: Pixels

    def draw(self, frame: Pixels, field: Floats, blink: float, gaze: float) -> None:
        """Puts the eye into a frame whose head has already moved."""
        if blink < 0.02 and abs(gaze) < 0.02:
            return
        left, top, wide, high = self.part
        moved = enlarge(field, *self.box)
        piece = frame[top : top + high, left : left + wide]
        if abs(gaze) >= 0.02:
            piece[:] = self._taken(self.open_part, moved + self.glance * np.float32(gaze))
        if blink >= 0.02:
            lid = self._taken(self.lid, moved + self.shut * np.float32(blink))
            piece[:] = over(lid[..., :3], lid[..., 3], piece)

    def _taken(self, layer: Pixels, field: Floats) -> Pixels:
        corner = np.array(self.box[:2], np.float32)
        return take(layer, came_from(self.grid, field, corner, rounds=3) - corner)


def eyes_of(photo: Pixels, mesh: Mesh, axes: Axes) -> list[Eye]:
    """Prepares both eyes; one too near the border is left alone."""
    marks = axes.local(mesh.points[:, :2])
    sides = (
        (at.RIGHT_UPPER_LID, at.RIGHT_LOWER_LID, at.RIGHT_BROW),
        (at.LEFT_UPPER_LID, at.LEFT_LOWER_LID, at.LEFT_BROW),
    )
    eyes = [_eye(photo, axes, marks[upper], marks[lower], marks[brow]) for upper, lower, brow in sides]
    return [eye for eye in eyes if eye is not None]


def _eye(photo: Pixels, axes: Axes, upper: Floats, lower: Floats, brow: Floats) -> Eye | None:
    low = np.minimum(upper.min(0), lower.min(0)) - np.array([0.05, 0.0], np.float32)
    high = np.maximum(upper.max(0), lower.max(0)) + np.array([0.05, 0.06], np.float32)
    low[1] = min(float(brow[:, 1].mean()) + 0.01, float(upper[:, 1].min()) - 0.05)
    corners = axes.pixels(np.array([low, high, [low[0], high[1]], [high[0], low[1]]], np.float32))
    left, top = np.floor(corners.min(0)).astype(int) - 6 - PAD
    right, bottom = np.ceil(corners.max(0)).astype(int) + 6 + PAD
    if left < 0 or top < 0 or right > photo.shape[1] or bottom > photo.shape[0]:
        return None
    box = (int(left), int(top), int(right - left), int(bottom - top))
    part = drawn_part(box, (photo.shape[1], photo.shape[0]), PAD)
    grid = pixel_grid(*box)
    local = axes.local(grid)
    u, v = local[..., 0], local[..., 1]
    lid_line = np.interp(u, upper[:, 0], upper[:, 1]).astype(np.float32)
    floor = np.interp(u, lower[:, 0], lower[:, 1]).astype(np.float32)
    aperture = np.clip(floor - lid_line, 0, None) * 0.96
    above = lid_line - v
    crease = max(float(upper[:, 1].min() - brow[:, 1].mean()), 0.05)
    shut = aperture * (1 - ramp(above, 0.012, crease))
    pixel = 1 / axes.width
    lid_alpha = 1 - ramp(v - lid_line, 0.5 * pixel, 2.5 * pixel)
    within = ramp(v - lid_line, 0.0, 0.012) * ramp(floor - v, 0.0, 0.01)
    sides = ramp(u, float(upper[0, 0]) + 0.01, float(upper[0, 0]) + 0.06)
    sides = sides * (1 - ramp(u, float(upper[-1, 0]) - 0.06, float(upper[-1, 0]) - 0.01))
    piece = np.ascontiguousarray(photo[top:bottom, left:right])
    return Eye(
        box=box,
        part=part,
        grid=pixel_grid(*part),
        shut=axes.vectors(0.0, shut),
        glance=axes.vectors(GLANCE * within * sides, 0.0),
        open_part=piece,
        lid=np.dstack(
            [_lid(photo, axes, local, lid_line, aperture), np.clip(lid_alpha * 255 + 0.5, 0, 255).astype(np.uint8)]
        ),
    )


def _lid(photo: Pixels, axes: Axes, local: Floats, lid_line: Floats, aperture: Floats) -> Pixels:
    """The lid's skin: what is above the lashes, drawn on over them and the eye, with a lash line at its end.

    Lashes, iris and glints just under the mesh's line would otherwise come down with the lid.
    """
    u, v = local[..., 0], local[..., 1]
    here = axes.pixels(local)
    above = axes.pixels(np.stack([u, np.minimum(v, lid_line - CLEAR_OF_LASHES)], -1))
    plain, skin = take(photo, here), take(photo, above)
    lash = 1 - 0.6 * bell(v - lid_line - 0.003, 0.006) - 0.12 * bell(v - lid_line + 0.01, 0.012)
    drawn = cv2.GaussianBlur(skin, (0, 0), 1) * lash[..., None]
    part = ramp(aperture, 0.0, 0.35 * float(aperture.max()) + 1e-6) * ramp(v - lid_line, -0.05, -0.025)
    return np.asarray(plain + (drawn - plain) * part[..., None], np.uint8)
