"""Calls that Telegram wants otherwise: to the chat that a group became, or without a reply."""

from collections.abc import Callable
from typing import Any

import pytest
from telegram import ReplyParameters
from telegram.error import BadRequest, ChatMigrated, TelegramError

from handlers.transport.corrections import Corrections
from handlers.transport.flood import FloodLimits

OLD, NEW = -5, -100_5
REPLY = ReplyParameters(7, allow_sending_without_reply=True)


class Calls:
    """A Telegram that refuses a call by what is in it, and notes what it takes."""

    def __init__(self, refuses: Callable[[dict[str, Any]], TelegramError | None]) -> None:
        self.refuses = refuses
        self.moves: list[tuple[int, int]] = []

    async def call(self, _: str, data: dict[str, Any]) -> dict[str, Any]:
        if (error := self.refuses(data)) is not None:
            raise error
        return data

    async def note(self, old: int, new: int) -> None:
        self.moves.append((old, new))

    async def make(self, endpoint: str, **data: Any) -> Any:
        corrections = Corrections(FloodLimits(), self.note)
        return await corrections.process_request(self.call, (endpoint, data), {}, endpoint, data, None)


def moved(data: dict[str, Any]) -> TelegramError | None:
    return ChatMigrated(NEW) if data["chat_id"] == OLD else None


def reply_gone(data: dict[str, Any]) -> TelegramError | None:
    return BadRequest("Message to be replied not found") if "reply_parameters" in data else None


async def test_what_is_for_a_group_that_moved_goes_to_its_new_chat_and_is_no_reply_there() -> None:
    calls = Calls(moved)
    assert await calls.make("sendMessage", chat_id=OLD, text="Hi", reply_parameters=REPLY) == {
        "chat_id": NEW,
        "text": "Hi",
    }
    assert calls.moves == [(OLD, NEW)]


async def test_a_message_of_the_old_group_is_not_looked_for_in_the_new_one() -> None:
    """The supergroup counts anew: by that number it has another message, or none."""
    calls = Calls(moved)
    with pytest.raises(BadRequest, match="has become a supergroup"):
        await calls.make("editMessageText", chat_id=OLD, message_id=7, text="Hi")
    assert calls.moves == [(OLD, NEW)]


async def test_a_chat_that_moves_in_a_circle_is_not_followed_for_ever() -> None:
    calls = Calls(lambda data: ChatMigrated(NEW if data["chat_id"] == OLD else OLD))
    with pytest.raises(ChatMigrated):
        await calls.make("sendMessage", chat_id=OLD, text="Hi")


async def test_a_reply_to_what_is_gone_is_sent_without_one() -> None:
    assert await Calls(reply_gone).make("sendVideo", chat_id=1, reply_parameters=REPLY) == {"chat_id": 1}


async def test_a_reply_that_must_be_one_is_not_sent_without() -> None:
    with pytest.raises(BadRequest):
        await Calls(reply_gone).make("sendVideo", chat_id=1, reply_parameters=ReplyParameters(7))


async def test_every_other_refusal_is_handed_on() -> None:
    with pytest.raises(BadRequest, match="No"):
        await Calls(lambda _: BadRequest("No")).make("sendVideo", chat_id=1, reply_parameters=REPLY)
