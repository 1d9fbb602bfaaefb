"""The eyes: a lid of the skin around them that comes down over them, and small glances."""

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
LASHES = 0.06
"""How far above the eye's edge lashes, their paint and the fold may reach, in widths of the face: a lid covers them."""
BELOW = 0.03
"""How far below the eye there is nothing but skin, in widths of the face."""


@dataclass(frozen=True)
class Eye:
    """One eye, in its box (left, top, wide, high), of which `part` is drawn.

    Args:
        grid: the positions of the drawn part.
        glance: where the eyeball goes.
        open_part: the photo; skin: what a lid over all of it looks like.
        depth: how far below the upper edge each place is, in widths of the face. shut: how far down the lower edge is.
        lid_alpha: where a lid can be at all; finest: the softest edge that the picture can show, in widths of the face.
    """

    box: tuple[int, int, int, int]
    part: tuple[int, int, int, int]
    grid: Floats
    glance: Floats
    open_part: Pixels
    skin: Pixels
    depth: Floats
    shut: Floats
    lid_alpha: Floats
    finest: float

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
            lid = self._taken(self._lid(blink), moved)
            piece[:] = over(lid[..., :3], lid[..., 3], piece)

    def _lid(self, blink: float) -> Pixels:
        """The lid, so far down (BGRA): skin above its edge, lashes along it."""
        above = self.shut * np.float32(blink) - self.depth
        soft = max(0.004, 1.2 * self.finest)
        alpha = self.lid_alpha * ramp(above, -soft, soft) * np.float32(min(1.0, 4 * blink))
        lashes = 0.55 * bell(above - 0.002, max(0.005, self.finest))
        shade = 1 - lashes - 0.1 * bell(above - 0.016, 0.012)
        lit = np.clip(self.skin * shade[..., None], 0, 255).astype(np.uint8)
        return np.dstack([lit, np.clip(alpha * 255 + 0.5, 0, 255).astype(np.uint8)])

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
    box = _box(axes, upper, lower, brow, (photo.shape[1], photo.shape[0]))
    if box is None:
        return None
    left, top, wide, high = box
    part = drawn_part(box, (photo.shape[1], photo.shape[0]), PAD)
    local = axes.local(pixel_grid(*box))
    u, v = local[..., 0], local[..., 1]
    lid_line = np.interp(u, upper[:, 0], upper[:, 1]).astype(np.float32)
    floor = np.interp(u, lower[:, 0], lower[:, 1]).astype(np.float32)
    within = ramp(v - lid_line, 0.0, 0.012) * ramp(floor - v, 0.0, 0.01)
    sides = ramp(u, float(upper[0, 0]) + 0.01, float(upper[0, 0]) + 0.06)
    sides = sides * (1 - ramp(u, float(upper[-1, 0]) - 0.06, float(upper[-1, 0]) - 0.01))
    along = np.clip((u - upper[0, 0]) / (upper[-1, 0] - upper[0, 0]) * 2 - 1, -1, 1)
    hump = 1 - along**2
    depth = v - lid_line
    wide_open = max(float((lower[:, 1] - upper[:, 1]).max()), 1e-3)
    reach = np.clip(0.55 * (lid_line - np.interp(u, brow[:, 0], brow[:, 1])), 0.4 * LASHES, LASHES)
    can_be = ramp(depth, -reach, -0.5 * reach) * ramp(1 - np.abs(along), 0.0, 0.12)
    return Eye(
        box=box,
        part=part,
        grid=pixel_grid(*part),
        glance=axes.vectors(GLANCE * within * sides, 0.0),
        open_part=np.ascontiguousarray(photo[top : top + high, left : left + wide]),
        skin=_skin(photo, axes, local, lid_line, floor),
        depth=depth,
        shut=np.clip(floor - lid_line, 0, None) + 0.01 * hump,
        lid_alpha=can_be * np.float32(min(1.0, wide_open / 0.02)),
        finest=1 / axes.width,
    )


def _box(
    axes: Axes, upper: Floats, lower: Floats, brow: Floats, size: tuple[int, int]
) -> tuple[int, int, int, int] | None:
    """The pixels around an eye (left, top, wide, high); None where the picture ends too soon."""
    low = np.minimum(upper.min(0), lower.min(0)) - np.array([0.05, 0.0], np.float32)
    high = np.maximum(upper.max(0), lower.max(0)) + np.array([0.05, 0.06], np.float32)
    low[1] = min(float(brow[:, 1].mean()) + 0.01, float(upper[:, 1].min()) - 0.05)
    corners = axes.pixels(np.array([low, high, [low[0], high[1]], [high[0], low[1]]], np.float32))
    left, top = np.floor(corners.min(0)).astype(int) - 6 - PAD
    right, bottom = np.ceil(corners.max(0)).astype(int) + 6 + PAD
    if left < 0 or top < 0 or right > size[0] or bottom > size[1]:
        return None
    return int(left), int(top), int(right - left), int(bottom - top)


def _skin(photo: Pixels, axes: Axes, local: Floats, lid_line: Floats, floor: Floats) -> Pixels:
    """What closed lids look like: the colour of the skin below the eye, its grain, and the roundness of the eyeball.

    The skin above may be painted, in the brow's shadow, or the brow itself, so it only tells how dark the socket is.
    """
    u, v = local[..., 0], local[..., 1]
    below = [take(photo, axes.pixels(np.stack([u, floor + BELOW + away], -1))) for away in (0.0, 0.015, 0.03, 0.045)]
    plain = np.median(np.stack(below).astype(np.float32), 0)
    above = take(photo, axes.pixels(np.stack([u, lid_line - 0.042], -1))).astype(np.float32)
    darker = np.clip((above.sum(-1) + 30) / (plain.sum(-1) + 30), 0.93, 1.03)
    blur = max(1.0, 0.03 * axes.width)
    plain = cv2.GaussianBlur(plain * darker[..., None], (0, 0), blur)
    mirrored = take(photo, axes.pixels(np.stack([u, 2 * floor + BELOW - v], -1))).astype(np.float32)
    grain = np.clip(mirrored - cv2.GaussianBlur(mirrored, (0, 0), max(1.0, 0.012 * axes.width)), -12, 12)
    rounded = 0.95 + 0.07 * bell((v - (lid_line + floor) / 2) / np.maximum(floor - lid_line, 0.02), 0.45)
    return np.asarray(np.clip((plain + grain) * rounded[..., None], 0, 255), np.uint8)
