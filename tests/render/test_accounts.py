"""Whose turn it is among the accounts, and how one that refuses is passed over and comes back."""

from typing import Any, cast

import pytest

from bot.dashscope.errors import AccountError, AccountReason
from bot.render import accounts as module
from bot.render.accounts import Account, Accounts

NOTHING = cast(Any, None)
ARREARS = AccountError(reason=AccountReason.ARREARS)


class Clock:
    """A monotonic clock that goes on when it is told to."""

    def __init__(self) -> None:
        self.now = 1000.0

    def monotonic(self) -> float:
        return self.now


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    clock = Clock()
    monkeypatch.setattr(module, "time", clock)
    return clock


@pytest.fixture
def three() -> Accounts:
    """Three accounts; one that refuses rests for ten seconds at first."""
    return Accounts(lambda name, _: Account(name, NOTHING, NOTHING, 10.0), dict.fromkeys(("a", "b", "c"), "key"))


def names(found: list[Account]) -> str:
    return "".join(account.name for account in found)


def test_they_take_turns(three: Accounts, clock: Clock) -> None:
    order = ""
    for _ in range(6):
        clock.now += 1
        first = three.for_work()[0]
        three.give_work(first)
        order += first.name
    assert order == "abcabc"


def test_who_has_least_work_is_first(three: Accounts) -> None:
    assert names(three.for_work({"a": 2, "b": 1, "c": 3})) == "bac"


def test_one_that_refuses_is_passed_over_and_is_tried_again_before_all_others(three: Accounts, clock: Clock) -> None:
    three.called("b").note_shut(ARREARS)
    assert names(three.for_work()) == "ac"
    assert three.next_trial == 10
    clock.now += 10
    assert three.next_trial is None
    assert names(three.for_work()) == "bac"


def test_it_is_tried_by_one_at_a_time_and_ever_more_rarely(three: Accounts, clock: Clock) -> None:
    tried = three.called("b")
    tried.note_shut(ARREARS)
    clock.now += 10
    three.give_work(tried)
    assert names(three.for_work()) == "ac", "the answer of the first try is waited for"
    tried.note_shut(ARREARS)
    tried.note_shut(ARREARS)
    assert three.next_trial == pytest.approx(17)
    clock.now += 10_000
    for _ in range(20):
        tried.rest_again()
    assert three.next_trial == module.LONGEST_REST


def test_one_that_works_again_is_as_good_as_any(three: Accounts, clock: Clock) -> None:
    tried = three.called("b")
    tried.note_shut(ARREARS, order=True)
    clock.now += 10
    tried.note_working(order=True)
    assert names(three.for_work()) == "abc"
    assert three.in_trouble == []
    tried.note_shut(ARREARS)
    assert three.next_trial == 10, "its rests are short again"


def test_where_none_works_any_may_be_tried(three: Accounts) -> None:
    for account in three:
        account.note_shut(ARREARS)
    assert names(three.for_work()) == "abc"
    assert not three.any_works


def test_that_it_looks_at_photos_does_not_say_that_it_takes_orders(three: Accounts, clock: Clock) -> None:
    account = three.called("a")
    account.note_shut(ARREARS, order=True)
    clock.now += 10
    assert names(three.for_work(looks=True)) == "bc"
    account.note_working()
    assert account.shut
    account.note_working(order=True)
    assert not account.shut


def test_a_model_is_gone_only_where_no_account_has_it(three: Accounts) -> None:
    for account in three:
        assert not three.lack_model
        account.note_shut(AccountError(reason=AccountReason.RETIRED))
    assert three.lack_model


def test_one_whose_key_was_taken_away_is_known_by_its_tasks_only(three: Accounts) -> None:
    gone = three.called("gone")
    gone.note_shut(ARREARS)
    assert three.called("gone") is gone
    assert "gone" not in three
    assert three.in_trouble == [gone]
    assert names(three.for_work()) == "abc"
