"""Tell whether a video says what a voice says: by its length, and by how loud it is when."""

from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from bot.media.filters import RATE
from bot.media.sound import read_sound

LONGEST = 120.0
SECONDS_APART = 0.3
"""How far the lengths may be apart."""
FRAME = RATE // 50
MOST_SHIFT = 15
"""Frames by which a service may have moved the sound: 0.3 s."""
ALIKE = 0.9
"""Correlation of the envelopes; of two different voices it is a half at the most."""


def same_sound(video: Path, voice: Path) -> bool:
    """Tell whether the sound of a video is that of a voice.

    Raises:
        MediaError: one of them cannot be read, or has no sound.
    """
    first, second = (_envelope(path) for path in (video, voice))
    if abs(len(first) - len(second)) * FRAME / RATE > SECONDS_APART:
        return False
    return max(_correlation(first, second, shift) for shift in range(-MOST_SHIFT, MOST_SHIFT + 1)) >= ALIKE


def _envelope(path: Path) -> NDArray[np.float64]:
    """The loudness of each fiftieth of a second."""
    samples = read_sound(path, LONGEST).samples.astype(np.float64)
    frames = samples[: len(samples) // FRAME * FRAME].reshape(-1, FRAME)
    level: NDArray[np.float64] = np.sqrt((frames**2).mean(axis=1))
    return level


def _correlation(first: NDArray[np.float64], second: NDArray[np.float64], shift: int) -> float:
    first, second = first[max(0, shift) :], second[max(0, -shift) :]
    length = min(len(first), len(second))
    first, second = first[:length], second[:length]
    if length < 2 or not first.std() or not second.std():
        return 0.0
    return float(np.corrcoef(first, second)[0, 1])
