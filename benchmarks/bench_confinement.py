"""What it costs to confine the decoders: the same jobs beside those of children that keep every right.

Run: `python -m benchmarks.bench_confinement`; it takes half a minute.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from benchmarks.table import Row, report
from bot.media import decoder_process, jobs
from bot.media.child import run_limited
from tests.media.samples import filmed, recorded, speech

TURNS, SECONDS = 7, 3.0
"""Of each job, at least."""
GOAL = 1.1
PORTRAIT = Path(__file__).parents[1] / "examples" / "portrait.jpg"
BARE = ("-P", "-m", "tests.media.lesser_kernel", "0", "0")

Servers = dict[str, Any]
Make = Callable[[], "jobs.Job[Any]"]


async def take(job: "jobs.Job[Any]", words: tuple[str, ...], running: Servers) -> float:
    """Seconds of one job by a decoder server of those words, which goes on running."""
    key = words[2]
    vars(decoder_process).update(SERVER=words, _decoder_server=running.get(key))
    began = time.perf_counter()
    await run_limited(job)
    took = time.perf_counter() - began
    running[key] = vars(decoder_process)["_decoder_server"]
    return took


async def compare(makers: dict[str, Make]) -> list[Row]:
    """A row for each job: confined and bare take turns, and the first turns warm up."""
    running: Servers = {}
    confined, rows = decoder_process.SERVER, []
    for what, make in makers.items():
        took: list[tuple[float, float]] = []
        began = time.monotonic()
        while len(took) < TURNS + 2 or time.monotonic() - began < SECONDS:
            took.append((await take(make(), confined, running), await take(make(), BARE, running)))
        took = took[2:]
        ours, bare = (statistics.median(turn[at] for turn in took) for at in range(2))
        ratio = statistics.median(turn[0] / turn[1] for turn in took)
        rows.append(Row(what, f"{ours * 1000:.0f} ms", f"not confined: {bare * 1000:.0f} ms", ratio, GOAL))
    for server in running.values():
        server.close()
    return rows


def main() -> int:
    """Measure and print; 1 when the goal was missed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        voice = recorded(speech(10.0), folder / "voice.ogg")
        film = filmed(folder / "film.mp4", 3.0, (512, 512), speech(3.0))
        target = folder / "target"
        makers: dict[str, Make] = {
            "a portrait made fit": lambda: jobs.fit_portrait(PORTRAIT, target),
            "a voice of 10 s made fit": lambda: jobs.fit_voice(voice, target, limit=60.0),
            "a video of 3 s marked": lambda: jobs.finish_video(film, target, jobs.Mark(), 50_000_000),
            "its small picture": lambda: jobs.make_thumbnail(film, target),
            "a round note of it": lambda: jobs.make_note(film, target, jobs.Mark("en")),
        }
        return report(asyncio.run(compare(makers)))


if __name__ == "__main__":
    sys.exit(main())
