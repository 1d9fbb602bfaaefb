"""The mouth: the lower face is a layer of its own; where it drops from the upper one, a mouth with teeth shows."""

from dataclasses import dataclass

import cv2
import numpy as np

from bot.sandbox.puppet import points as at
from bot.sandbox.puppet.axes import Axes, came_from, drawn_part, pixel_grid, ramp, take
from bot.sandbox.puppet.face_warp import border, enlarge
from bot.sandbox.puppet.models import Floats, Mesh, Pixels

WIDEST = 0.135
"""How far the lower lip drops at most, in widths of the face."""
PAD = 20
"""Pixels around what is drawn, from where the head's movement may bring something in."""
OWN_TEETH = 0.028
"""A mouth open this far in the photo shows its own teeth; none are painted."""


@dataclass(frozen=True)
class Mouth:
    """One face's mouth. Arrays cover the box (left, top, wide, high) of the picture; `part` of it is drawn.

    Args:
        grid: the positions of the drawn part.
        drop: where the lower face goes when the jaw drops by 1 face width.
        shut: where it goes to close the photo's own gap.
        lower: the photo with the lower face's alpha. upper: the upper face's alpha.
        inside: the mouth behind. tongue: with its alpha, going with the jaw.
    """

    box: tuple[int, int, int, int]
    part: tuple[int, int, int, int]
    grid: Floats
    drop: Floats
    shut: Floats
    lower: Pixels
    upper: Pixels
    inside: Pixels
    tongue: Pixels

    def draw(self, frame: Pixels, field: Floats, sources: Floats, opening: float) -> None:
        """Puts the mouth, open by `opening` face widths, into a frame whose head has already moved."""
        left, top, wide, high = self.part
        rows, columns = slice(top, top + high), slice(left, left + wide)
        moved = enlarge(field, *self.box)
        jaw = moved + self.drop * np.float32(opening) + self.shut
        corner = np.array(self.box[:2], np.float32)
        with_jaw = came_from(self.grid, jaw, corner, rounds=3) - corner
        with_head = sources[rows, columns] - corner
        lower, tongue = take(self.lower, with_jaw), take(self.tongue, with_jaw)
        upper, inside = take(self.upper, with_head), take(self.inside, with_head)
        piece = frame[rows, columns]
        behind = over(tongue[..., :3], tongue[..., 3], inside)
        piece[:] = over(lower[..., :3], lower[..., 3], over(piece, upper, behind))


def over(top: Pixels, alpha: Pixels, bottom: Pixels) -> Pixels:
    """One layer on another."""
    part = cv2.merge([alpha, alpha, alpha])
    shown = cv2.add(cv2.multiply(top, part, scale=1 / 255), cv2.multiply(bottom, 255 - part, scale=1 / 255))
    return np.asarray(shown, np.uint8)


def mouth_of(photo: Pixels, mesh: Mesh, axes: Axes) -> Mouth:
    """Prepares the mouth of a face in a photo."""
    high, wide = photo.shape[:2]
    marks = axes.local(mesh.points[:, :2])
    box = _box(axes, marks, wide, high)
    grid = pixel_grid(*box)
    part = drawn_part(box, (wide, high), PAD)
    local = axes.local(grid)
    u, v = local[..., 0], local[..., 1]
    upper_edge, lower_edge = marks[at.UPPER_INNER], marks[at.LOWER_INNER]
    seam_u, seam_v = lower_edge[:, 0], _seam(photo, axes, upper_edge, lower_edge)
    gaps = np.clip(seam_v - upper_edge[:, 1] - 0.006, 0, None)
    seam = np.interp(u, seam_u, seam_v).astype(np.float32)
    gap = np.interp(u, seam_u, gaps, left=0, right=0).astype(np.float32)
    deep = v - seam
    chin = float(marks[at.CHIN, 1])
    corner = float(seam_u[-1] - seam_u[0]) / 2
    edge = border(grid, (wide, high))
    middle = float(seam_u[0] + seam_u[-1]) / 2
    drop = _drop(u - middle, deep, corner, chin) * edge
    shut = -gap * (1 - ramp(deep, 0.04, 0.8 * chin)) * edge
    pixel = 1 / axes.width
    left, top, box_wide, box_high = box
    piece = photo[top : top + box_high, left : left + box_wide]
    lower_alpha = ramp(deep, -1.8 * pixel, 0.3 * pixel)
    upper_alpha = 1 - ramp(deep, 0.0, 1.4 * pixel)
    inside, tongue = _inside(piece, u - middle, deep, corner, float(gaps.max()) < OWN_TEETH, axes)
    return Mouth(
        box=box,
        part=part,
        grid=pixel_grid(*part),
        drop=axes.vectors(0.0, drop),
        shut=axes.vectors(0.0, shut),
        lower=np.dstack([piece, _byte(lower_alpha)]),
        upper=_byte(upper_alpha),
        inside=inside,
        tongue=tongue,
    )


def _byte(part: Floats) -> Pixels:
    return np.asarray(np.clip(part * 255 + 0.5, 0, 255), np.uint8)


