"""How the lower face moves when the mouth opens: where the lips part, how far each place drops, what goes along."""

from dataclasses import dataclass

import cv2
import numpy as np

from bot.sandbox.puppet import points as at
from bot.sandbox.puppet.axes import Axes, bell, ramp, take
from bot.sandbox.puppet.models import Floats, Mesh, Pixels

OWN_TEETH = 0.028
"""A mouth open this far in the photo, in widths of the face, shows its own teeth."""
CORNERS = 1.35
"""The lower face drops a little beyond the mouth's corners too: so many times as far out."""

ROUND = 0.85
"""Half the width of a rounded mouth's opening, in halves of the mouth's own."""


@dataclass(frozen=True)
class Jaw:
    """In face units (see `Axes`). Movements are for a jaw that drops by 1 and point down.

    Args:
        seam: points × 2 from corner to corner: where upper and lower face part.
        gaps: how far the photo's mouth is open at each of them.
        chin: how far down the chin is.
        reach: how far to the right and left of the mouth's middle the jaw moves.
    """

    seam: Floats
    gaps: Floats
    chin: float
    reach: tuple[float, float]

    @property
    def middle(self) -> float:
        """Across, between the corners."""
        return float(self.seam[0, 0] + self.seam[-1, 0]) / 2

    @property
    def corner(self) -> float:
        """Half the mouth's width."""
        return max(float(self.seam[-1, 0] - self.seam[0, 0]) / 2, 0.05)

    @property
    def bottom(self) -> float:
        """Down on the neck, where nothing moves any more."""
        return self.chin + 0.45

    def depth(self, local: Floats) -> Floats:
        """How far each place (… × 2) is below the seam."""
        return np.asarray(local[..., 1] - np.interp(local[..., 0], self.seam[:, 0], self.seam[:, 1]), np.float32)

    def lower(self, local: Floats) -> Floats:
        """The lower face: 1 in the middle of the lip, less at the sides, nothing down the neck."""
        deep = np.maximum(self.depth(local), 0)
        u = local[..., 0] - self.middle
        near = CORNERS * self.corner
        wide = np.where(u < 0, *(max(side, near) for side in self.reach))
        reach = near + (wide - near) * ramp(deep, 0.0, 0.75 * self.chin)
        sideways = np.clip(1 - (u / reach) ** 2, 0, 1) ** 1.2
        downward = (1 - 0.25 * ramp(deep, 0.05, self.chin)) * (1 - ramp(deep, 0.92 * self.chin, self.bottom - 0.06))
        return np.asarray(sideways * downward, np.float32)

    def upper(self, local: Floats) -> Floats:
        """The upper face: nothing in the middle, at the corners as much as the lower face, so that nothing tears."""
        seam = np.interp(local[..., 0], self.seam[:, 0], self.seam[:, 1])
        on_seam = self.lower(np.stack([local[..., 0], seam], -1).astype(np.float32))
        return np.clip(on_seam - self._parted(local), 0, 1) * self._near_seam(local)

    def round_lower(self, local: Floats) -> Floats:
        """The lower face when the opening is round; the chin drops as ever."""
        sides, parted = self._round_sides(local), self._parted(local, ROUND)
        chin = ramp(self.depth(local), 0.03, 0.3)
        return (sides + (1 - sides) * parted) * (1 - chin) + self.lower(local) * chin

    def round_upper(self, local: Floats) -> Floats:
        """The upper face when the opening is round."""
        return self._round_sides(local) * (1 - self._parted(local, ROUND)) * self._near_seam(local)

    def pout(self, local: Floats) -> Floats:
        """How lips that are pushed forward grow, upwards above the seam and downwards below it."""
        deep = self.depth(local)
        across = np.clip(1 - ((local[..., 0] - self.middle) / (1.2 * self.corner)) ** 2, 0, 1)
        return np.asarray(deep * bell(deep, 0.075) * across, np.float32)

    def _parted(self, local: Floats, wide: float = 1.0) -> Floats:
        """How far the lips are apart, 1 in the middle and 0 from `wide` of the way to the corners on."""
        aside = (local[..., 0] - self.middle) / (wide * self.corner)
        return np.asarray(np.clip(1 - aside**2, 0, 1) ** (0.95 if wide == 1 else 0.7), np.float32)

    def _round_sides(self, local: Floats) -> Floats:
        """How far a rounded mouth's sides drop, so that they are half way down its opening."""
        aside = (local[..., 0] - self.middle) / (1.7 * self.corner)
        return np.asarray(0.5 * np.clip(1 - aside**2, 0, 1) ** 2, np.float32)

    def _near_seam(self, local: Floats) -> Floats:
        """1 where upper and lower face part, less above, and below, where the lower face lies over the upper one."""
        deep = self.depth(local)
        return ramp(deep, -0.24, 0.0) * (1 - ramp(deep, 0.0, 0.2))

    def shut(self, local: Floats) -> Floats:
        """What closes the photo's own gap (upwards, so below 0), for the lower face only."""
        gap = np.interp(local[..., 0], self.seam[:, 0], self.gaps, left=0, right=0)
        return np.asarray(-gap * (1 - ramp(self.depth(local), 0.04, 0.8 * self.chin)), np.float32)


def jaw_of(photo: Pixels, mesh: Mesh, axes: Axes) -> Jaw:
    """The jaw of a face in a photo (BGR)."""
    marks = axes.local(mesh.points[:, :2])
    upper_edge, lower_edge = marks[at.UPPER_INNER], marks[at.LOWER_INNER]
    seam = lower_edge.copy()
    seam[:, 1] = _seam(photo, axes, upper_edge, lower_edge)
    middle = float(seam[0, 0] + seam[-1, 0]) / 2
    right, left = middle - float(marks[at.RIGHT_JAW, 0]), float(marks[at.LEFT_JAW, 0]) - middle
    return Jaw(
        seam=seam,
        gaps=np.clip(seam[:, 1] - upper_edge[:, 1] - 0.006, 0, None),
        chin=float(marks[at.CHIN, 1]),
        reach=(right + 0.14, left + 0.14),
    )


def _seam(photo: Pixels, axes: Axes, upper_edge: Floats, lower_edge: Floats) -> Floats:
    """Where upper and lower face part: the lower lip's edge, drawn to the dark line between closed lips."""
    gaps = lower_edge[:, 1] - upper_edge[:, 1]
    if float(gaps.max()) > OWN_TEETH:
        return lower_edge[:, 1]
    grey = np.asarray(cv2.GaussianBlur(cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY), (0, 0), 1.0), np.uint8)
    tries = np.arange(-0.03, 0.0301, 0.004, dtype=np.float32)
    middle = (upper_edge + lower_edge) / 2
    places = np.stack([np.repeat(middle[:, :1], len(tries), 1), middle[:, 1:] + tries], -1)
    values = take(grey, axes.pixels(places)) + (tries / 0.03) ** 2 * 18
    found = middle[:, 1] + tries[values.argmin(1)]
    smooth = np.convolve(np.pad(found, 1, mode="edge"), [0.25, 0.5, 0.25], "valid")
    ends = np.minimum(np.arange(len(smooth)), np.arange(len(smooth))[::-1]) / 2
    return np.asarray(middle[:, 1] + (smooth - middle[:, 1]) * np.clip(ends, 0, 1), np.float32)
