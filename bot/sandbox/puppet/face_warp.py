"""The head's movement as one smooth field over the picture: it is full on the head and nothing at the borders.

A field holds, for each place of the photo, where that place moves. The frame needs the reverse, which place of the
photo comes here; movements are small and smooth, so two or three rounds of looking back find it.
"""

from dataclasses import dataclass

import cv2
import numpy as np

from bot.sandbox.puppet import points as at
from bot.sandbox.puppet.axes import Axes, bell, came_from, pixel_grid, ramp
from bot.sandbox.puppet.jaw import Jaw
from bot.sandbox.puppet.models import Floats, Mesh

STEP = 4
"""The field is held at every fourth pixel."""
MARGIN = 28.0
"""Pixels over which all movement dies out towards the border."""


@dataclass(frozen=True)
class Head:
    """Fields at each `STEP`th pixel: x, y, roll, yaw, pitch, brow, spread, lift, pout, corners, round.

    Each is high × wide × 2 (px).
    """

    fields: Floats
    grid: Floats
    size: tuple[int, int]

    def field(self, amounts: list[float]) -> Floats:
        """All movements of one frame, summed."""
        return np.asarray(np.tensordot(np.array(amounts, np.float32), self.fields, 1), np.float32)

    def sources(self, field: Floats) -> Floats:
        """For each pixel of the frame, the place of the photo that comes there: high × wide × 2."""
        came = came_from(self.grid, field, np.zeros(2, np.float32), rounds=3, step=STEP)
        return enlarge(came, 0, 0, *self.size)


def enlarge(coarse: Floats, left: int, top: int, wide: int, high: int) -> Floats:
    """A piece of a coarse field at every pixel."""
    part = 1 / STEP
    move = np.array([[part, 0, left * part], [0, part, top * part]], np.float32)
    flags = cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP
    return np.asarray(cv2.warpAffine(coarse, move, (wide, high), flags=flags, borderMode=cv2.BORDER_REPLICATE))


def border(grid: Floats, size: tuple[int, int]) -> Floats:
    """0 at the picture's edge, 1 from `MARGIN` pixels inside."""
    x, y = grid[..., 0], grid[..., 1]
    inside = np.minimum(np.minimum(x, size[0] - 1 - x), np.minimum(y, size[1] - 1 - y))
    return ramp(inside, 0, MARGIN)


def head_of(mesh: Mesh, axes: Axes, jaw: Jaw, size: tuple[int, int]) -> Head:
    """Prepares the fields for a face in a picture of that size (width, height)."""
    wide, high = size
    grid = pixel_grid(0, 0, -(-wide // STEP) + 1, -(-high // STEP) + 1, STEP)
    local = axes.local(grid)
    u, v = local[..., 0], local[..., 1]
    marks = axes.local(mesh.points[:, :2])
    weight = _head_weight(u, v, marks) * border(grid, size)
    depth = _depth(mesh, marks, axes, local) * weight
    pivot_v = float(marks[at.CHIN, 1]) + 0.25
    roll = axes.vectors(-(v - pivot_v) * weight, u * weight)
    edge = border(grid, size)
    brow = _brow_weight(u, v, marks) * edge
    corner = (abs(float(marks[at.LEFT_CORNER, 0])) + abs(float(marks[at.RIGHT_CORNER, 0]))) / 2
    drawn = (u / corner) * np.exp(-0.5 * (np.abs(u) / (1.25 * corner)) ** 4) * bell(v, 0.12) * edge
    lip = ramp(v, float(marks[at.NOSE_BASE, 1]), float(marks[13, 1]) - 0.03)
    lift = np.clip(1 - (u / (1.1 * corner)) ** 2, 0, 1) ** 1.5 * lip * ramp(-v, -0.25, -0.1) * edge
    fields = [
        axes.vectors(weight, 0.0),
        axes.vectors(0.0, weight),
        roll,
        axes.vectors(depth, 0.0),
        axes.vectors(0.0, depth),
        axes.vectors(0.0, -brow),
        axes.vectors(drawn, 0.0),
        axes.vectors(0.0, -lift),
        axes.vectors(0.0, jaw.pout(local) * edge),
        axes.vectors(0.0, jaw.upper(local) * edge),
        axes.vectors(0.0, jaw.round_upper(local) * edge),
    ]
    return Head(np.stack(fields), grid, size)


def _head_weight(u: Floats, v: Floats, marks: Floats) -> Floats:
    """1 on face and hair, 0 on shoulders and background."""
    middle = (marks[at.RIGHT_SIDE] + marks[at.LEFT_SIDE]) / 2
    above = float(middle[1] - marks[at.FOREHEAD, 1]) + 0.25
    below = float(marks[at.CHIN, 1] - middle[1])
    away_v = v - middle[1]
    away = np.hypot((u - middle[0]) / 0.66, away_v / np.where(away_v < 0, above, below))
    return 1 - ramp(away, 0.95, 1.85)


def _depth(mesh: Mesh, marks: Floats, axes: Axes, local: Floats) -> Floats:
    """How far each place stands out towards the camera, in face widths; 0 at the rim of the face and beyond."""
    nearness = -mesh.points[:, 2] / axes.width
    nearness = nearness - np.median(nearness[at.OVAL])
    sigma = 0.06
    total = np.full(local.shape[:2], 0.4, np.float32)
    summed = np.zeros(local.shape[:2], np.float32)
    near = np.hypot(local[..., 0], local[..., 1] + 0.4) < 1.3
    places = local[near]
    for start in range(0, len(places), 2048):
        part = places[start : start + 2048]
        apart = (part**2).sum(1)[:, None] + (marks**2).sum(1) - 2 * part @ marks.T
        weights = np.exp(-apart / (2 * sigma**2))
        rows = np.flatnonzero(near.ravel())[start : start + 2048]
        total.ravel()[rows] += weights.sum(1)
        summed.ravel()[rows] += weights @ nearness
    return np.asarray(cv2.GaussianBlur(summed / total, (0, 0), max(1.0, 0.03 * axes.width / STEP)), np.float32)


def _brow_weight(u: Floats, v: Floats, marks: Floats) -> Floats:
    weight = np.zeros_like(u)
    for brow, lid in ((at.RIGHT_BROW, at.RIGHT_UPPER_LID), (at.LEFT_BROW, at.LEFT_UPPER_LID)):
        middle, eye = marks[brow].mean(0), float(marks[lid, 1].min())
        above_eye = 1 - ramp(v, float(middle[1]), eye - 0.005)
        weight = np.maximum(weight, bell(u - middle[0], 0.14) * bell(v - middle[1], 0.09) * above_eye)
    return weight
