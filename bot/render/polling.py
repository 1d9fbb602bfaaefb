"""When to ask the service about a task again: rarely until the video is nearly due, then often.

The pace (seconds of work per second of video) is learned from the tasks that ended; the vendor's own example took 8.5.
"""

from statistics import median

FIRST_PACE = 8.5
"""Seconds of work per second of video in the vendor's example (118.5 s for 13.93 s)."""

SPREAD = 0.2
"""Tasks end within this share of the expected time around it; asked often only then."""

SHORTEST, LONGEST = 0.5, 30.0


def learned_pace(recent: list[float]) -> float | None:
    """The usual seconds of work per second of video, or None before the first task ended."""
    return median(recent) if recent else None


def pause_while_pending(waited: float, expected: float | None = None, shortest: float = SHORTEST) -> float:
    """Seconds until the next question about a task in the service's queue.

    Args:
        waited: seconds there.
        expected: seconds that its work should take: it cannot be done before half of that is over.
        shortest: seconds that are never undercut.
    """
    waited = abs(waited)  # a clock that was set back by hours is no reason to ask without a pause
    return min(15.0, max(shortest, 0.2 * waited, 0.5 * (expected or 0.0)))


def pause_while_running(worked: float, expected: float | None, shortest: float = SHORTEST) -> float:
    """Seconds until the next question about a running task.

    Args:
        worked: seconds since it began to run.
        expected: seconds that it should take; None when nothing was learned yet.
        shortest: seconds that are never undercut.
    """
    if expected is None:
        return min(10.0, max(shortest, 0.1 * worked))
    worked = max(0.0, worked)  # a clock that was set back
    opens = (1 - SPREAD) * expected
    if worked < opens:
        return max(shortest, opens - worked)
    late = max(0.0, worked - (1 + SPREAD) * expected)
    return min(LONGEST, max(shortest, 0.0105 * expected + 0.1 * late))
