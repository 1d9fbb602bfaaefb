"""Say something at most once a minute: a thousand photos do not get a thousand answers."""

import time
from collections.abc import Hashable

QUIET_SECONDS = 60.0


class Seldom:
    """Remembers to whom something was said within the last minute."""

    def __init__(self) -> None:
        self._said: dict[Hashable, float] = {}

    def may_say(self, to: Hashable) -> bool:
        """Return whether to say it now, and count it as said."""
        now = time.monotonic()
        if now - self._said.get(to, -QUIET_SECONDS) < QUIET_SECONDS:
            return False
        self._said = {who: at for who, at in self._said.items() if now - at < QUIET_SECONDS}
        self._said[to] = now
        return True
