"""The list of an account's tasks: all its pages, in spans that the service takes."""

from collections.abc import Awaitable, Callable, Mapping
from datetime import UTC, datetime, timedelta

from bot.dashscope.outcomes import Page
from bot.dashscope.types import ListedTask
from bot.dashscope.values import write_time

LONGEST_LIST = timedelta(hours=24)
PAGE_SIZE = 100
MOST_PAGES = 200


async def list_all(
    model: str, since: datetime, until: datetime, ask: Callable[[Mapping[str, str]], Awaitable[Page]]
) -> list[ListedTask]:
    """Return every task of a model between two aware moments.

    Args:
        ask: brings the page of a query.
    """
    found: dict[str, ListedTask] = {}
    start = since.astimezone(UTC).replace(microsecond=0)
    end = until.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
    while start < end:
        stop = min(start + LONGEST_LIST, end)
        for number in range(1, MOST_PAGES + 1):
            rows, pages = await ask(_query(model, start, stop, number))
            found.update((row.task_id, row) for row in rows)
            if not rows or number >= pages:
                break
        start = stop
    return list(found.values())


def _query(model: str, start: datetime, stop: datetime, number: int) -> dict[str, str]:
    return {
        "start_time": write_time(start),
        "end_time": write_time(stop),
        "model_name": model,
        "page_no": str(number),
        "page_size": str(PAGE_SIZE),
    }
