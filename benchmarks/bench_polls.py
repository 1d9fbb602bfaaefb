"""Polls per task, and how late the end is noticed, against asking every 5 s.

Tasks of the documented length (8.5 s of work a second of video, ± 20 %); the account runs one at a time. The clock
is simulated; the pauses are those of `bot.render.polling`, as `bot.render.task` takes them.

Run: `python -m benchmarks.bench_polls`.
"""

import random
import statistics
import sys
from collections.abc import Callable

from benchmarks.table import Row, report
from bot.render.polling import FIRST_PACE, SPREAD, learned_pace, pause_while_pending, pause_while_running

TASKS = 3000
LEARNED = 20
EVERY = 5.0
GOAL_POLLS, GOAL_LATE = 0.4, 0.6
Pause = Callable[[float, float | None, float | None], float]
"""Seconds to the next poll, by the seconds since the submit, since the work began (None: it waits), and expected."""


def watch(begins: float, ends: float, expected: float | None, pause: Pause) -> tuple[int, float]:
    """How many polls a task takes, and how many seconds after its end the last one comes; times since the submit."""
    now, polls, seen = 0.0, 0, None
    while True:
        polls += 1
        if now >= ends:
            return polls, now - ends
        if seen is None and now >= begins:
            seen = begins  # the service says when it began
        now += pause(now, None if seen is None else now - seen, expected)


def ours(waited: float, worked: float | None, expected: float | None) -> float:
    return pause_while_pending(waited, expected) if worked is None else pause_while_running(worked, expected)


def steady(_waited: float, _worked: float | None, _expected: float | None) -> float:
    return EVERY


def main() -> int:
    random.seed(7)
    paces: list[float] = []
    counted: dict[str, list[tuple[int, float]]] = {"every 5 s": [], "bot.render.polling": []}
    for _ in range(TASKS):
        length = random.uniform(2, 60)
        begins = random.choice([0.0, random.uniform(0, FIRST_PACE * 60)])  # nobody before it, or one still at work
        work = length * FIRST_PACE * random.uniform(1 - SPREAD, 1 + SPREAD)
        pace = learned_pace(paces[-LEARNED:])
        expected = pace * length if pace else None
        counted["every 5 s"].append(watch(begins, begins + work, expected, steady))
        counted["bot.render.polling"].append(watch(begins, begins + work, expected, ours))
        paces.append(work / length)
    means = {
        name: (statistics.fmean(polls for polls, _ in rows), statistics.fmean(late for _, late in rows))
        for name, rows in counted.items()
    }
    (every_polls, every_late), (polls, late) = means["every 5 s"], means["bot.render.polling"]
    return report(
        [
            Row("polls a task", f"{polls:.1f}", f"every 5 s: {every_polls:.1f}", polls / every_polls, GOAL_POLLS),
            Row(
                "its end is noticed",
                f"{late:.2f} s late",
                f"every 5 s: {every_late:.2f} s",
                late / every_late,
                GOAL_LATE,
            ),
        ]
    )


if __name__ == "__main__":
    sys.exit(main())
