"""FFmpeg's own sound filters, run over samples through PyAV's filter graph."""

import contextlib
from collections.abc import Iterator
from fractions import Fraction

import av
import numpy as np
from av.audio.frame import AudioFrame
from av.filter import Graph
from numpy.typing import NDArray

RATE = 48000
"""Samples a second of every sound in this package: what Opus decodes to, so that a voice message is not resampled."""
RUMBLE_HZ = 40
"""Below this there is no voice: wind, traffic, mains, and the constant offset of a cheap sound card."""
SETTLING_SECONDS = 0.25

Samples = NDArray[np.float32]
"""Mono sound at `RATE`, in -1…1."""


def run_filters(samples: Samples, *filters: tuple[str, str]) -> Iterator[AudioFrame]:
    """Run samples through filters.

    Args:
        samples: the sound.
        *filters: name and options of each, in FFmpeg's words.

    Yields:
        The frames that come out, in the format of the last filter.
    """
    graph, time_base = Graph(), Fraction(1, RATE)
    graph.threads = 1  # one channel has nothing to share out
    nodes = [graph.add_abuffer(format="flt", sample_rate=RATE, layout="mono", time_base=time_base)]
    nodes += [graph.add(name, options) for name, options in filters]
    graph.link_nodes(*nodes, graph.add("abuffersink")).configure()
    for start in range(0, len(samples), RATE):
        frame = AudioFrame.from_ndarray(samples[None, start : start + RATE], format="flt", layout="mono")
        frame.sample_rate, frame.pts, frame.time_base = RATE, start, time_base
        graph.push(frame)
        yield from _pull(graph)
    graph.push(None)
    yield from _pull(graph)


def filter_samples(samples: Samples, *filters: tuple[str, str]) -> Samples:
    """Run samples through filters that change no length."""
    pieces = [frame.to_ndarray()[0] for frame in run_filters(samples, *filters, ("aformat", "sample_fmts=flt"))]
    return np.concatenate(pieces) if pieces else samples


def remove_rumble(samples: Samples) -> Samples:
    """Take away what lies below `RUMBLE_HZ`: it is not heard, and would take the loudness and the peaks of the voice.

    Once forwards and once backwards, so that no wave is moved against another, which would raise peaks. The filter
    settles before the sound begins, so that an offset makes no knock there.
    """
    if not samples.size:
        return samples
    settling = int(SETTLING_SECONDS * RATE)
    filtered = np.pad(samples, settling, mode="edge")
    for _ in ("forwards", "backwards"):
        filtered = filter_samples(filtered, ("highpass", f"frequency={RUMBLE_HZ}:poles=2"))[::-1].copy()
    return filtered[settling:-settling]


def _pull(graph: Graph) -> Iterator[AudioFrame]:
    with contextlib.suppress(av.BlockingIOError, av.EOFError):
        while True:
            if isinstance(frame := graph.pull(), AudioFrame):
                yield frame
