"""The database goes away under an update, or under the note of one: it is handled once, and nobody hears of it."""

from collections.abc import Sequence
from typing import Any

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.sandbox.telegram import Person
from handlers import context
from handlers.transport import inbox, patient_application
from handlers.transport.patient_application import MOST_TRIES
from storage.inbox import Body, write_updates
from storage.situation import read_situation
from tests.stories.conftest import PORTRAIT, World

GONE = sa.exc.OperationalError("SELECT", {}, Exception("server closed the connection unexpectedly"))


def break_reading(monkeypatch: pytest.MonkeyPatch, times: int) -> list[int]:
    """Let the database go away so many times under whoever sends a photo."""
    calls: list[int] = []

    async def read(*arguments: Any, **named: Any) -> Any:
        calls.append(1)
        if len(calls) <= times:
            raise GONE
        return await read_situation(*arguments, **named)

    monkeypatch.setattr(context, "read_situation", read)
    monkeypatch.setattr(patient_application, "LONGEST_AGAIN_PAUSE", 0.2)
    return calls


def said_to(world: World, person: Person) -> list[str]:
    return [message.text for message in world.telegram.chat_history(person) if message.sender.is_bot]


async def test_an_update_whose_handler_lost_the_database_is_handled_again(
    world: World, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = break_reading(monkeypatch, times=2)
    async with world.bot():
        alice.sends_photo(PORTRAIT)
        await alice.sees("Good photo")
    assert len(calls) == 3
    assert not [text for text in said_to(world, alice) if "wrong" in text]


async def test_an_update_that_the_database_never_takes_is_given_up_with_a_word(
    world: World, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    calls = break_reading(monkeypatch, times=MOST_TRIES)
    async with world.bot():
        alice.sends_photo(PORTRAIT)
        await alice.sees("Something went wrong")
        alice.sends("/help")
        await alice.sees("that's all")
    assert len(calls) == MOST_TRIES


async def test_an_update_that_was_written_though_nobody_heard_of_it_is_handled_once(
    world: World, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    lost: list[int] = []

    async def write(database: AsyncEngine, bodies: Sequence[Body], machine: str | None) -> list[Body]:
        unhandled = await write_updates(database, bodies, machine)
        if unhandled and not lost:
            lost.append(1)
            raise GONE
        return unhandled

    monkeypatch.setattr(inbox, "write_updates", write)
    async with world.bot():
        alice.sends("/help")
        await alice.sees("that's all")
        alice.sends("/status")
        await alice.sees("Nothing is in the works")
    assert lost
    assert len([text for text in said_to(world, alice) if "that's all" in text]) == 1
