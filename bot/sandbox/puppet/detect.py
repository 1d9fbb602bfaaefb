"""Answers as `emo-detect-v1` does: whether the person in a photo can be animated, and where their face is.

The codes and what they mean are the service's; the thresholds are this detector's own, measured in `docs/puppet.md`.
"""

import math
from dataclasses import dataclass
from pathlib import Path

import cv2
import numpy as np

from bot.sandbox.detection import BoxPixels, Detection
from bot.sandbox.puppet import points as at
from bot.sandbox.puppet.models import Face, Floats, Mesh, Pixels, find_faces, find_mesh
from bot.sandbox.puppet.picture import ENOUGH, Picture, open_picture

SURE = 0.55
"""A face in a photo scores at least this (people 0.59–0.94, things and animals below 0.5)."""
GUESSED = 0.35
"""A face that scores less than `SURE` but at least this, and has a mesh, is one that is mostly covered."""
SAME_RANK = 0.4
"""Somebody else counts when their face is at least this part of the largest face's width."""
SMALLEST, LARGEST = 0.065, 0.8
"""The face's width as part of the picture's shortest side: less or more is out of proportion."""
LITTLE_OUTSIDE, MUCH_OUTSIDE = 0.04, 0.15
"""How far the face leaves the picture, in its own widths: more than the first is cut; a very large one, the second."""
MOST_ROLL, MOST_YAW, MOST_PITCH = 27.0, 35.0, 33.0
"""Degrees: head on the shoulder, head turned aside, head up or down."""
FRONT_YAW = 26.0
"""Degrees: for half body the person must face the camera more squarely."""
DARKEST = 34.0
"""Mean brightness (0–255) of a face that is too dark."""
BLUNTEST = 0.085
"""Spread of the Laplacian by that of brightness, on a face drawn at most 128 pixels wide: less is out of focus."""
WARMER = 0.7
"""Cheeks and chin in warmer light than the forehead are more usual than a mask of a warmer tint: this much counts."""
AROUND = 2.5
"""Width of the moving area, in widths of the face (the documented example: 769 for 308)."""

MESSAGES = {
    "NoHuman": "The input image has no human face. Please upload an image of one person.",
    "MultiHuman": "The input image shows several people. Please upload an image of one person.",
    "BodyProportion": "The person in the image is too large or too small. Please upload another image.",
    "Resolution": "The resolution is invalid: the shortest side must be at least 400 pixels, the longest at most 7000.",
    "Value": "The image is too dark or not sharp. Please upload a clearer image.",
    "FullFace": "The face is covered or cut. Please upload an image with the whole face.",
    "FacePose": "The face is tilted or turned away. Please upload an image of an upright face towards the camera.",
    "FullBody": "The image does not show the upper body. Please upload another image, or use ratio 1:1.",
    "FrontBody": "The person does not face the camera. Please upload another image.",
}


@dataclass(frozen=True)
class Pose:
    """Degrees; 0 is straight at the camera."""

    roll: float
    yaw: float
    pitch: float


def detect_face(image: Path, ratio: str | None) -> Detection:
    """Looks at a photo.

    Args:
        image: the very bytes that will be animated. EXIF orientation is not applied: a photo on its side is refused.
        ratio: of the area that moves: `1:1` (head) or `3:4` (half body); None: all of the photo.

    Returns:
        A pass with boxes in the photo's own pixels, or a refusal with `InvalidFile.…` and a sentence.

    Raises:
        NotAPicture: the file cannot be read (the service answers that before it looks).
        ValueError: no such ratio.
    """
    if ratio not in ("1:1", "3:4", None):
        raise ValueError(f"ratio must be 1:1 or 3:4, not {ratio!r}")
    picture = open_picture(image, enough=ENOUGH)
    if not picture.size_allowed:
        return _refused("Resolution")
    guesses = find_faces(picture.rgb, GUESSED)
    faces = [face for face in guesses if face.score >= SURE]
    if not faces:
        found = _hardly_a_face(picture.rgb, guesses)
        if isinstance(found, str):
            return _refused(found)
        faces = [found]
    face = max(faces, key=lambda one: one.width)
    if sum(one.width >= SAME_RANK * face.width for one in faces) > 1:
        return _refused("MultiHuman")
    mesh = find_mesh(picture.rgb, face)
    code = _fault(picture.rgb, face, mesh)
    if code:
        return _refused(code)
    face_box = _face_box(mesh, picture)
    ext_box = _area(face_box, ratio, picture)
    if ext_box is None:
        return _refused("FullBody")
    if ratio == "3:4" and abs(head_pose(mesh).yaw) > FRONT_YAW:
        return _refused("FrontBody")
    return Detection(passed=True, face_bbox=face_box, ext_bbox=ext_box)


