"""A voice that is longer than an engine takes is cut into parts, at pauses where there are any."""

import wave
from math import ceil
from pathlib import Path

import numpy as np

from bot.media.facts import FitVoice, VoiceCuts
from bot.media.filters import RATE, Samples
from bot.media.pauses import TICKS_A_SECOND, Levels, find_pauses, find_quietest, measure_levels
from bot.media.voice import MARGIN_SECONDS, write_wav

SHORTEST_PART = 1.0
"""Seconds; less than that is hardly a word."""


def plan_cuts(voice: Path, *, limit: float) -> VoiceCuts:
    """Find where to cut a voice into as few parts as can be, or one more where only that leaves every word whole.

    Args:
        voice: a WAV as `fit_voice` writes it.
        limit: every part must have fewer seconds than that.
    """
    samples = read_wav(voice)
    seconds, most = len(samples) / RATE, limit - MARGIN_SECONDS
    fewest = ceil(seconds / most)
    if fewest < 2:
        return VoiceCuts((0, len(samples)))
    levels = measure_levels(samples)
    pauses = [(end - start, (start + end) / 2 / TICKS_A_SECOND) for start, end in find_pauses(levels)]
    for count in (fewest, fewest + 1):
        cuts, words_are_whole = _cut(levels, pauses, seconds, count, most)
        if words_are_whole:
            break
    return VoiceCuts((0, *(round(cut * RATE) for cut in cuts), len(samples)))


def cut_part(voice: Path, target: Path, *, begin: int, end: int) -> FitVoice:
    """Write the samples from one up to another as a voice of their own."""
    samples = read_wav(voice)
    write_wav(target, samples[begin:end])
    seconds = (min(end, len(samples)) - begin) / RATE
    return FitVoice("wav", seconds, len(samples) / RATE, True, target.stat().st_size)


def read_wav(voice: Path) -> Samples:
    """Read a WAV as `write_wav` writes it."""
    with wave.open(str(voice), "rb") as wav:
        return (np.frombuffer(wav.readframes(wav.getnframes()), "<i2") / 32767).astype(np.float32)


def _cut(
    levels: Levels, pauses: list[tuple[int, float]], seconds: float, count: int, most: float
) -> tuple[list[float], bool]:
    """Cut at the longest pause in reach each time, or else where it is quietest; tell whether every word is whole."""
    cuts, begin, words_are_whole = [], 0.0, True
    for left in range(count - 1, 0, -1):
        first = max(begin + SHORTEST_PART, seconds - left * most)
        last = min(begin + most, seconds - left * SHORTEST_PART)
        if in_reach := [pause for pause in pauses if first <= pause[1] <= last]:
            begin = max(in_reach)[1]
        else:
            words_are_whole = False
            begin = find_quietest(levels, ceil(first * TICKS_A_SECOND), int(last * TICKS_A_SECOND)) / TICKS_A_SECOND
            begin = min(max(begin, first), last)
        cuts.append(begin)
    return cuts, words_are_whole
