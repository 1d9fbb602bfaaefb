"""How long is long enough: a limit that holds over restarts, and that no clock which is set can end at once."""

import time

from storage.clock import unix_now

LEAST = 3600.0
"""Seconds that each process tries for, whatever the clock says of those before it."""


def deadline(longest: float, since: float | None) -> float:
    """Return when something has taken too long, by the monotonic clock.

    Args:
        longest: seconds in all.
        since: the Unix time at which it began, perhaps in an earlier process; None: it begins now.
    """
    spent = 0.0 if since is None else max(0.0, unix_now() - since)
    return time.monotonic() + min(longest, max(longest - spent, LEAST))
