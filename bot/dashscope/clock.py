"""How far the service's clock is from ours, as each of its answers tells."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC
from email.utils import parsedate_to_datetime


@dataclass
class ServiceClock:
    """The service's clock: seconds `ahead` of ours, negative behind; 0 until it has answered with a date.

    Args:
        ours: tells the Unix time that we go by.
    """

    ours: Callable[[], float] = time.time
    ahead: float = 0.0

    def hear(self, date: str | None) -> None:
        """Take the `Date` of an answer that has just come; one that is none tells nothing."""
        try:
            told = parsedate_to_datetime(date or "")
        except ValueError:
            return
        self.ahead = (told if told.tzinfo else told.replace(tzinfo=UTC)).timestamp() - self.ours()
