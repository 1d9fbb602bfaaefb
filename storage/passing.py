"""Errors of a database that pass by themselves, and how to wait for their end."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import TypeVar

import sqlalchemy as sa
import structlog

log = structlog.get_logger(__name__)

T = TypeVar("T")

PASSING = (sa.exc.OperationalError, sa.exc.InterfaceError, sa.exc.TimeoutError)
"""Errors of a database that is locked, restarting or unreachable just now."""

FIRST_PAUSE, LONGEST_PAUSE, GROWTH = 0.1, 2.0, 1.7
"""Seconds before a database is asked again, at first and at most."""


def pauses() -> Iterator[float]:
    """Yield without end the seconds to wait before the database is asked again."""
    pause = FIRST_PAUSE
    while True:
        yield pause
        pause = min(LONGEST_PAUSE, pause * GROWTH)


def cause_of(error: BaseException) -> str:
    """Return the first line of what the database itself said, without SQLAlchemy's frame; of others, of their text."""
    said = getattr(error, "orig", None) or error
    return (str(said).strip().splitlines() or [type(said).__name__])[0]


async def until_written(write: Callable[[], Awaitable[T]]) -> T:
    """Write until the database takes it, what may be written twice.

    It is for what has happened outside: where that were forgotten, it would be paid, or said, again.
    """
    for pause in pauses():
        try:
            return await write()
        except PASSING as error:
            log.warning("the database has not taken what must be noted", why=cause_of(error), again_in=round(pause, 1))
        await asyncio.sleep(pause)
    raise AssertionError  # pauses never end
