"""How a call is repeated that may be repeated: throttled and broken tries are made again, with growing pauses."""

from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import TypeVar

import stamina

from bot.dashscope.errors import ServiceError

T = TypeVar("T")


@dataclass(frozen=True)
class RetryPolicy:
    """How long a call that may be repeated is repeated.

    Args:
        attempts: tries in all.
        seconds: no new try after this time.
        first_pause: seconds before the second try; doubles then, with as much jitter again.
        longest_pause: seconds.
    """

    attempts: int = 6
    seconds: float = 20.0
    first_pause: float = 0.5
    longest_pause: float = 6.0


async def repeat(policy: RetryPolicy, name: str, attempt: Callable[[], Awaitable[T]]) -> T:
    """Make tries of a call until one does not meet the service's trouble, or the policy ends them."""
    tries = stamina.retry_context(
        on=ServiceError,
        attempts=policy.attempts,
        timeout=policy.seconds,
        wait_initial=policy.first_pause,
        wait_max=policy.longest_pause,
        wait_jitter=policy.first_pause,
    ).with_name(f"dashscope {name}", (), {})
    async for one in tries:
        with one:
            return await attempt()
    raise AssertionError("unreachable: the last try returns or raises")
