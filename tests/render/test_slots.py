"""Who has a slot, who stands aside, and whose turn it is to come back."""

from typing import Any, cast
from unittest.mock import Mock

import pytest

from bot.dashscope.errors import AccountError
from bot.render.accounts import Account, Accounts
from bot.render.slots import Slots
from storage.renders import Render


def render(name: str, chat_id: int) -> Render:
    """As much of a render as slots look at."""
    row: Any = Mock(spec=["id", "chat_id"])
    row.id, row.chat_id = name, chat_id
    return cast(Render, row)


def accounts(*names: str) -> Accounts:
    """As much of the accounts as slots look at."""
    nothing = cast(Any, None)
    return Accounts(lambda name, _: Account(name, nothing, nothing, first_rest=60.0), dict.fromkeys(names, "key"))


A, B, C = (render(name, chat) for chat, name in enumerate("abc"))
OF_A = render("a2", A.chat_id)


@pytest.fixture
def woken() -> list[str]:
    """Ids of those that were woken, in order."""
    return []


@pytest.fixture
def slots(woken: list[str]) -> Slots:
    """One slot, which A has."""
    slots = Slots(accounts("one"), 1, woken.append)
    slots.take(A)
    return slots


def test_who_steps_aside_makes_room_for_somebody_new(slots: Slots) -> None:
    assert not slots.has_room
    slots.step_aside(A)
    assert slots.has_room
    assert slots.changed.is_set()


def test_who_was_aside_comes_back_before_anybody_new(slots: Slots, woken: list[str]) -> None:
    slots.step_aside(A)
    slots.take(B)
    assert not slots.come_back(A)
    slots.changed.clear()
    slots.free(B.id)
    assert (woken, slots.has_room, slots.changed.is_set()) == (["a"], False, False)
    assert slots.come_back(A)
    assert slots.chats == {A.chat_id}


def test_they_come_back_in_turn(slots: Slots, woken: list[str]) -> None:
    for one, other in ((A, B), (B, C)):
        slots.step_aside(one)
        slots.take(other)
        assert not slots.come_back(one)
    for done, one in ((C, A), (A, B)):
        slots.free(done.id)
        assert woken[-1] == one.id
        assert slots.come_back(one)


def test_who_does_not_come_back_leaves_the_turn_to_the_next(slots: Slots, woken: list[str]) -> None:
    slots.step_aside(A)
    slots.take(B)
    assert not slots.come_back(A)
    slots.free(B.id)
    slots.free(A.id)
    assert (woken, slots.has_room, slots.changed.is_set()) == (["a"], True, True)


def test_a_chat_has_one_slot_also_for_who_comes_back(woken: list[str]) -> None:
    slots = Slots(accounts("one"), 2, woken.append)
    slots.take(A)
    slots.step_aside(A)
    slots.take(OF_A)
    assert not slots.come_back(A)
    assert slots.has_room, "another chat need not wait for this one"
    slots.free(OF_A.id)
    assert slots.come_back(A)


def test_who_has_no_slot_has_none_to_leave(slots: Slots) -> None:
    slots.step_aside(B)
    assert slots.come_back(B)
    assert not slots.has_room


def test_each_account_has_slots_of_its_own_and_who_has_least_is_next() -> None:
    slots = Slots(accounts("one", "two"), 1)
    slots.take(A)
    slots.take(B)
    assert {slots.account_of(A.id), slots.account_of(B.id)} == {"one", "two"}
    assert not slots.has_room
    freed = slots.account_of(A.id)
    slots.free(A.id)
    slots.take(C)
    assert slots.account_of(C.id) == freed


def test_an_account_that_refuses_is_passed_over_while_another_works() -> None:
    both = accounts("one", "two")
    slots = Slots(both, 1)
    slots.take(A, "one")
    both.called("one").note_shut(AccountError())
    slots.step_aside(A)
    assert slots.come_back(A)
    assert slots.account_of(A.id) == "two"
    assert not slots.has_room, "the other one is full, and this one rests"


def test_where_every_account_refuses_any_may_be_tried() -> None:
    both = accounts("one", "two")
    slots = Slots(both, 1)
    for account in both:
        account.note_shut(AccountError())
    slots.take(A)
    slots.take(B)
    assert {slots.account_of(A.id), slots.account_of(B.id)} == {"one", "two"}


def test_who_has_a_task_at_another_account_than_its_slot_s_moves_there(woken: list[str]) -> None:
    slots = Slots(accounts("one", "two"), 1, woken.append)
    slots.take(A, "one")
    slots.take(B, "two")
    slots.step_aside(B)
    slots.take(C, "two")
    assert not slots.come_back(B)
    slots.move(A, "two")
    assert woken == [B.id]
    assert slots.come_back(B)
    assert slots.account_of(B.id) == "one"
