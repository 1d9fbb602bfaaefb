"""The clock by which rows are written and judged: the database's, where several machines share it.

Their own clocks may be hours apart, and each reads what the others wrote: since when a render is in trouble, whether a
link has expired, which day a budget is of. So each asks the database with every sign of life, and counts on from there
by a clock that nobody sets. Where there is nobody else, as on SQLite, it is this machine's own.
"""

import time
from dataclasses import dataclass


@dataclass(frozen=True)
class Told:
    """What the database's clock has told.

    Args:
        ahead: seconds that it is ahead of `monotonic`.
        within: seconds that this may be off: half of the time that the question took.
    """

    ahead: float
    within: float


_told: list[Told] = []
"""The last word that counts, if there was one; a process works on one database."""


def monotonic() -> float:
    """Return the seconds of a clock that nobody sets, and that goes on while the machine sleeps."""
    return time.clock_gettime(time.CLOCK_BOOTTIME) if hasattr(time, "CLOCK_BOOTTIME") else time.monotonic()


def unix_now() -> float:
    """Return the Unix time that all machines agree on."""
    return monotonic() + _told[0].ahead if _told else time.time()


def hear(unix: float, asked_at: float) -> None:
    """Take what the database's clock has told just now; what the way there explains changes nothing.

    Args:
        asked_at: when it was asked, by `monotonic`; it answered between then and now.
    """
    half = (monotonic() - asked_at) / 2
    new = Told(unix - (asked_at + half), half)
    if not _told or new.within < _told[0].within or abs(new.ahead - _told[0].ahead) > new.within + _told[0].within:
        _told[:] = [new]


def forget() -> None:
    """Go by this machine's own clock again."""
    _told.clear()
