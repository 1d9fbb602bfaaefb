"""Pauses in speech: where somebody stops, and where a voice may be cut without harm to a word."""

import numpy as np
from numpy.typing import NDArray

from bot.media.filters import RATE, Samples

TICK = RATE // 50
"""How finely pauses are looked for, in samples."""
TICKS_A_SECOND = RATE // TICK
SMOOTHED_TICKS = 3
SEARCH_SECONDS = 20.0
"""How far before a limit a pause is looked for."""
SHORTEST_PAUSE = 0.3
LONGEST_KEPT_PAUSE = 0.5
"""More of a pause than this goes to what follows the cut."""
LOUD_SECONDS = 0.5
"""A voice is as loud as it is for so long in all, which no knock is."""
PAUSE_SHARE = 0.3
"""A pause is in the lowest part, by so much, of the way from the quiet to the loud."""
PAUSE_RANGE_DB = 30.0
"""Digital silence somewhere must not make speech of a room's noise elsewhere."""
FLOOR_DB = 6.0
"""Silence is not louder than the quietest tenth by more than this, ..."""
CLEARLY_QUIETER_DB = 20.0
"""... is clearly quieter than the voice, ..."""
INAUDIBLE_DB = 45.0
"""... or so much quieter than the voice that nobody hears it beside that."""
NOTHING_DB = -120.0

Levels = NDArray[np.float64]


def measure_levels(samples: Samples) -> Levels:
    """Measure the level of each tick, in dB of full scale, smoothed."""
    ticks = samples[: len(samples) // TICK * TICK].reshape(-1, TICK)
    power = np.einsum("ij,ij->i", ticks, ticks, dtype=np.float64) / TICK
    if len(power) >= SMOOTHED_TICKS:
        power = np.convolve(power, np.full(SMOOTHED_TICKS, 1 / SMOOTHED_TICKS), mode="same")
    levels: Levels = 10 * np.log10(np.maximum(power, 10 ** (NOTHING_DB / 10)))
    return levels


def silence_level(levels: Levels) -> float:
    """Tell the level in dB below which this voice holds nothing that was meant to be heard.

    A whisper after loud words is above it; the noise of the room, as it is in the pauses, is below.
    """
    quiet, loud = _quiet_and_loud(levels)
    return max(min(quiet + FLOOR_DB, loud - CLEARLY_QUIETER_DB), loud - INAUDIBLE_DB)


def find_ends(samples: Samples) -> tuple[int, int]:
    """Find where the first sound begins and the last one ends, in samples; outside there is only silence."""
    levels = measure_levels(samples)
    heard = np.flatnonzero(levels > silence_level(levels)) if levels.size else levels
    if not heard.size:
        return 0, len(samples)
    return int(heard[0]) * TICK, min(len(samples), (int(heard[-1]) + 1) * TICK)


def find_pauses(levels: Levels, until: int | None = None) -> list[tuple[int, int]]:
    """Find the pauses of `SHORTEST_PAUSE` or more: begin and end of each, in ticks.

    Args:
        levels: of a voice.
        until: what is quiet and what is loud is told from the ticks before this one.
    """
    quiet, loud = _quiet_and_loud(levels[:until])
    floor = max(quiet, loud - PAUSE_RANGE_DB)
    runs = _runs(levels < floor + (loud - floor) * PAUSE_SHARE)
    return [(start, end) for start, end in runs if end - start >= SHORTEST_PAUSE * TICKS_A_SECOND]


def find_quietest(levels: Levels, first: int, last: int) -> int:
    """Find the middle of the quietest `SHORTEST_PAUSE` between two ticks."""
    length = min(int(SHORTEST_PAUSE * TICKS_A_SECOND), last - first)
    if length < 1:
        return first
    sums = np.convolve(levels[first:last], np.ones(length), mode="valid")
    return first + int(sums.argmin()) + length // 2


def find_pause(samples: Samples, limit: float) -> int:
    """Find where to cut sound so that its first part has at most so many seconds.

    That is in the latest pause of `SHORTEST_PAUSE` or more that begins before the limit. Where there is none within
    `SEARCH_SECONDS`, and behind the half of it, it is where it is quietest: silence before the first word is no place.

    Args:
        samples: the sound; what lies behind the limit tells how long a pause at the limit is.
        limit: in seconds; the sound is longer.

    Returns:
        The length of the first part, in samples.
    """
    levels = measure_levels(samples)
    last = int(limit * TICKS_A_SECOND)
    first = max(last // 2, last - int(SEARCH_SECONDS * TICKS_A_SECOND))
    half = int(SHORTEST_PAUSE * TICKS_A_SECOND) // 2
    for start, end in reversed(find_pauses(levels, last)):
        if start + half <= last and end > first:
            kept = min((end - start) // 2, int(LONGEST_KEPT_PAUSE * TICKS_A_SECOND))
            return min(start + kept, last) * TICK
    return find_quietest(levels, first, last) * TICK


def _quiet_and_loud(levels: Levels) -> tuple[float, float]:
    """Return the level that the quietest tenth stays below, and the one that is reached for `LOUD_SECONDS` in all."""
    loud = np.sort(levels)[-min(int(LOUD_SECONDS * TICKS_A_SECOND), len(levels))]
    return float(np.percentile(levels, 10)), float(loud)


def _runs(flags: NDArray[np.bool_]) -> list[tuple[int, int]]:
    """Return begin and end of each stretch of true flags."""
    edges = np.flatnonzero(np.diff(np.concatenate(([0], flags.astype(np.int8), [0]))))
    return [(int(start), int(end)) for start, end in zip(edges[::2], edges[1::2], strict=True)]
