"""Loudness of speech: measured after ITU-R BS.1770, evened by one gain, peaks held by a limiter that looks ahead.

One gain for the whole voice keeps its own ups and downs, which a running normaliser (ffmpeg's `loudnorm` in one pass)
pumps away and which the service's lips follow; it also needs no run-in, so half a second of speech is measured as
well as a minute.
"""

import math
from dataclasses import dataclass
from fractions import Fraction

import numpy as np
from av.audio.frame import AudioFrame
from av.filter import Graph
from numpy.typing import NDArray

Samples = NDArray[np.float32]

TARGET_LUFS = -16.0
MAX_GAIN_DB = 30.0
CEILING = 10 ** (-1.5 / 20)
"""Of the samples; between them speech rises by less than 0.5 dB more, so that the true peak stays below -1 dB."""
NEAR_ENOUGH_DB = 0.3
TRIES = 4
SILENCE_LUFS = -70.0
LOOKAHEAD_MS = 20


@dataclass(frozen=True)
class Loudness:
    """In LUFS: the whole, and the loudest 400 ms."""

    integrated: float
    loudest: float


def measure_loudness(samples: Samples, rate: int) -> Loudness:
    """Measures mono sound of at least 400 ms, samples in -1…1; what is silent has `SILENCE_LUFS`."""
    hop = rate // 10
    weighted = _weight(samples, rate)
    hops = weighted[: len(weighted) // hop * hop].reshape(-1, hop)
    hops = np.einsum("ij,ij->i", hops, hops, dtype=np.float64) / hop
    power = np.convolve(hops, np.full(4, 0.25), mode="valid") if len(hops) >= 4 else hops
    audible = power[_lufs(power) > SILENCE_LUFS]
    if not audible.size:
        return Loudness(SILENCE_LUFS, SILENCE_LUFS)
    gated = audible[_lufs(audible) > _lufs(audible.mean()) - 10]
    return Loudness(float(_lufs(gated.mean())), float(_lufs(power.max())))


def even_loudness(samples: Samples, rate: int, loudness: Loudness) -> Samples:
    """The same sound at `TARGET_LUFS`, its peaks below `CEILING`.

    A knock on the microphone hides how low the voice is until the limiter has taken it: then it is measured again.
    """
    gain = min(TARGET_LUFS - loudness.integrated, MAX_GAIN_DB)
    for _ in range(TRIES):
        louder = samples * np.float32(10 ** (gain / 20))
        evened = _limit(louder, rate)
        missing = 0.0 if evened is louder else TARGET_LUFS - measure_loudness(evened, rate).integrated
        if missing < NEAR_ENOUGH_DB or gain >= MAX_GAIN_DB:
            break
        gain = min(gain + missing, MAX_GAIN_DB)
    return evened


def _lufs(power: NDArray[np.float64]) -> NDArray[np.float64]:
    return -0.691 + 10 * np.log10(np.maximum(power, 1e-12))


def _weight(samples: Samples, rate: int) -> Samples:
    """K-weighting: a shelf for the head and a high pass, both from BS.1770's figures for 48 kHz, for any rate."""
    time_base = Fraction(1, rate)
    graph = Graph()
    last = graph.add_abuffer(format="flt", sample_rate=rate, layout="mono", time_base=time_base)
    for numerator, denominator in (_shelf(rate), _high_pass(rate)):
        named = zip(("b0", "b1", "b2", "a0", "a1", "a2"), (*numerator, *denominator), strict=True)
        options = ":".join(f"{name}={factor!r}" for name, factor in named)
        filtered = graph.add("biquad", f"{options}:transform=tdii:precision=f32")
        last.link_to(filtered)
        last = filtered
    last.link_to(graph.add("abuffersink"))
    graph.configure()
    weighted = []
    for start in range(0, len(samples), rate):
        frame = AudioFrame.from_ndarray(samples[None, start : start + rate], format="flt", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = rate, start, time_base
        graph.push(frame)
        weighted.append(graph.pull().to_ndarray()[0])
    return np.concatenate(weighted)


def _shelf(rate: int) -> tuple[list[float], list[float]]:
    k, q = math.tan(math.pi * 1681.974450955533 / rate), 0.7071752369554196
    high = 10 ** (3.999843853973347 / 20)
    band = high**0.4996667741545416
    return (
        [high + band * k / q + k * k, 2 * (k * k - high), high - band * k / q + k * k],
        [1 + k / q + k * k, 2 * (k * k - 1), 1 - k / q + k * k],
    )


def _high_pass(rate: int) -> tuple[list[float], list[float]]:
    k, q = math.tan(math.pi * 38.13547087602444 / rate), 0.5003270373238773
    scale = 1 + k / q + k * k
    return [1.0, -2.0, 1.0], [1.0, 2 * (k * k - 1) / scale, (1 - k / q + k * k) / scale]


def _limit(samples: Samples, rate: int) -> Samples:
    """Turns peaks down before they come and up after them, within `LOOKAHEAD_MS`, and never lets one through.

    Gains are worked out for blocks of a millisecond. A block's gain is the mean, over the look-ahead, of minima that
    all include the block and its neighbour, so that gains drawn as a line between blocks stay low enough too.
    """
    block = rate // 1000
    padded = np.pad(np.abs(samples), (0, -len(samples) % block))
    allowed = np.minimum(1.0, CEILING / np.maximum(padded.reshape(-1, block).max(axis=1), 1e-9))
    if allowed.min() >= 1.0:
        return samples
    reach = LOOKAHEAD_MS + 1
    lowest = np.lib.stride_tricks.sliding_window_view(np.pad(allowed, reach, constant_values=1.0), 2 * reach + 1).min(
        axis=1
    )
    window = np.hanning(2 * LOOKAHEAD_MS + 3)[1:-1]
    gains = np.convolve(np.pad(lowest, LOOKAHEAD_MS, mode="edge"), window / window.sum(), mode="valid")
    centres = np.arange(len(gains)) * block + (block - 1) / 2
    return (samples * np.interp(np.arange(len(samples)), centres, gains)).astype(np.float32)
