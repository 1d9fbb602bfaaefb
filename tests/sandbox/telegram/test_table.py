"""Calls are held against the API's own table."""

import pytest

from bot.sandbox.telegram import Person, TelegramServer
from bot.sandbox.telegram.server import METHODS
from bot.sandbox.telegram.table import load_table
from tests.sandbox.telegram.conftest import Api, Refused
from tests.sandbox.telegram.contract import load_spec


@pytest.mark.parametrize(
    ("params", "violation"),
    [
        ({"foo": 1}, "sendMessage: unknown parameter foo"),
        ({"protect_content": "maybe"}, "sendMessage: protect_content is not a boolean"),
        ({"message_effect_id": 5}, "sendMessage: message_effect_id is not a string"),
        ({"reply_parameters": "{"}, "sendMessage: reply_parameters is not the JSON of ReplyParameters"),
        ({"reply_parameters": {}}, "sendMessage: reply_parameters lacks message_id of ReplyParameters"),
        (
            {"reply_markup": {"inline_keyboard": [[{"text": "x", "data": "y"}]]}},
            "sendMessage: reply_markup.inline_keyboard[0][0] has no field data in InlineKeyboardButton",
        ),
    ],
)
async def test_what_the_api_ignores_is_noted(
    server: TelegramServer, api: Api, alice: Person, params: dict[str, object], violation: str
):
    await api("sendMessage", chat_id=alice.user.id, text="x", **params)
    assert server.violations == [violation]


async def test_a_method_that_is_missing_here_says_so(server: TelegramServer, api: Api):
    with pytest.raises(Refused, match="404 Not Found: method sendPoll is not in the sandbox"):
        await api("sendPoll", question="?")
    with pytest.raises(Refused, match=r"404 Not Found$"):
        await api("sendJoke")
    assert len(server.violations) == 2


async def test_names_are_taken_in_any_case_and_parameters_in_any_form(server: TelegramServer, api: Api, alice: Person):
    import aiohttp

    async with aiohttp.ClientSession() as session:
        url = f"{server.url}/bot{server.token}/SENDMESSAGE"
        params = {"chat_id": str(alice.user.id), "text": "by query", "disable_notification": "true"}
        async with session.get(url, params=params) as answer:
            assert (await answer.json())["result"]["text"] == "by query"
        async with session.post(url, data=params | {"text": "by form"}) as answer:
            assert (await answer.json())["result"]["text"] == "by form"
        async with session.post(url, data="{", headers={"Content-Type": "application/json"}) as answer:
            assert answer.status == 400
    assert server.violations == []


def test_every_method_here_is_one_of_the_api():
    assert METHODS.keys() <= load_table()["methods"].keys()


def test_the_table_is_the_machine_readable_one():
    spec = load_spec()
    if spec is None:
        pytest.skip("BOT_API_SPEC does not name a machine-readable Bot API")
    table = load_table()
    assert table["methods"].keys() == spec["methods"].keys()
    for name, method in spec["methods"].items():
        entry = table["methods"][name]
        assert entry["returns"] == method["returns"]
        fields = method.get("fields", [])
        assert entry["required"] == {field["name"]: field["types"] for field in fields if field["required"]}
        assert entry["optional"] == {field["name"]: field["types"] for field in fields if not field["required"]}
