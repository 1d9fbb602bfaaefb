"""What the real API refuses is refused here, in its words."""

import io
from datetime import timedelta
from typing import Any

import aiohttp
import pytest
from telegram import Bot
from telegram.error import BadRequest, Forbidden, RetryAfter

from bot.sandbox.telegram import Person, TelegramServer
from tests.sandbox.telegram.conftest import Api, Refused, picture


async def refusal(call: Any) -> str:
    with pytest.raises(Refused) as caught:
        await call
    return str(caught.value)


@pytest.mark.parametrize(
    ("method", "params", "words"),
    [
        ("sendMessage", {"text": ""}, "400 Bad Request: message text is empty"),
        ("sendMessage", {"text": " \n "}, "400 Bad Request: message text is empty"),
        ("sendMessage", {}, "400 Bad Request: message text is empty"),
        ("sendMessage", {"text": "x" * 4097}, "400 Bad Request: message is too long"),
        (
            "sendMessage",
            {"text": "<b>x", "parse_mode": "HTML"},
            "400 Bad Request: can't parse entities: Can't find end",
        ),
        ("sendMessage", {"text": "x", "reply_parameters": {"message_id": 99}}, "message to be replied not found"),
        ("sendMessage", {"text": "x", "message_thread_id": 7}, "message thread not found"),
        ("sendPhoto", {}, "400 Bad Request: there is no photo in the request"),
        ("sendPhoto", {"photo": "AgAC"}, "400 Bad Request: wrong file identifier/HTTP URL specified"),
        ("sendPhoto", {"photo": "x", "caption": "x" * 1025}, "400 Bad Request: message caption is too long"),
        ("sendChatAction", {"action": "dance"}, "400 Bad Request: wrong parameter action in request"),
        ("editMessageText", {"message_id": 99, "text": "x"}, "400 Bad Request: message to edit not found"),
        ("editMessageText", {"message_id": 1, "text": "x"}, "400 Bad Request: message can't be edited"),
        ("editMessageText", {"text": "x"}, "400 Bad Request: message identifier is not specified"),
        ("deleteMessage", {"message_id": 99}, "400 Bad Request: message to delete not found"),
        ("setMessageReaction", {"message_id": 99}, "400 Bad Request: message to react not found"),
    ],
)
async def test_a_call_that_is_refused(api: Api, alice: Person, method: str, params: dict[str, Any], words: str):
    assert words in await refusal(api(method, chat_id=alice.user.id, **params))


@pytest.mark.parametrize(
    ("button", "words"),
    [
        ({"text": "x", "callback_data": "é" * 32 + "x"}, "400 Bad Request: BUTTON_DATA_INVALID"),
        ({"text": "x", "callback_data": ""}, "400 Bad Request: BUTTON_DATA_INVALID"),
        ({"text": "x"}, "Text buttons are unallowed in the inline keyboard"),
        ({"text": "x", "url": "nowhere"}, "Wrong HTTP URL"),
    ],
)
async def test_a_button_that_is_refused(api: Api, alice: Person, button: dict[str, str], words: str):
    markup = {"inline_keyboard": [[button]]}
    assert words in await refusal(api("sendMessage", chat_id=alice.user.id, text="x", reply_markup=markup))


async def test_callback_data_of_64_bytes_is_taken(api: Api, alice: Person):
    markup = {"inline_keyboard": [[{"text": "x", "callback_data": "é" * 32}]]}
    sent = await api("sendMessage", chat_id=alice.user.id, text="x", reply_markup=markup)
    assert sent["reply_markup"] == markup


async def test_an_edit_must_change_something(api: Api, alice: Person):
    sent = await api("sendMessage", chat_id=alice.user.id, text="one")
    where = {"chat_id": alice.user.id, "message_id": sent["message_id"]}
    assert "message is not modified: " in await refusal(api("editMessageText", text=" one ", **where))
    assert (await api("editMessageText", text="two", **where))["edit_date"]
    assert "there is no caption in the message to edit" in await refusal(
        api("editMessageCaption", caption="x", **where)
    )
    await api("deleteMessage", **where)
    assert "message to edit not found" in await refusal(api("editMessageText", text="three", **where))


