"""The service's clock, as its answers tell it."""

import time
from email.utils import formatdate

import pytest

from bot.dashscope.clock import ServiceClock


@pytest.mark.parametrize("ahead", [0, -7200, 86_400])
def test_the_date_of_an_answer_tells_how_far_the_clocks_are_apart(ahead: float) -> None:
    clock = ServiceClock()
    clock.hear(formatdate(time.time() + ahead, usegmt=True))
    assert clock.ahead == pytest.approx(ahead, abs=2)


@pytest.mark.parametrize("date", [None, "", "yesterday", "Thu, 45 Foo 2026 99:99:99 GMT"])
def test_what_is_no_date_tells_nothing(date: str | None) -> None:
    clock = ServiceClock(ahead=7.0)
    clock.hear(date)
    assert clock.ahead == 7.0