def head_pose(mesh: Mesh) -> Pose:
    """How the head is held, from the mesh: outer corners of the eyes, sides and ends of the oval."""
    across = mesh.points[at.LEFT_EYE_OUTER] - mesh.points[at.RIGHT_EYE_OUTER]
    sides = mesh.points[at.LEFT_SIDE] - mesh.points[at.RIGHT_SIDE]
    down = mesh.points[at.CHIN] - mesh.points[at.FOREHEAD]
    return Pose(
        roll=math.degrees(math.atan2(across[1], across[0])),
        yaw=math.degrees(math.atan2(sides[2], math.hypot(sides[0], sides[1]))),
        pitch=math.degrees(math.atan2(down[2], math.hypot(down[0], down[1]))),
    )


def _refused(code: str) -> Detection:
    return Detection(passed=False, code=f"InvalidFile.{code}", message=MESSAGES[code])


def _hardly_a_face(rgb: Pixels, guesses: list[Face]) -> Face | str:
    """Nobody at first sight: filling the picture, hidden, lying on their side, far away, or not there."""
    afar = _seen_from_afar(rgb)
    if isinstance(afar, Face):
        if afar.score >= SURE:
            return afar
        guesses = [*guesses[:1], afar]
    for face in guesses[:2]:
        mesh = find_mesh(rgb, face)
        if mesh.presence > 0.5:
            return _fault(rgb, face, mesh) or "FullFace"
    return afar or _seen_from_near(rgb) or "NoHuman"


def _fault(rgb: Pixels, face: Face, mesh: Mesh) -> str | None:
    """What is wrong with the only face, the worst first."""
    height, width = rgb.shape[:2]
    low, high = mesh.points[:, :2].min(0), mesh.points[:, :2].max(0)
    across = float(high[0] - low[0]) if mesh.presence > 0.5 else face.width
    pose = head_pose(mesh)
    if mesh.presence > 0.5 and (
        abs(pose.roll) > MOST_ROLL or abs(pose.yaw) > MOST_YAW or not -MOST_PITCH < pose.pitch - 10 < MOST_PITCH
    ):
        return "FacePose"
    if across < SMALLEST * min(height, width):
        return "BodyProportion"
    beyond = max(float(-low.min()), float(high[0]) - width, float(high[1]) - height) / across
    if across > LARGEST * min(height, width):
        return "FullFace" if beyond > MUCH_OUTSIDE else "BodyProportion"
    if beyond > LITTLE_OUTSIDE:
        return "FullFace"
    if mesh.presence < 0.5:
        return "FullFace"
    return _unclear(rgb, face, mesh)


def _unclear(rgb: Pixels, face: Face, mesh: Mesh) -> str | None:
    """Too dark, out of focus, or half of it behind something."""
    side = round(min(128.0, max(face.width, 48.0)))
    scale = side / face.width
    move = np.array([[scale, 0, -face.x1 * scale], [0, scale, -face.y1 * scale]], np.float32)
    if scale < 1:
        rgb = np.asarray(cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA), np.uint8)
        move[:, :2] = np.eye(2)
    drawn = np.asarray(cv2.warpAffine(rgb, move, (side, side)), np.uint8)
    grey = cv2.cvtColor(drawn, cv2.COLOR_RGB2GRAY).astype(np.float32)
    margin = side // 8
    if grey[margin:-margin, margin:-margin].mean() < DARKEST:
        return "Value"
    spots = (mesh.points[:, :2] - (face.x1, face.y1)) * scale
    if _covered(drawn, grey, spots.astype(np.float32)):
        return "FullFace"
    sharpness = float(cv2.Laplacian(grey, cv2.CV_32F).std() / (grey.std() + 5))
    return "Value" if sharpness < BLUNTEST else None


def _covered(drawn: Pixels, grey: Floats, spots: Floats) -> bool:
    """Eyes and mouth both have edges, and skin is of one tint above and below; a mask or a hand-held card is not."""
    edges = np.abs(cv2.Sobel(grey, cv2.CV_32F, 0, 1, ksize=3))
    eyes = max(_mean_around(edges, spots[at.RIGHT_EYE]), _mean_around(edges, spots[at.LEFT_EYE]))
    fainter_eye = min(_mean_around(edges, spots[at.RIGHT_EYE]), _mean_around(edges, spots[at.LEFT_EYE]))
    mouth = _mean_around(edges, spots[at.LIPS])
    if mouth < 0.16 * eyes or eyes < 0.16 * mouth or fainter_eye < 0.2 * eyes:
        return True
    tint = cv2.cvtColor(drawn, cv2.COLOR_RGB2LAB).astype(np.float32)[:, :, 1:]
    upper = np.median([_spot(tint, spots[i]) for i in at.UPPER_SKIN], axis=0)
    lower = np.median([_spot(tint, spots[i]) for i in at.LOWER_SKIN], axis=0)
    apart = upper - lower
    return float(np.hypot(*np.where(apart < 0, WARMER * apart, apart))) > 30


