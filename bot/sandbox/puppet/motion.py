"""What a face does besides speaking: it blinks, sways, nods with the stress, and its brows and eyes live a little."""

from dataclasses import dataclass

import numpy as np

from bot.sandbox.puppet.models import Floats
from bot.sandbox.puppet.speech import FRAMES_PER_SECOND, Speech

STYLES = {"calm": 0.5, "normal": 1.0, "active": 1.8}
"""How much the head moves, for each `style_level`."""
MOUTHS = {"calm": 0.82, "normal": 1.0, "active": 1.18}
"""How far the mouth opens, for each `style_level`."""
BLINK = np.array([0.35, 0.9, 1.0, 0.8, 0.45, 0.15], np.float32)
"""One blink, frame by frame: 240 ms, faster down than up."""


@dataclass(frozen=True)
class Motion:
    """One value for each frame. Lengths are in widths of the face, angles in radians.

    Args:
        x, y: the head's place; roll, yaw, pitch: its turn.
        blink: 0 open … 1 shut. brow: 0 … 1 raised. gaze: −1 … 1 to the side.
        mouth: how far this style opens the mouth, for every frame alike.
    """

    x: Floats
    y: Floats
    roll: Floats
    yaw: Floats
    pitch: Floats
    blink: Floats
    brow: Floats
    gaze: Floats
    mouth: float


def move(speech: Speech, style: str, seed: int) -> Motion:
    """Motion to go with the speech; the same seed moves the same way.

    Raises:
        ValueError: no such style.
    """
    if style not in STYLES:
        raise ValueError(f"style must be one of {', '.join(STYLES)}, not {style!r}")
    random = np.random.default_rng(seed)
    much, count = STYLES[style], len(speech.opening)
    nod = _follow(speech.stress, 3.0, late=2)
    beat = _follow(speech.stress * random.choice([0.2, 1.0], count, p=[0.5, 0.5]), 4.0, late=1)
    return Motion(
        x=much * 0.010 * _wander(random, count, 1.1),
        y=much * (0.007 * _wander(random, count, 0.9) + 0.016 * nod),
        roll=much * 0.017 * _wander(random, count, 1.2),
        yaw=much * 0.055 * _wander(random, count, 1.0),
        pitch=much * (0.030 * _wander(random, count, 0.9) + 0.085 * nod),
        blink=_blinks(random, speech),
        brow=np.clip(much * (0.55 * beat + 0.12 * _wander(random, count, 0.8)), -0.25, 1).astype(np.float32),
        gaze=_glances(random, count) * min(much, 1.2),
        mouth=MOUTHS[style],
    )


def _wander(random: np.random.Generator, count: int, seconds: float) -> Floats:
    """Smooth noise, about −2 … 2, that turns back about every `seconds`."""
    return _bell(random.standard_normal(count + 400), seconds * FRAMES_PER_SECOND * 0.5, unit=True)[200 : 200 + count]


def _follow(values: Floats, frames: float, late: int) -> Floats:
    """The head has weight: it follows softly and a little late."""
    padded = np.pad(values, (200 + late, 200))
    return _bell(padded, frames)[200 : 200 + len(values)]


def _bell(values: Floats, sigma: float, *, unit: bool = False) -> Floats:
    reach = int(3 * sigma) + 1
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    bell /= np.sqrt((bell**2).sum()) if unit else bell.sum()
    return np.convolve(values, bell, "same").astype(np.float32)


def _blinks(random: np.random.Generator, speech: Speech) -> Floats:
    """Every 2 to 6 seconds, now and then twice, and rather in a pause of the speech."""
    count = len(speech.opening)
    shut = np.zeros(count + 40, np.float32)
    at = random.uniform(0.5, 2.5)
    while at * FRAMES_PER_SECOND < count:
        frame = int(at * FRAMES_PER_SECOND)
        window = speech.loudness[max(0, frame - 8) : frame + 12]
        frame = max(0, frame - 8) + int(np.argmin(window + 0.01 * np.arange(len(window))))
        shut[frame : frame + len(BLINK)] = np.maximum(shut[frame : frame + len(BLINK)], BLINK)
        twice = random.random() < 0.12
        at = frame / FRAMES_PER_SECOND + (0.4 if twice else float(np.clip(random.lognormal(1.2, 0.4), 1.8, 6.5)))
    return shut[:count]


def _glances(random: np.random.Generator, count: int) -> Floats:
    """The eyes rest, then jump a little, as eyes do."""
    gaze = np.zeros(count, np.float32)
    at = int(random.uniform(15, 50))
    while at < count:
        gaze[at:] = random.choice([0.0, 0.0, 1.0, -1.0]) * random.uniform(0.3, 0.8)
        at += int(random.uniform(20, 70))
    return gaze
