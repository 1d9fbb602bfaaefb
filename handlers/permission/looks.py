"""How a picture looks, in 64 bits that stay nearly the same when it is scaled or pressed."""

import re
from pathlib import Path

from bot.media.child import run_limited
from bot.media.jobs import tell_likeness

LIKENESS = re.compile(r"[0-9a-f]{16}")


async def look_of(picture: Path) -> str | None:
    """Return how a fit picture looks; None for an answer that is none."""
    told = await run_limited(tell_likeness(picture))
    return told if LIKENESS.fullmatch(told) else None
