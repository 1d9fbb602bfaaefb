"""A voice message of 30 s to the WAV that EMO takes, against the `ffmpeg` command line.

Ours is the whole way of the bot: a limited child process decodes, finds damage, measures the loudness, evens it and
writes. The command line does the same with its own `loudnorm`; what a plain change of format takes, which neither
measures nor evens, is shown beside it. Run: `python -m benchmarks.bench_voice`; it takes a few seconds.
"""

import asyncio
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

import imageio_ffmpeg

from benchmarks.table import Row, report
from bot.media.child import run_limited, warm_up
from bot.media.jobs import fit_voice
from tests.media.samples import recorded, speech

SECONDS = 30.0
TURNS = 9
GOAL = 1.0
EVEN = ("-af", "loudnorm=I=-16:TP=-1.5")


async def ours(source: Path, target: Path) -> float:
    """Seconds of one turn of ours."""
    began = time.perf_counter()
    fit = await run_limited(fit_voice(source, target, limit=60.0))
    took = time.perf_counter() - began
    assert abs(fit.seconds - SECONDS) < 0.1, fit
    return took


def theirs(source: Path, target: Path, *options: str) -> float:
    """Seconds of one turn of the command line."""
    command = [imageio_ffmpeg.get_ffmpeg_exe(), "-loglevel", "error", "-y", "-i", source, *options]
    began = time.perf_counter()
    subprocess.run([*command, "-ac", "1", "-ar", "48000", target], check=True)
    return time.perf_counter() - began


async def turns(folder: Path) -> list[tuple[float, float, float]]:
    """Ours, plain, and with evening, one after the other, many times; the first turn warms up."""
    source = recorded(speech(SECONDS), folder / "voice.ogg")
    target = folder / "voice.wav"
    warm_up()
    took = [
        (await ours(source, target), theirs(source, target), theirs(source, target, *EVEN)) for _ in range(TURNS + 1)
    ]
    return took[1:]


def main() -> int:
    """Measure and print; 1 when the goal was missed."""
    with tempfile.TemporaryDirectory() as folder:
        took = asyncio.run(turns(Path(folder)))
    mine, plain, even = (statistics.median(turn[at] for turn in took) * 1000 for at in range(3))
    what, ours_ms = "a voice of 30 s to a WAV", f"{mine:.0f} ms"
    to_even, to_plain = (statistics.median(turn[0] / turn[at] for turn in took) for at in (2, 1))
    return report(
        [
            Row(f"{what} of even loudness", ours_ms, f"ffmpeg with loudnorm: {even:.0f} ms", to_even, GOAL),
            Row("the same", ours_ms, f"ffmpeg, not evened: {plain:.0f} ms", to_plain),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
