"""What the API allows: sizes, lifetimes, and, when asked for, how often a bot may speak."""

import math
import time
from collections import deque
from dataclasses import dataclass, field

from bot.sandbox.telegram.refusal import flooded


@dataclass
class Limits:
    """Limits of one server; the flood limits are off (None) until set.

    Args:
        download_bytes: largest file that getFile gives (the real one: 20 MB).
        upload_bytes: most that one call may upload (50 MB).
        callback_seconds: how long a pressed button waits for its answer.
        per_second: messages in all (the real one: about 30).
        per_chat_second: messages in one chat (1).
        per_group_minute: messages in one group (20).
    """

    download_bytes: int = 20_000_000
    upload_bytes: int = 50_000_000
    callback_seconds: float = 60.0
    per_second: int | None = None
    per_chat_second: int | None = None
    per_group_minute: int | None = None
    _spent: dict[tuple[str, int], deque[float]] = field(default_factory=dict, repr=False)

    def spend(self, chat_id: int, count: int = 1) -> None:
        """Count messages to a chat; raises Refusal 429 for one too many."""
        rules = [(("all", 0), self.per_second, 1.0), (("chat", chat_id), self.per_chat_second, 1.0)]
        if chat_id < 0:
            rules.append((("group", chat_id), self.per_group_minute, 60.0))
        now = time.monotonic()
        for key, allowed, seconds in rules:
            times = self._spent.setdefault(key, deque())
            while times and now - times[0] >= seconds:
                times.popleft()
            if allowed is not None and len(times) + count > max(allowed, count):
                raise flooded(max(1, math.ceil(times[0] + seconds - now)))
        for key, allowed, _ in rules:
            if allowed is not None:
                self._spent[key].extend([now] * count)
