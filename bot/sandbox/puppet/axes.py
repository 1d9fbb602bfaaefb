"""A face's own directions: across the mouth and down to the chin, whatever the head's tilt in the picture."""

from dataclasses import dataclass
from typing import Any

import cv2
import numpy as np

from bot.sandbox.puppet import points as at
from bot.sandbox.puppet.models import Floats, Mesh, Pixels


@dataclass(frozen=True)
class Axes:
    """Coordinates (u, v) of a face: from between the mouth's corners, u along the eyes, v towards the chin.

    Their unit is `width`, the face's own, in pixels.
    """

    origin: Floats
    across: Floats
    down: Floats
    width: float

    def local(self, pixels: Floats) -> Floats:
        """Picture to face: … × 2 pixels become … × 2 face units."""
        away = pixels - self.origin
        return np.stack([away @ self.across, away @ self.down], -1).astype(np.float32) / np.float32(self.width)

    def pixels(self, local: Floats) -> Floats:
        """Face to picture."""
        offset = local[..., :1] * self.across + local[..., 1:] * self.down
        return (self.origin + offset * self.width).astype(np.float32)

    def vectors(self, along: Floats | float, downward: Floats | float) -> Floats:
        """Movements given in face units, as movements in pixels."""
        along, downward = np.broadcast_arrays(np.float32(along), np.float32(downward))
        return ((along[..., None] * self.across + downward[..., None] * self.down) * self.width).astype(np.float32)


def axes_of(mesh: Mesh) -> Axes:
    """The axes of a face; its width is held up by its height, so that a face half turned away is no dwarf."""
    flat = mesh.points[:, :2]
    across = flat[at.LEFT_EYE_OUTER] - flat[at.RIGHT_EYE_OUTER]
    across = across / np.linalg.norm(across)
    width = float(np.linalg.norm(flat[at.LEFT_SIDE] - flat[at.RIGHT_SIDE]))
    height = float(np.linalg.norm(flat[at.CHIN] - flat[at.FOREHEAD]))
    origin = (flat[at.LEFT_CORNER] + flat[at.RIGHT_CORNER]) / 2
    return Axes(
        origin.astype(np.float32),
        across.astype(np.float32),
        np.array([-across[1], across[0]], np.float32),
        max(width, 0.8 * height),
    )


def pixel_grid(left: int, top: int, wide: int, high: int, step: int = 1) -> Floats:
    """Positions of a grid of pixels, high × wide × 2 (x, y)."""
    x = left + step * np.arange(wide, dtype=np.float32)
    y = top + step * np.arange(high, dtype=np.float32)
    return np.stack(np.meshgrid(x, y), -1)


def drawn_part(box: tuple[int, int, int, int], size: tuple[int, int], pad: int) -> tuple[int, int, int, int]:
    """A box (left, top, wide, high) less a rim of `pad` pixels where it doesn't touch the picture's edge.

    What is drawn there may come from the rim, as the head moves.
    """
    left, top, wide, high = box
    right, bottom = left + wide, top + high
    left, top = left + pad * (left > 0), top + pad * (top > 0)
    return left, top, right - pad * (right < size[0]) - left, bottom - pad * (bottom < size[1]) - top


def take(layer: Pixels, places: Floats) -> Pixels:
    """The layer's colours at these places (… × 2, x and y in its own pixels)."""
    return np.asarray(_taken(layer, places), np.uint8)


def came_from(grid: Floats, field: Floats, corner: Floats, rounds: int, step: int = 1) -> Floats:
    """Where what is now at each place of `grid` was before `field` moved it: `from = here − field(from)`, in rounds.

    Args:
        grid: places in the picture. field: movements, at every `step`th pixel from `corner` on.
    """
    came = grid
    for _ in range(rounds):
        came = grid - _taken(field, (came - corner) / step)
    return came


def _taken(values: Any, places: Floats) -> Any:
    return cv2.remap(values, np.asarray(places, np.float32), None, cv2.INTER_LINEAR, borderMode=cv2.BORDER_REPLICATE)  # type: ignore[call-overload]


def ramp(values: Floats, low: Floats | float, high: Floats | float) -> Floats:
    """0 below `low`, 1 above `high`, smooth between."""
    part = np.clip((values - low) / (high - low), 0, 1)
    return np.asarray(part * part * (3 - 2 * part), np.float32)


def bell(values: Floats, sigma: float) -> Floats:
    """1 at 0, falling to both sides."""
    return np.asarray(np.exp(-0.5 * (values / sigma) ** 2), np.float32)
