"""Whoever waits has the first free slot there is, on whichever machine."""

from types import SimpleNamespace
from typing import cast

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.render.accounts import Account, Accounts
from bot.render.resources import Resources
from bot.render.slots import Slots
from bot.render.turns import TURN, Turns
from tests.render.test_accounts import NOTHING
from tests.storage.conftest import database, migrated_url, schema_of_all
from tests.storage.test_queue import ALICE, BOB, ask

__all__ = ["database", "migrated_url", "schema_of_all"]


class OneSlot:
    """A machine among others with one slot: what it has begun, and what it said to the others."""

    def __init__(self, database: AsyncEngine) -> None:
        accounts = Accounts(lambda name, _: Account(name, NOTHING, NOTHING), {"one": "key"})
        machine = SimpleNamespace(id="here", call=self._call)
        resources = SimpleNamespace(database=database, accounts=accounts, machine=machine)
        self.begun: list[str] = []
        self.said: list[str] = []
        self.slots = Slots(accounts)
        self.turns = Turns(cast(Resources, resources), self.slots, self._launch)

    async def _call(self, word: str) -> None:
        self.said.append(word)

    async def _launch(self, render_id: str) -> None:
        self.begun.append(render_id)


@pytest.fixture
def machine(database: AsyncEngine) -> OneSlot:
    return OneSlot(database)


async def test_who_comes_while_a_slot_is_free_has_it_and_the_others_are_left_in_peace(
    machine: OneSlot, database: AsyncEngine
) -> None:
    render = await ask(database, ALICE, 1)
    machine.turns.ask()
    await machine.turns.give()
    assert (machine.begun, machine.said) == ([render], [])


async def test_of_two_who_come_at_once_the_second_may_have_another_machines_slot(
    machine: OneSlot, database: AsyncEngine
) -> None:
    first, _ = await ask(database, ALICE, 1), await ask(database, BOB, 1)
    machine.turns.ask()
    machine.turns.ask()
    await machine.turns.give()
    assert (machine.begun, machine.said) == ([first], [TURN])


async def test_who_comes_while_the_slot_is_being_given_away_may_have_another_machines(
    machine: OneSlot, database: AsyncEngine, monkeypatch: pytest.MonkeyPatch
) -> None:
    await ask(database, ALICE, 1)
    launch = machine._launch

    async def launch_as_another_comes(render_id: str) -> None:
        await ask(database, BOB, 1)
        machine.turns.ask()
        await launch(render_id)

    monkeypatch.setattr(machine.turns, "_launch", launch_as_another_comes)
    await machine.turns.give()
    assert (len(machine.begun), machine.said) == (1, [])
    assert machine.slots.changed.is_set()
    await machine.turns.give()
    assert (len(machine.begun), machine.said) == (1, [TURN])


async def test_who_cannot_help_does_not_ask_for_help_in_turn(machine: OneSlot, database: AsyncEngine) -> None:
    for chat in (ALICE, BOB):
        await ask(database, chat, 1)
    machine.turns.ask()
    await machine.turns.give()
    machine.said.clear()
    machine.slots.changed.set()  # a word of another machine
    await machine.turns.give()
    assert machine.said == []
