"""Growing pauses: what fails is tried again soon at first, and ever more rarely."""

from collections.abc import Iterator

GROWTH = 1.7


def growing_pauses(first: float, longest: float) -> Iterator[float]:
    """Yield without end the seconds to wait before each next try, from `first` up to `longest`."""
    pause = first
    while True:
        yield pause
        pause = min(longest, pause * GROWTH)
