"""A bot that nobody writes to: what it holds in memory, and how long it takes from its start to its first answer.

Memory is that of all its processes, each page counted once. The start is that of `emobot run` in a folder that it has
used before, with a message waiting. Run: `python -m benchmarks.bench_idle`; it takes half a minute.
"""

import asyncio
import statistics
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.stand_ins import program, worlds
from benchmarks.table import Row, report
from tests.processes import family
from tests.stories.conftest import World

STARTS = 2
SETTLED_SECONDS = 5.0
MOST_MB, MOST_SECONDS = 200.0, 5.0


def megabytes(pid: int) -> float:
    """Memory of a process and of all that descend from it; what they share counts once."""
    kilobytes = 0
    for one in family(pid):
        lines = Path(f"/proc/{one}/smaps_rollup").read_text().splitlines()
        kilobytes += next(int(line.split()[1]) for line in lines if line.startswith("Pss:"))
    return kilobytes / 1000


async def first_answer(world: World, number: int) -> tuple[float, float]:
    """Seconds from the start to the answer of a message that waited, and megabytes a little later."""
    person = world.telegram.person(f"Person {number}")
    person.sends("/help")
    began = time.monotonic()
    async with program(world, "bot", "run", LOG_LEVEL="WARNING") as pid:
        await person.sees("that's all")
        took = time.monotonic() - began
        await asyncio.sleep(SETTLED_SECONDS if number == STARTS else 0)
        return took, megabytes(pid)


async def measure(folder: Path) -> tuple[float, float]:
    """The usual seconds of a start, and the megabytes of the last one."""
    async with worlds(folder) as (world,):
        found = [await first_answer(world, number) for number in range(STARTS + 1)]
    return statistics.median(seconds for seconds, _ in found[1:]), found[-1][1]


def main() -> int:
    """Measure and print; 1 when a goal was missed."""
    with tempfile.TemporaryDirectory() as name:
        seconds, memory = asyncio.run(measure(Path(name)))
    return report(
        [
            Row("start → first answer", f"{seconds:.1f} s", f"{MOST_SECONDS:.0f} s", seconds / MOST_SECONDS, 1.0),
            Row("memory when idle", f"{memory:.0f} MB", f"{MOST_MB:.0f} MB", memory / MOST_MB, 1.0),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