async def test_a_missing_message_may_be_replied_to_when_allowed(api: Api, alice: Person):
    allowed = {"message_id": 99, "allow_sending_without_reply": True}
    sent = await api("sendMessage", chat_id=alice.user.id, text="x", reply_parameters=allowed)
    assert "reply_to_message" not in sent


async def test_a_press_must_be_answered_in_time(server: TelegramServer, api: Api, alice: Person):
    words = "400 Bad Request: query is too old and response timeout expired or query ID is invalid"
    assert await refusal(api("answerCallbackQuery", callback_query_id="123")) == words
    markup = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}]]}
    await api("sendMessage", chat_id=alice.user.id, text="ready?", reply_markup=markup)
    press = alice.presses(await alice.sees("ready"), "Go")
    server.limits.callback_seconds = 0
    assert await refusal(api("answerCallbackQuery", callback_query_id=press.query.id)) == words


async def test_people_who_cannot_be_written_to(server: TelegramServer, bot: Bot, alice: Person):
    bob = server.person("Bob")
    with pytest.raises(BadRequest, match="Chat not found"):
        await bot.send_message(42, "x")
    with pytest.raises(Forbidden, match="bot can't initiate conversation with a user"):
        await bot.send_message(bob.user.id, "x")
    alice.blocks_bot()
    with pytest.raises(Forbidden, match="bot was blocked by the user"):
        await bot.send_message(alice.user.id, "x")
    assert server.updates()[-1]["my_chat_member"]["new_chat_member"]["status"] == "kicked"
    alice.unblocks_bot()
    await bot.send_message(alice.user.id, "welcome back")


async def test_too_many_messages(server: TelegramServer, bot: Bot, alice: Person):
    server.limits.per_chat_second = 1
    await bot.send_message(alice.user.id, "one")
    with pytest.raises(RetryAfter) as caught:
        await bot.send_message(alice.user.id, "two")
    assert caught.value.retry_after == timedelta(seconds=1)
    bob = server.person("Bob")
    bob.starts()
    await bot.send_message(bob.user.id, "not his fault")


async def test_a_group_takes_only_so_many_a_minute(server: TelegramServer, api: Api, alice: Person):
    group = server.group("Friends", members=[alice])
    server.limits.per_group_minute = 3
    for number in range(3):
        await api("sendMessage", chat_id=group.chat.id, text=str(number))
    with pytest.raises(Refused) as caught:
        await api("sendMessage", chat_id=group.chat.id, text="4")
    assert caught.value.status == 429
    assert 50 <= caught.value.body["parameters"]["retry_after"] <= 60


async def test_an_upload_that_is_too_large_is_heard_of(server: TelegramServer, api: Api, alice: Person):
    server.limits.upload_bytes = 100_000
    form = aiohttp.FormData({"chat_id": str(alice.user.id)})
    form.add_field("document", io.BytesIO(b"x" * 3_000_000), filename="big.bin")
    assert await refusal(api("sendDocument", form)) == "413 Request Entity Too Large"
    assert list(server.world.files.folder.glob("upload-*")) == []


async def test_the_wrong_token(server: TelegramServer, api: Api):
    async with aiohttp.ClientSession() as session:
        async with session.get(f"{server.url}/bot1:other/getMe") as answer:
            assert answer.status == 401
            assert await answer.json() == {"ok": False, "error_code": 401, "description": "Unauthorized"}
        async with session.get(f"{server.url}/file/bot1:other/photos/file_1.jpg") as answer:
            assert answer.status == 401


async def test_a_photo_that_is_no_photo(api: Api, alice: Person):
    form = aiohttp.FormData({"chat_id": str(alice.user.id)})
    form.add_field("photo", b"nonsense", filename="x.jpg")
    assert "IMAGE_PROCESS_FAILED" in await refusal(api("sendPhoto", form))
    form = aiohttp.FormData({"chat_id": str(alice.user.id)})
    form.add_field("document", b"", filename="x.bin")
    assert "file must be non-empty" in await refusal(api("sendDocument", form))


async def test_a_file_is_sent_only_as_what_it_is(server: TelegramServer, api: Api, alice: Person):
    photo = alice.sends_photo(picture())
    words = await refusal(api("sendVideo", chat_id=alice.user.id, video=photo.file.file_id))
    assert words == "400 Bad Request: can't use file of type Photo as Video"