def _mean_around(values: Floats, spots: Floats) -> float:
    low = np.clip(spots.min(0).astype(int) - 2, 0, len(values) - 3)
    high = np.clip(spots.max(0).astype(int) + 3, low + 2, len(values))
    return float(values[low[1] : high[1], low[0] : high[0]].mean())


def _spot(values: Floats, spot: Floats) -> Floats:
    x, y = np.clip(spot.astype(int), 3, len(values) - 4)
    return np.asarray(values[y - 3 : y + 4, x - 3 : x + 4].mean((0, 1)), np.float32)


def _seen_from_afar(rgb: Pixels) -> Face | str | None:
    """A face that fills the picture, or that the picture lies on its side or head: four small pictures in one look."""
    side = 192
    scale = side / max(rgb.shape[:2])
    small = cv2.resize(rgb, None, fx=scale, fy=scale, interpolation=cv2.INTER_AREA)
    table = np.zeros((2 * side, 2 * side, 3), np.uint8)
    turns = (None, cv2.ROTATE_180, cv2.ROTATE_90_CLOCKWISE, cv2.ROTATE_90_COUNTERCLOCKWISE)
    for place, turn in enumerate(turns):
        turned = small if turn is None else cv2.rotate(small, turn)
        top, left = place // 2 * side, place % 2 * side
        table[top : top + turned.shape[0], left : left + turned.shape[1]] = turned
    face = _known(table)
    if face is None:
        return None
    return face.enlarged(1 / scale) if max(face.centre) < side else "FacePose"


def _seen_from_near(rgb: Pixels) -> Face | None:
    """A face too small to be seen at first: four pieces of the picture, each a little more than a quarter."""
    high, wide = (round(0.58 * side) for side in rgb.shape[:2])
    for top in (0, rgb.shape[0] - high):
        for left in (0, rgb.shape[1] - wide):
            face = _known(np.ascontiguousarray(rgb[top : top + high, left : left + wide]), SURE)
            if face is not None:
                return face.moved(left, top)
    return None


def _known(rgb: Pixels, least_score: float = GUESSED) -> Face | None:
    """The surest face that has a mesh, too."""
    return next((face for face in find_faces(rgb, least_score) if find_mesh(rgb, face).presence > 0.5), None)


def _face_box(mesh: Mesh, picture: Picture) -> BoxPixels:
    """A square around forehead, chin and cheeks."""
    low, high = mesh.points[:, :2].min(0), mesh.points[:, :2].max(0)
    x, y = (low + high) / 2 * picture.scale
    side = float((high - low).max()) * picture.scale
    return _placed(float(x), float(y), side, side, 0.5, picture)


def _area(face: BoxPixels, ratio: str | None, picture: Picture) -> BoxPixels | None:
    if ratio is None:
        return 0, 0, picture.width, picture.height
    return _head_area(face, picture) if ratio == "1:1" else _half_body_area(face, picture)


def _head_area(face: BoxPixels, picture: Picture) -> BoxPixels:
    side = min(AROUND * (face[2] - face[0]), picture.width, picture.height)
    return _placed((face[0] + face[2]) / 2, (face[1] + face[3]) / 2, side, side, 0.558, picture)


def _half_body_area(face: BoxPixels, picture: Picture) -> BoxPixels | None:
    """Three by four, down to the chest; None when the photo ends above it."""
    across = face[2] - face[0]
    x, y = (face[0] + face[2]) / 2, (face[1] + face[3]) / 2
    if picture.height - y < 1.9 * across:
        return None
    wide = min(3.0 * across, picture.width, picture.height * 0.75)
    if wide < 2.2 * across:
        return None
    return _placed(x, y, wide, wide / 0.75, 0.4, picture)


def _placed(x: float, y: float, wide: float, high: float, down: float, picture: Picture) -> BoxPixels:
    """A box of that size with (x, y) in its middle and at `down` of its height, then moved inside the picture."""
    wide_px, high_px = min(round(wide), picture.width), min(round(high), picture.height)
    left = min(max(round(x - wide / 2), 0), picture.width - wide_px)
    top = min(max(round(y - high * down), 0), picture.height - high_px)
    return left, top, left + wide_px, top + high_px
