"""Reads single values out of JSON that others wrote: whatever they are, it never fails."""

import math
import re
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

SERVICE_ZONE = timezone(timedelta(hours=8))
"""The service writes and reads times in UTC+8 without saying so."""

_LINK = re.compile(r"(?:https?|oss)://\S+", re.I)
_LONGEST_TEXT = 500


def clean(text: str) -> str:
    """Return the service's text without links, odd characters and length, so that it can be logged and stored."""
    printable = "".join(letter if letter.isprintable() else " " for letter in _LINK.sub("<link>", text))
    return " ".join(printable.split())[:_LONGEST_TEXT]


def read_text(value: object) -> str | None:
    """Return a text, or a whole number as one; None for anything else, and for nothing but blanks."""
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value) if abs(value) < 10**18 else None
    if not isinstance(value, str):
        return None
    return value.replace("\0", "").encode("utf-8", "replace").decode().strip() or None


def read_number(value: object) -> float | None:
    """Return a finite number, also one that is written as text."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def read_flag(value: object) -> bool | None:
    """Return yes or no, also where it is written as text or as a number."""
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return bool(value) if isinstance(value, bool | int) else None


def read_time(value: Any) -> datetime | None:
    """Return a moment in UTC from the service's stamp (UTC+8), an ISO stamp or milliseconds since 1970."""
    number = read_number(value)
    try:
        if number is not None:
            return datetime.fromtimestamp(number / 1000, UTC)
        if not isinstance(value, str):
            return None
        moment = datetime.fromisoformat(value.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=SERVICE_ZONE)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def write_time(moment: datetime) -> str:
    """Return the stamp that the list of tasks takes: `YYYYMMDDhhmmss` in UTC+8."""
    return moment.astimezone(SERVICE_ZONE).strftime("%Y%m%d%H%M%S")
