"""A limit of a day holds over restarts, and a clock that is set ends nothing at once."""

import time
from datetime import timedelta

import pytest
import time_machine

from bot.render.patience import LEAST, deadline

DAY = 24 * 3600.0


def left(since: float | None) -> float:
    return deadline(DAY, since) - time.monotonic()


@pytest.mark.parametrize(
    ("hours", "remain"), [(None, DAY), (0, DAY), (20, DAY - 20 * 3600), (23.5, LEAST), (900, LEAST), (-9, DAY)]
)
def test_a_new_process_goes_on_where_the_one_before_was_for_an_hour_at_least(
    hours: float | None, remain: float
) -> None:
    assert left(None if hours is None else time.time() - 3600 * hours) == pytest.approx(remain, abs=5)


def test_a_clock_that_is_set_while_it_is_tried_changes_nothing() -> None:
    ends = deadline(DAY, time.time())
    with time_machine.travel(time.time()) as clock:
        clock.shift(timedelta(days=3))
        assert ends - time.monotonic() == pytest.approx(DAY, abs=5)


def test_what_takes_less_than_an_hour_takes_no_longer() -> None:
    assert deadline(5.0, time.time() - 100) - time.monotonic() == pytest.approx(5, abs=1)
