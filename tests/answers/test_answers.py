"""Some hundred spoilt answers at every run; `python -m tests.answers` reads as many as one likes."""

import json
from random import Random

import pytest

from bot.dashscope.errors import ListUnsupported, PersonError
from bot.dashscope.types import Task, Verdict
from tests.answers.check import broken_by, check, outcome_of
from tests.answers.mutate import mutate
from tests.answers.recorded import RECORDED, Recorded


def test_no_answer_breaks_a_reader_or_ends_what_is_paid() -> None:
    assert [line for number in range(600) if (line := check(7, number))] == []


@pytest.mark.parametrize("recorded", RECORDED, ids=lambda recorded: f"{recorded.call} {recorded.status}")
def test_what_was_recorded_is_read_as_it_was_meant(recorded: Recorded) -> None:
    outcome = outcome_of(recorded, recorded.status, json.dumps(recorded.fields).encode())
    if recorded.status == 200:
        assert isinstance(outcome, Verdict | str | Task | tuple)
    else:
        assert isinstance(outcome, Exception | Verdict)
        assert recorded.call != "list" or isinstance(outcome, ListUnsupported)


def test_a_promise_that_is_broken_is_noticed() -> None:
    ended = next(each for each in RECORDED if each.call == "poll" and each.status == 200)
    assert broken_by(ended, 200, b'{"output": {"task_status": "FAILED"}}') is not None
    taken = next(each for each in RECORDED if each.call == "submit" and each.well)
    assert broken_by(taken, 200, b'{"code": "DataInspectionFailed"}') is not None
    assert isinstance(outcome_of(taken, 200, b'{"code": "DataInspectionFailed"}'), PersonError)


def test_the_same_seed_spoils_the_same_way() -> None:
    first, second = (mutate(Random(5), 200, {"output": {"task_id": "t"}}) for _ in range(2))
    assert first == second