def _box(axes: Axes, marks: Floats, wide: int, high: int) -> tuple[int, int, int, int]:
    """The part of the picture that the lower face can reach."""
    chin = float(marks[at.CHIN, 1])
    ends = np.array([[-0.66, -0.2], [0.66, -0.2], [-0.66, chin + 0.62], [0.66, chin + 0.62]], np.float32)
    corners = axes.pixels(ends)
    left, top = np.clip(np.floor(corners.min(0)), 0, [wide - 8, high - 8]).astype(int)
    right, bottom = np.clip(np.ceil(corners.max(0)), [8, 8], [wide, high]).astype(int)
    return int(left), int(top), int(right - left), int(bottom - top)


def _seam(photo: Pixels, axes: Axes, upper_edge: Floats, lower_edge: Floats) -> Floats:
    """Where upper and lower face part: the lower lip's edge, drawn to the dark line between closed lips."""
    grey = np.asarray(cv2.GaussianBlur(cv2.cvtColor(photo, cv2.COLOR_BGR2GRAY), (0, 0), 1.0), np.uint8)
    seam = lower_edge[:, 1].copy()
    gaps = lower_edge[:, 1] - upper_edge[:, 1]
    if float(gaps.max()) > OWN_TEETH:
        return seam
    tries = np.arange(-0.03, 0.0301, 0.004, dtype=np.float32)
    middle = (upper_edge + lower_edge) / 2
    places = np.stack([np.repeat(middle[:, :1], len(tries), 1), middle[:, 1:] + tries], -1)
    spots = axes.pixels(places)
    values = take(grey, spots) + (tries / 0.03) ** 2 * 18
    found = middle[:, 1] + tries[values.argmin(1)]
    smooth = np.convolve(np.pad(found, 1, mode="edge"), [0.25, 0.5, 0.25], "valid")
    ends = np.minimum(np.arange(len(smooth)), np.arange(len(smooth))[::-1]) / 2
    return np.asarray(middle[:, 1] + (smooth - middle[:, 1]) * np.clip(ends, 0, 1), np.float32)


def _drop(u: Floats, deep: Floats, corner: float, chin: float) -> Floats:
    """1 at the middle of the lower lip, 0 at the corners; wide at the jaw; dying out down the neck."""
    reach = corner + (0.62 - corner) * ramp(deep, 0.035, 0.75 * chin)
    sideways = np.clip(1 - (u / reach) ** 2, 0, 1) ** (0.95 + 0.4 * ramp(deep, 0.0, 0.4 * chin))
    downward = (1 - 0.25 * ramp(deep, 0.05, chin)) * (1 - ramp(deep, 0.92 * chin, chin + 0.45))
    return np.asarray(sideways * downward, np.float32)


def _inside(
    piece: Pixels, u: Floats, deep: Floats, corner: float, painted_teeth: bool, axes: Axes
) -> tuple[Pixels, Pixels]:
    """What shows between the lips (BGR), and a tongue (BGRA) that goes with the jaw."""
    light = float(np.clip(np.quantile(cv2.cvtColor(piece, cv2.COLOR_BGR2GRAY), 0.6) / 165, 0.35, 1.15))
    round_ = u / (corner + 1e-6)
    shade = np.clip(1 - 0.6 * round_**2, 0.25, 1) * (0.65 + 0.35 * ramp(deep, 0.0, 0.12))
    dark = np.array([30, 24, 58], np.float32) * light
    inside = dark * shade[..., None]
    if painted_teeth:
        teeth, shown = _teeth(deep, round_, light, 1 / axes.width)
        inside = inside * (1 - shown[..., None]) + teeth * shown[..., None]
    hump = 0.012 + 0.03 * round_**2
    tongue_alpha = ramp(deep, -0.055 + hump, -0.02 + hump) * (1 - ramp(np.abs(round_), 0.5, 0.85)) * 0.85
    colour = np.array([78, 74, 148], np.float32) * light
    tongue = np.broadcast_to(colour, (*u.shape, 3)) * (0.7 + 0.3 * ramp(deep, -0.06, 0.0))[..., None]
    return np.asarray(np.clip(inside, 0, 255), np.uint8), np.dstack(
        [np.clip(tongue, 0, 255).astype(np.uint8), _byte(tongue_alpha)]
    )


def _teeth(deep: Floats, round_: Floats, light: float, pixel: float) -> tuple[Floats, Floats]:
    """A row of upper teeth: their colour (BGR) and where they are. `round_` is −1 and 1 at the mouth's corners."""
    wide = 0.2 - 0.05 * np.abs(round_)
    within = np.abs(round_ / wide - np.round(round_ / wide - 0.5) - 0.5) * 2
    length = 0.055 * (1 - 0.4 * np.clip(round_, -1, 1) ** 2) - 0.006 * within**4
    shown = (1 - ramp(deep, length - 1.2 * pixel, length + 1.2 * pixel)) * (1 - ramp(np.abs(round_), 0.62, 0.9))
    gaps = 1 - 0.22 * ramp(within, 0.72, 1.0)
    lit = (0.62 + 0.38 * ramp(deep, 0.0, 0.035)) * (1 - 0.5 * np.clip(np.abs(round_), 0, 1) ** 2) * gaps
    ivory = np.array([196, 216, 230], np.float32) * light
    return np.asarray(ivory * lit[..., None], np.float32), np.asarray(shown, np.float32)
