"""The mouth: the lower face is a layer of its own; where it drops from the upper one, a mouth with teeth shows."""

from dataclasses import dataclass

import cv2
import numpy as np

from bot.sandbox.puppet import points as at
from bot.sandbox.puppet.axes import Axes, came_from, drawn_part, pixel_grid, ramp, take
from bot.sandbox.puppet.face_warp import border, enlarge
from bot.sandbox.puppet.jaw import OWN_TEETH, Jaw
from bot.sandbox.puppet.models import Floats, Mesh, Pixels

WIDEST = 0.135
"""How far the lower lip drops at most, in widths of the face."""
PAD = 20
"""Pixels around what is drawn, from where the head's movement may bring something in."""


@dataclass(frozen=True)
class Mouth:
    """One face's mouth. Arrays cover the box (left, top, wide, high) of the picture.

    Args:
        part: the box that is drawn. gape: where in it the lips can open.
        grid: the positions of the drawn part.
        drop: where the lower face goes when the jaw drops by 1 face width.
        shut: where it goes to close the photo's own gap. round: what is added to `drop` to make the opening round.
        lower: the photo with the lower face's alpha. upper: the upper face's alpha.
        inside: the mouth behind. tongue: with its alpha, going with the jaw.
    """

    box: tuple[int, int, int, int]
    part: tuple[int, int, int, int]
    gape: tuple[int, int, int, int]
    grid: Floats
    drop: Floats
    shut: Floats
    round: Floats
    lower: Pixels
    upper: Pixels
    inside: Pixels
    tongue: Pixels

    def draw(self, frame: Pixels, field: Floats, sources: Floats, opening: float, rounded: float = 0.0) -> None:
        """Puts the mouth into a frame whose head has already moved.

        Args:
            opening: how far it is open, in face widths. rounded: 0 … 1, how round the opening is.
        """
        lowered = enlarge(field, *self.box) + self.drop * np.float32(opening) + self.shut
        if rounded > 0.02:
            lowered += self.round * np.float32(opening * rounded)
        corner = np.array(self.box[:2], np.float32)
        with_jaw = came_from(self.grid, lowered, corner, rounds=3) - corner
        self._open(frame, with_jaw, sources, corner)
        left, top, wide, high = self.part
        lower = take(self.lower, with_jaw)
        piece = frame[top : top + high, left : left + wide]
        piece[:] = over(lower[..., :3], lower[..., 3], piece)

    def _open(self, frame: Pixels, with_jaw: Floats, sources: Floats, corner: Floats) -> None:
        """What lies behind the lower face: the upper one, and the inside of the mouth."""
        left, top, wide, high = self.gape
        rows, columns = slice(top, top + high), slice(left, left + wide)
        x, y = left - self.part[0], top - self.part[1]
        with_head = sources[rows, columns] - corner
        upper, inside = take(self.upper, with_head), take(self.inside, with_head)
        tongue = take(self.tongue, np.ascontiguousarray(with_jaw[y : y + high, x : x + wide]))
        piece = frame[rows, columns]
        piece[:] = over(piece, upper, over(tongue[..., :3], tongue[..., 3], inside))


def over(top: Pixels, alpha: Pixels, bottom: Pixels) -> Pixels:
    """One layer on another."""
    part = cv2.merge([alpha, alpha, alpha])
    shown = cv2.add(cv2.multiply(top, part, scale=1 / 255), cv2.multiply(bottom, 255 - part, scale=1 / 255))
    return np.asarray(shown, np.uint8)


def mouth_of(photo: Pixels, mesh: Mesh, axes: Axes, jaw: Jaw) -> Mouth:
    """Prepares the mouth of a face in a photo."""
    high, wide = photo.shape[:2]
    pixel = 1 / axes.width
    rim = (PAD + 2) * pixel
    ends = jaw.middle - jaw.reach[0] - rim, jaw.middle + jaw.reach[1] + rim
    box = _box(axes, ends, (-0.2 - rim, jaw.bottom + rim), (0, 0, wide, high))
    grid = pixel_grid(*box)
    part = drawn_part(box, (wide, high), PAD)
    lips = jaw.middle - 1.4 * jaw.corner, jaw.middle + 1.4 * jaw.corner
    local = axes.local(grid)
    u = local[..., 0]
    deep = jaw.depth(local)
    edge = border(grid, (wide, high))
    piece = photo[box[1] : box[1] + box[3], box[0] : box[0] + box[2]]
    light = _light(take(photo, mesh.points[None, at.CHEEKS, :2]))
    round_ = (u - jaw.middle) / jaw.corner
    inside, tongue = _inside(light, round_, deep, float(jaw.gaps.max()) < OWN_TEETH, pixel)
    drop = axes.vectors(0.0, (jaw.lower(local) - jaw.upper(local)) * edge)
    return Mouth(
        box=box,
        part=part,
        gape=_box(axes, lips, (-0.16, 0.34), part),
        grid=pixel_grid(*part),
        drop=drop,
        shut=axes.vectors(0.0, jaw.shut(local) * edge),
        round=axes.vectors(0.0, (jaw.round_lower(local) - jaw.round_upper(local)) * edge) - drop,
        lower=np.dstack([piece, _byte(ramp(deep, -1.8 * pixel, 0.3 * pixel))]),
        upper=_byte(np.maximum(1 - ramp(deep, 0.0, 1.4 * pixel), ramp(np.abs(round_), 0.86, 0.97))),
        inside=inside,
        tongue=tongue,
    )


