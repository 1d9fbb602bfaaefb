"""What the doctor finds."""

from dataclasses import dataclass
from typing import Literal

Mark = Literal["✓", "✗", "!"]


@dataclass(frozen=True)
class Finding:
    """One line of the report: ✓ in order, ✗ must be mended, ! worth knowing."""

    mark: Mark
    text: str


def first_line(error: BaseException) -> str:
    """Return the first line of an error's text, or its name."""
    return (str(error).strip().splitlines() or [type(error).__name__])[0]
