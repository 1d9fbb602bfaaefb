"""Any module-level function of a test as a job for a child."""

from collections.abc import Callable
from pathlib import Path
from typing import Any

from bot.media.jobs import Job


def asked(
    function: Callable[..., Any], *sources: Path, target: Path | None = None, answer: Any = int, **options: Any
) -> Job[Any]:
    return Job(f"{function.__module__}:{function.__qualname__}", answer, sources, target, options)