def _byte(part: Floats) -> Pixels:
    return np.asarray(np.clip(part * 255 + 0.5, 0, 255), np.uint8)


def _box(
    axes: Axes, across: tuple[float, float], down: tuple[float, float], within: tuple[int, int, int, int]
) -> tuple[int, int, int, int]:
    """The box around a stretch of the face, given in face units, cut to another box."""
    corners = axes.pixels(np.array([(u, v) for u in across for v in down], np.float32))
    end = np.array([within[0] + within[2], within[1] + within[3]])
    left, top = np.clip(np.floor(corners.min(0)), within[:2], end - 8).astype(int)
    right, bottom = np.clip(np.ceil(corners.max(0)), (left + 8, top + 8), end).astype(int)
    return int(left), int(top), int(right - left), int(bottom - top)


def _inside(light: Floats, round_: Floats, deep: Floats, painted_teeth: bool, pixel: float) -> tuple[Pixels, Pixels]:
    """What shows between the lips (BGR), and a tongue (BGRA) that goes with the jaw.

    Args:
        light: the scene's, B, G, R. round_: −1 and 1 at the mouth's corners. deep: how far below the seam.
        painted_teeth: whether the photo has none. pixel: one pixel, in face units.
    """
    shade = np.clip(1 - 0.6 * round_**2, 0.25, 1) * (0.65 + 0.35 * ramp(deep, 0.0, 0.12))
    inside = np.array([30, 24, 58], np.float32) * light * shade[..., None]
    if painted_teeth:
        teeth, shown = _teeth(deep, round_, pixel)
        inside = inside * (1 - shown[..., None]) + teeth * light * shown[..., None]
    hump = 0.012 + 0.03 * round_**2
    alpha = ramp(deep, -0.055 + hump, -0.02 + hump) * (1 - ramp(np.abs(round_), 0.5, 0.85)) * 0.85
    flesh = np.array([78, 74, 148], np.float32) * light * (0.7 + 0.3 * ramp(deep, -0.06, 0.0))[..., None]
    return _byte(inside / 255), np.dstack([_byte(flesh / 255), _byte(alpha)])


def _light(cheeks: Pixels) -> Floats:
    """How bright the scene is and what tint it has, seen on the cheeks (… × 3): a factor for each of B, G, R."""
    skin = np.median(cheeks.reshape(-1, 3), axis=0)
    bright = float(np.clip(skin @ [0.114, 0.587, 0.299] / 165, 0.4, 1.12))
    usual = np.array([0.77, 0.97, 1.26])
    tint = (skin + 8) / float((skin + 8).mean()) / usual
    return np.asarray(bright * np.clip(tint, 0.5, 1.6) ** 0.6, np.float32)


def _teeth(deep: Floats, round_: Floats, pixel: float) -> tuple[Floats, Floats]:
    """A row of upper teeth: their colour (BGR) and where they are."""
    wide = 0.2 - 0.05 * np.abs(round_)
    within = np.abs(round_ / wide - np.round(round_ / wide - 0.5) - 0.5) * 2
    length = 0.055 * (1 - 0.4 * np.clip(round_, -1, 1) ** 2) - 0.006 * within**4
    shown = (1 - ramp(deep, length - 1.2 * pixel, length + 1.2 * pixel)) * (1 - ramp(np.abs(round_), 0.62, 0.9))
    gaps = 1 - 0.22 * ramp(within, 0.72, 1.0)
    lit = (0.62 + 0.38 * ramp(deep, 0.0, 0.035)) * (1 - 0.5 * np.clip(np.abs(round_), 0, 1) ** 2) * gaps
    ivory = np.array([176, 199, 220], np.float32)
    return np.asarray(ivory * lit[..., None], np.float32), np.asarray(shown, np.float32)
