"""Loudness of speech: measured after ITU-R BS.1770, evened by one gain, peaks held by a limiter that looks ahead.

One gain for the whole voice keeps its own ups and downs, which a running normaliser (FFmpeg's `loudnorm` in one pass)
pumps away and which the service's lips follow; it also needs no run-in, so half a second of speech is measured as
well as a minute.
"""

import math
from dataclasses import dataclass

import numpy as np

from bot.media.filters import Samples, filter_samples, run_filters

TARGET_LUFS = -16.0
MAX_GAIN_DB = 30.0
CEILING_DB = -1.5
"""Of the samples at first."""
MAX_TRUE_PEAK_DB = -1.0
"""Between samples a sound may rise above them; where it rises above this, the ceiling is lowered."""
NEAR_ENOUGH_DB = 0.3
TRIES = 6
SILENCE_LUFS = -70.0
BETWEEN, TAPS, BLOCK = (0.25, 0.5, 0.75), 16, 128
"""Where between two samples a sound is told, from how many around it, and how many are looked at as one."""
MOST_ABOVE_DB = 4.0
"""That any sound rises above its samples."""
LEAST_YIELD = 0.33
"""Of each dB of gain, what is taken to come through the limiter at the least: more is not tried at once."""


@dataclass(frozen=True)
class Loudness:
    """In LUFS: the whole, and the loudest 400 ms."""

    integrated: float
    loudest: float


def measure_loudness(samples: Samples) -> Loudness:
    """Measure sound of at least 400 ms; what is silent has `SILENCE_LUFS`."""
    integrated = loudest = SILENCE_LUFS
    for frame in run_filters(samples, ("ebur128", "metadata=1")):
        facts = frame.metadata
        if "lavfi.r128.I" in facts:  # not with the last frame of less than 100 ms
            integrated = float(facts["lavfi.r128.I"])
            loudest = max(loudest, float(facts["lavfi.r128.M"]))
    return Loudness(integrated, loudest)


def even_loudness(samples: Samples, loudness: Loudness) -> Samples:
    """Bring sound to `TARGET_LUFS`, its true peaks below `MAX_TRUE_PEAK_DB`.

    What needs no limiter is only raised or lowered. A knock on the microphone hides how low the voice is until the
    limiter has taken it: then it is measured again.

    Args:
        samples: the sound.
        loudness: of these samples.
    """
    gain, ceiling = min(TARGET_LUFS - loudness.integrated, MAX_GAIN_DB), CEILING_DB
    last_gain, last = 0.0, loudness.integrated
    for _ in range(TRIES):
        evened = samples * np.float32(10 ** (gain / 20))
        reached = loudness.integrated + gain
        if _decibels(_highest(evened)) > ceiling:
            limiter = f"limit={10 ** (ceiling / 20):.6f}:level=false:latency=true"
            evened = filter_samples(evened, ("alimiter", limiter))
            reached = measure_loudness(evened).integrated
        missing, above = TARGET_LUFS - reached, measure_true_peak(evened, MAX_TRUE_PEAK_DB) - MAX_TRUE_PEAK_DB
        if above <= 0 and (abs(missing) < NEAR_ENOUGH_DB or (missing > 0 and gain >= MAX_GAIN_DB)):
            break
        yielded = (reached - last) / (gain - last_gain) if gain != last_gain else 1.0
        last_gain, last = gain, reached
        gain = min(gain + missing / min(max(yielded, LEAST_YIELD), 1.0), MAX_GAIN_DB)
        ceiling -= max(above, 0.0)
    return evened


def measure_true_peak(samples: Samples, least: float = SILENCE_LUFS) -> float:
    """Measure how high sound rises, also between its samples, in dB of full scale.

    Args:
        samples: the sound.
        least: what rises less high need not be told exactly: blocks of samples far below it are passed over.
    """
    padded = np.pad(samples, (TAPS // 2, BLOCK - len(samples) % BLOCK + TAPS // 2))
    blocks = np.lib.stride_tricks.sliding_window_view(padded, BLOCK + TAPS)[::BLOCK]
    floor = 10 ** ((least - MOST_ABOVE_DB) / 20)
    loud = blocks[np.maximum(blocks.max(axis=1), -blocks.min(axis=1)) >= floor]
    highest = _highest(samples)
    for kernel in KERNELS if loud.size else ():
        between = np.convolve(loud.ravel(), kernel)[TAPS - 1 :].reshape(loud.shape)[:, : BLOCK + 1]
        highest = max(highest, _highest(between))
    return _decibels(highest)


def _kernel(fraction: float) -> Samples:
    """Return what tells a sound at a fraction of the way from one sample to the next: a windowed sinc."""
    places = np.arange(TAPS) - (TAPS // 2 - 1) - fraction
    weights = np.sinc(places) * np.cos(np.pi * places / (TAPS + 1)) ** 2
    kernel: Samples = (weights / weights.sum()).astype(np.float32)
    return kernel[::-1]


KERNELS = tuple(map(_kernel, BETWEEN))


def _highest(samples: Samples) -> float:
    return float(max(samples.max(), -samples.min())) if samples.size else 0.0


def _decibels(amplitude: float) -> float:
    return 20 * math.log10(max(amplitude, 1e-6))
