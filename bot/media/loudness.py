"""Loudness of speech: measured after ITU-R BS.1770, evened by one gain, peaks held by a limiter that looks ahead.

One gain for the whole voice keeps its own ups and downs, which a running normaliser (FFmpeg's `loudnorm` in one pass)
pumps away and which the service's lips follow; it also needs no run-in, so half a second of speech is measured as
well as a minute.
"""

import math
from dataclasses import dataclass

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
LEAST_YIELD = 0.33
"""Of each dB of gain, what is taken to come through the limiter at the least: more is not tried at once."""


@dataclass(frozen=True)
class Loudness:
    """In LUFS: the whole, and the loudest 400 ms; `true_peak` in dB of full scale, where it was asked for."""

    integrated: float
    loudest: float
    true_peak: float


def measure_loudness(samples: Samples, *, peaks: bool = False) -> Loudness:
    """Measure sound of at least 400 ms; what is silent has `SILENCE_LUFS`.

    Args:
        samples: the sound.
        peaks: measure the true peak, too; that takes as long again.
    """
    integrated = loudest = SILENCE_LUFS
    peak = 0.0
    for frame in run_filters(samples, ("ebur128", "metadata=1:peak=true" if peaks else "metadata=1")):
        facts = frame.metadata
        if "lavfi.r128.I" in facts:  # not with the last frame of less than 100 ms
            integrated = float(facts["lavfi.r128.I"])
            loudest = max(loudest, float(facts["lavfi.r128.M"]))
            peak = float(facts.get("lavfi.r128.true_peak", 0.0))
    return Loudness(integrated, loudest, 20 * math.log10(max(peak, 1e-6)))


def even_loudness(samples: Samples, loudness: Loudness) -> Samples:
    """Bring sound to `TARGET_LUFS`, its true peaks below `MAX_TRUE_PEAK_DB`.

    A knock on the microphone hides how low the voice is until the limiter has taken it: then it is measured again.

    Args:
        samples: the sound.
        loudness: as it was measured.
    """
    gain, ceiling = min(TARGET_LUFS - loudness.integrated, MAX_GAIN_DB), CEILING_DB
    last_gain, last = 0.0, loudness.integrated
    for _ in range(TRIES):
        limiter = f"limit={10 ** (ceiling / 20):.6f}:level=false:latency=true"
        evened = filter_samples(samples, ("volume", f"{gain:.4f}dB"), ("alimiter", limiter))
        reached = measure_loudness(evened, peaks=True)
        missing, above = TARGET_LUFS - reached.integrated, reached.true_peak - MAX_TRUE_PEAK_DB
        if above <= 0 and (abs(missing) < NEAR_ENOUGH_DB or (missing > 0 and gain >= MAX_GAIN_DB)):
            break
        yielded = (reached.integrated - last) / (gain - last_gain) if gain != last_gain else 1.0
        last_gain, last = gain, reached.integrated
        gain = min(gain + missing / min(max(yielded, LEAST_YIELD), 1.0), MAX_GAIN_DB)
        ceiling -= max(above, 0.0)
    return evened
