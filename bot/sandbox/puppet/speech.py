"""A recording becomes what a mouth does: how far it opens, how wide it is drawn, where the stress lies."""

from dataclasses import dataclass
from pathlib import Path

import av
import numpy as np

from bot.sandbox.puppet.models import Floats

RATE = 16000
HOP, WINDOW, BINS = 160, 400, 512
FRAMES_PER_SECOND = 25
HOPS_PER_FRAME = RATE // HOP // FRAMES_PER_SECOND
QUIETEST_DB = -62.0
"""A recording whose loud parts stay below this (against full scale) is silence."""
RANGE_DB = 30.0
"""From a closed mouth to a wide one."""


class NotASound(ValueError):
    """The file has no sound that can be decoded."""


@dataclass(frozen=True)
class Speech:
    """One value for each frame of video (25 a second), each at the middle of its frame.

    Args:
        seconds: the recording's length.
        opening: 0 closed … 1 as wide as this speaker gets.
        spread: −1 rounded as in "oo" … 1 drawn wide as in "ee".
        loudness: 0 … 1, smoothed over about a syllable.
        stress: 0 … 1, high where a syllable stands out from its neighbours.
    """

    seconds: float
    opening: Floats
    spread: Floats
    loudness: Floats
    stress: Floats


def read_sound(path: Path) -> Floats:
    """The recording as mono samples at 16 kHz, −1 … 1.

    Raises:
        NotASound: nothing in the file can be heard.
    """
    pieces = []
    try:
        with av.open(str(path)) as container:
            resampler = av.AudioResampler("fltp", "mono", RATE)
            for frame in container.decode(audio=0):
                frame.pts = None
                pieces += [piece.to_ndarray()[0] for piece in resampler.resample(frame)]
            pieces += [piece.to_ndarray()[0] for piece in resampler.resample(None)]
    except (av.FFmpegError, IndexError, ValueError) as error:
        raise NotASound(f"{path.name} cannot be read as sound") from error
    if not pieces:
        raise NotASound(f"{path.name} has no sound")
    return np.concatenate(pieces).astype(np.float32)


