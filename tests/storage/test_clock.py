"""The clock that all machines go by."""

import re
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
import time_machine

from storage import clock
from storage.clock import forget, hear, unix_now

ROOT = Path(__file__).parents[2]
OWN = {"storage/clock.py", "storage/backup.py"}
"""Files that may look at the machine's own clock: a backup is a file of one machine's."""


@pytest.fixture(autouse=True)
def alone() -> Iterator[None]:
    forget()
    yield
    forget()


@pytest.fixture
def counted(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """What the clock that nobody sets shows; whoever looks takes the first one, as long as there is another."""
    shown = [100.0]
    monkeypatch.setattr(clock, "monotonic", lambda: shown.pop(0) if len(shown) > 1 else shown[0])
    return shown


def test_a_machine_alone_goes_by_its_own_clock() -> None:
    with time_machine.travel(1e9, tick=False):
        assert unix_now() == 1e9


def test_what_the_database_says_counts_however_the_machines_own_clock_is_set(counted: list[float]) -> None:
    hear(5000.0, asked_at=100.0)
    counted[:] = [160.0]
    with time_machine.travel(time.time() + 72_000):
        assert unix_now() == 5060.0


def test_a_slow_way_changes_nothing_and_a_clock_that_was_set_does(counted: list[float]) -> None:
    hear(5000.0, asked_at=100.0)
    counted[:] = [104.0]
    hear(5004.0, asked_at=100.0)  # asked at the database's 5000, answered at 5004
    assert unix_now() == 5004.0
    hear(9000.0, asked_at=104.0)
    assert unix_now() == 9000.0


def test_a_quick_answer_is_believed_more_than_a_slow_one(counted: list[float]) -> None:
    counted[:] = [104.0]
    hear(5003.5, asked_at=100.0)
    assert unix_now() == 5005.5
    hear(5004.0, asked_at=104.0)
    assert unix_now() == 5004.0


def test_nothing_that_is_shared_is_told_by_a_machines_own_clock() -> None:
    files = [
        path for room in ("storage", "handlers", "bot/render", "bot/gates") for path in (ROOT / room).rglob("*.py")
    ]
    own = [str(path.relative_to(ROOT)) for path in files if re.search(r"time\.time\b", path.read_text("utf-8"))]
    assert sorted(own) == sorted(OWN)
