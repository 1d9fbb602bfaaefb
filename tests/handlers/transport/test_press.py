"""Somebody presses a button: it is read whatever Telegram still shows of its message, and answered if it can be."""

import json
import re
from typing import Any

import pytest
from telegram import Bot, Update
from telegram.error import BadRequest, NetworkError
from telegram.request import BaseRequest, RequestData

from handlers.transport.press import Press, read_press

ANN = {"id": 7, "is_bot": False, "first_name": "Ann"}
PATTERN = re.compile(r"game:(?P<what>on|off)")


class Telegram(BaseRequest):
    """Notes what it is asked; answers as it is told, and refuses the rest with `error`, if there is one."""

    read_timeout = None

    def __init__(self, error: Exception | None = None, answers: dict[str, dict[str, Any]] | None = None) -> None:
        self.calls: list[tuple[str, dict[str, Any]]] = []
        self._error = error
        self._answers = answers or {}

    async def initialize(self) -> None:
        pass

    async def shutdown(self) -> None:
        pass

    async def do_request(
        self, url: str, method: str, request_data: RequestData | None = None, *_: Any, **__: Any
    ) -> tuple[int, bytes]:
        method = url.rpartition("/")[2]
        self.calls.append((method, request_data.parameters if request_data else {}))
        if (result := self._answers.get(method)) is not None:
            return 200, json.dumps({"ok": True, "result": {**result, "user": ANN}}).encode()
        if self._error is not None:
            raise self._error
        sent = {"message_id": 6, "date": 1, "chat": {"id": -100, "type": "supergroup", "title": "Friends"}}
        return 200, json.dumps({"ok": True, "result": sent if url.endswith("/sendMessage") else True}).encode()


def pressed(telegram: Telegram, data: str = "game:on", presser: int = 7, date: int = 1_700_000_000) -> Update:
    """The update of a press; one of date 0 belongs to a message that Telegram shows no more."""
    bot = Bot("1:" + "a" * 35, request=telegram, get_updates_request=telegram)
    group = {"id": -100, "type": "supergroup", "title": "Friends"}
    query = {"id": "1", "from": {**ANN, "id": presser}, "chat_instance": "1"}
    message = {"message_id": 5, "chat": group, "date": date}
    return Update.de_json({"update_id": 1, "callback_query": {**query, "message": message, "data": data}}, bot)


async def read(update: Update) -> Press:
    press = await read_press(update, PATTERN)
    assert press is not None
    return press


async def test_a_press_is_read_although_its_message_is_not_shown_any_more() -> None:
    telegram = Telegram()
    press = await read(pressed(telegram, date=0))
    assert (press.match["what"], press.chat.id, press.user_id, press.message) == ("on", -100, 7, None)
    await press.show_text("On")
    assert telegram.calls == [("editMessageText", {"text": "On", "chat_id": -100, "message_id": 5})]
    await press.reply("Off it goes.")
    name, call = telegram.calls[1]
    assert (name, call["chat_id"], call["reply_parameters"]["message_id"]) == ("sendMessage", -100, 5)


async def test_a_button_that_nobody_knows_any_more_gets_a_kind_word() -> None:
    telegram = Telegram()
    assert await read_press(pressed(telegram, data="game:sideways"), PATTERN) is None
    (call,) = telegram.calls
    assert call[0] == "answerCallbackQuery"
    assert "gone by now" in call[1]["text"]


@pytest.mark.parametrize("error", [BadRequest("Query is too old"), NetworkError("no way there")])
async def test_what_telegram_does_not_take_of_the_answer_stops_nothing(error: Exception) -> None:
    telegram = Telegram(error)
    press = await read(pressed(telegram))
    await press.say("Done", alert=True)
    await press.show_buttons(None)
    await press.show_text("On")
    assert await read_press(pressed(telegram, data="game:sideways"), PATTERN) is None
    assert [name for name, _ in telegram.calls] == [
        "answerCallbackQuery",
        "editMessageReplyMarkup",
        "editMessageText",
        "answerCallbackQuery",
    ]


async def test_what_was_asked_in_the_name_of_a_person_is_theirs_alone() -> None:
    press = await read(pressed(Telegram(BadRequest("not needed"))))
    assert await press.is_by(7)
    assert not await press.is_by(8)


@pytest.mark.parametrize(
    ("answers", "may"),
    [
        ({"getChatMember": {"status": "creator", "is_anonymous": False}}, True),
        ({"getChatMember": {"status": "left"}}, False),
        ({}, True),
    ],
)
async def test_what_a_channel_asked_for_is_its_admins_or_where_telegram_does_not_tell_anybodys(
    answers: dict[str, dict[str, Any]], may: bool
) -> None:
    press = await read(pressed(Telegram(BadRequest("member list is inaccessible"), answers)))
    assert await press.is_by(-1_000_000_000_077) is may