def listen(samples: Floats) -> Speech:
    """What the mouth does while these samples (mono, 16 kHz) sound.

    The jaw follows loudness, opened further by a high first formant and held back by hiss. A high second formant draws
    the lips wide; a dark sound, with little above the formants of "o" and "u", rounds them. Formants are taken as the
    centre of energy in their usual band, and all of it against this speaker's own median, so that a child's voice and
    a dull microphone both use the whole range.
    """
    frames = max(1, -(-len(samples) * FRAMES_PER_SECOND // RATE))
    power = _spectrum(samples, frames * HOPS_PER_FRAME)
    frequency = np.arange(BINS // 2 + 1) * (RATE / BINS)
    level = _level(power[:, (frequency > 80) & (frequency < 5000)].sum(1))
    voiced = level > 0.25
    first = _placed(_centre(power, frequency, 250, 1000), voiced)
    second = _placed(_centre(power, frequency, 900, 2800), voiced)
    rounded = _dark(power, frequency, voiced)
    hiss = power[:, frequency > 3800].sum(1) / (power[:, frequency > 80].sum(1) + 1e-12)
    damped = 1 - 0.65 * np.clip((hiss - 0.25) / 0.4, 0, 1)
    jaw = level**1.4 * (0.8 + 0.2 * first) * damped * (1 - 0.2 * rounded)
    opening = _by_frame(_smooth(jaw, 1.6), dip=0.4)
    top = float(np.quantile(opening, 0.97)) if opening.max() > 0.02 else 1.0
    loud = _by_frame(_smooth(level, 6.0))
    stress = np.clip(_by_frame(_smooth(level, 8.0) - _smooth(level, 45.0)) * 3, 0, 1)
    wide = np.maximum(0.8 * second, 0) + 0.5 * (damped < 0.7)
    spread = _by_frame(_smooth((wide * (1 - rounded) - rounded) * np.minimum(level * 2, 1), 3.0))
    return Speech(
        seconds=len(samples) / RATE,
        opening=np.clip(opening / max(top, 0.15), 0, 1).astype(np.float32),
        spread=np.clip(spread, -1, 1).astype(np.float32),
        loudness=loud.astype(np.float32),
        stress=stress.astype(np.float32),
    )


def _spectrum(samples: Floats, hops: int) -> Floats:
    """Power, hops × bins; hop i looks at the 25 ms around its own middle."""
    before = (WINDOW - HOP) // 2
    padded = np.zeros(hops * HOP + WINDOW, np.float32)
    padded[before : before + len(samples)] = samples
    windows = np.lib.stride_tricks.sliding_window_view(padded, WINDOW)[: hops * HOP : HOP]
    taper = np.hanning(WINDOW).astype(np.float32)
    blocks = [np.abs(np.fft.rfft(windows[i : i + 500] * taper, BINS)) ** 2 for i in range(0, hops, 500)]
    return np.concatenate(blocks).astype(np.float32) / (WINDOW * WINDOW / 16)


def _level(power: Floats) -> Floats:
    """0 … 1 from this recording's own floor to its own loud syllables, in decibels."""
    decibels = 10 * np.log10(power + 1e-12)
    top = float(np.quantile(decibels, 0.95))
    if top < QUIETEST_DB:
        return np.zeros(len(power), np.float32)
    floor = max(top - RANGE_DB, min(float(np.quantile(decibels, 0.08)) + 4, top - 12))
    return np.asarray(np.clip((decibels - floor) / (top - floor), 0, 1.1), np.float32)


def _centre(power: Floats, frequency: Floats, low: float, high: float) -> Floats:
    band = (frequency >= low) & (frequency <= high)
    weight = np.sqrt(power[:, band])
    return np.asarray((weight * frequency[band]).sum(1) / (weight.sum(1) + 1e-9), np.float32)


def _dark(power: Floats, frequency: Floats, voiced: np.ndarray) -> Floats:
    """0 … 1: how little of the sound lies above 1050 Hz, as in "o" and "u", whose formants are both below."""
    if voiced.sum() < 5:
        return np.zeros(len(power), np.float32)
    below, above = (frequency > 200) & (frequency < 1050), (frequency >= 1050) & (frequency < 3400)
    brightness = 10 * np.log10((power[:, above].sum(1) + 1e-12) / (power[:, below].sum(1) + 1e-12))
    darkest, middle = np.quantile(brightness[voiced], (0.2, 0.5))
    return np.asarray(np.clip((middle - 0.5 - brightness) / max(float(middle - darkest), 6.0), 0, 1), np.float32)


def _placed(values: Floats, voiced: np.ndarray) -> Floats:
    """−1 … 1 around this speaker's median, the outer sixths at the ends."""
    if voiced.sum() < 5:
        return np.zeros(len(values), np.float32)
    low, middle, high = np.quantile(values[voiced], (0.15, 0.5, 0.85))
    return np.asarray(np.clip((values - middle) / max(float(high - low) / 2, 20.0), -1, 1), np.float32)


def _smooth(values: Floats, sigma: float) -> Floats:
    """A bell curve over `sigma` hops: looks as far ahead as back, so nothing comes late."""
    reach = int(3 * sigma) + 1
    bell = np.exp(-0.5 * (np.arange(-reach, reach + 1) / sigma) ** 2)
    padded = np.pad(values, reach, mode="edge")
    return np.convolve(padded, bell / bell.sum(), "valid").astype(np.float32)


def _by_frame(values: Floats, dip: float = 0.0) -> Floats:
    """Hops to frames: the mean, drawn by `dip` towards the least, so that a short closure ("p", "b") is seen."""
    table = values.reshape(-1, HOPS_PER_FRAME)
    return np.asarray((1 - dip) * table.mean(1) + dip * table.min(1), np.float32)
