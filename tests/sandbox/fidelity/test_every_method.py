"""Every method of the stand-in; each judge looks at all that was answered and all updates."""

from collections.abc import Callable
from typing import Any

import aiohttp
import pytest

from bot.sandbox.telegram import TelegramServer
from bot.sandbox.telegram.events import Event
from bot.sandbox.telegram.server import METHODS
from tests.sandbox.telegram import contract
from tests.sandbox.telegram.conftest import Api, picture
from tests.sandbox.telegram.test_profile import webm

Judge = Callable[[Any, str, str], list[str]]


def judge_with_spec(data: Any, kind: str, where: str) -> list[str]:
    if contract.load_spec() is None:
        pytest.skip("BOT_API_SPEC does not name a machine-readable Bot API (a JSON of its methods and types)")
    return contract.mistakes(data, [kind], where)


@pytest.fixture
async def every_method(server: TelegramServer, api: Api) -> list[Event]:
    """Everything that a bot and three people did to each other, every method at least once."""
    await call_every_method(server, api)
    events = server.world.log.since(0)
    assert METHODS.keys() - {event.data["method"] for event in events if event.kind == "call"} == {"getUpdates"}
    assert server.violations == []
    return events


def form(**fields: Any) -> aiohttp.FormData:
    data = aiohttp.FormData()
    for name, value in fields.items():
        data.add_field(name, value, filename=f"{name}.bin") if isinstance(value, bytes) else data.add_field(
            name, str(value)
        )
    return data


async def call_every_method(server: TelegramServer, api: Api) -> None:
    alice, bob, carol = (server.person(name, username=name.lower() + "_x") for name in ("Alice", "Bob", "Carol"))
    alice.starts("deep")
    alice.wears(picture(300, 300))
    chat = alice.user.id
    await asks(api, chat)
    await sends(api, chat, alice.sends_voice(b"voice", seconds=2).id)
    await edits(api, alice, chat)
    await introduces(api, chat)
    await sticks(api, chat)
    people_send(alice)

    forum = server.group("Forum", [alice, bob], topics=["Faces"])
    forum.takes_bot(alice, administrator=True)
    forum.takes(carol, administrator=True, anonymous=True)
    carol.sends("anonymously", chat=forum)
    await manages(api, forum.chat.id)
    small = server.group("Small", [alice, bob], kind="group")
    heir = small.migrates(alice)
    await api("leaveChat", chat_id=heir.chat.id)

    business = server.business(bob)
    dialogue = business.dialogue(carol)
    said = carol.sends("is anybody there?", chat=dialogue)
    place = {"business_connection_id": business.connection.id, "chat_id": carol.user.id}
    await api("sendChatAction", **place, action="typing")
    answer = await api("sendMessage", **place, text="*Bob* is out", parse_mode="Markdown")
    assert (answer["from"]["id"], answer["sender_business_bot"]["is_bot"]) == (bob.user.id, True)
    await api("editMessageText", **place, message_id=answer["message_id"], text="Bob is back")
    await api("getBusinessConnection", business_connection_id=business.connection.id)
    carol.edits(said, "hello?")
    carol.deletes(said)
    business.ends()

    alice.blocks_bot()
    alice.unblocks_bot()
    await api("setWebhook", url="")
    await api("deleteWebhook")
    await api("logOut")
    await api("close")


async def asks(api: Api, chat: int) -> None:
    for method in ("getMe", "getWebhookInfo"):
        await api(method)
    await api("getChat", chat_id=chat)
    photos = await api("getUserProfilePhotos", user_id=chat)
    await api("getFile", file_id=photos["photos"][0][-1]["file_id"])


async def sends(api: Api, chat: int, voice: int) -> None:
    to = {"chat_id": chat}
    await api("sendChatAction", **to, action="record_video")
    await api("sendMessageDraft", **to, draft_id=7, text="I thi")
    await api("sendMessage", **to, text="<b>bold</b> /help", parse_mode="HTML", reply_parameters={"message_id": voice})
    for kind, data in (("Photo", picture()), ("Video", b"v"), ("Voice", b"v"), ("Audio", b"a"), ("Animation", b"a")):
        await api(f"send{kind}", form(**to, caption="*a*", parse_mode="MarkdownV2", **{kind.lower(): data}))
    thumbnail = picture(100, 100)
    document = await api("sendDocument", form(**to, document=b"d", thumbnail=thumbnail))
    await api("sendVideoNote", form(**to, video_note=b"n", length=240, duration=3))
    await api("sendSticker", form(**to, sticker=picture(512, 512, "WEBP")))
    await api("sendLocation", **to, latitude=48.2, longitude=16.37, live_period=60)
    item = {"type": "document", "media": document["document"]["file_id"]}
    album = await api("sendMediaGroup", **to, media=[item, item | {"caption": "two"}])
    numbers = [message["message_id"] for message in album]
    source = to | {"from_chat_id": chat}
    await api("copyMessage", **source, message_id=voice, caption="copied")
    await api("forwardMessage", **source, message_id=voice)
    assert len(await api("copyMessages", **source, message_ids=numbers, remove_caption=True)) == 2
    assert len(await api("forwardMessages", **source, message_ids=[*numbers, 10**6])) == 2
    await api("pinChatMessage", **to, message_id=numbers[0])
    assert (await api("getChat", **to))["pinned_message"]["message_id"] == numbers[0]
    await api("unpinChatMessage", **to)
    await api("unpinAllChatMessages", **to)
    await api("setMessageReaction", **to, message_id=voice, reaction=[{"type": "emoji", "emoji": "👀"}])


async def edits(api: Api, alice: Any, chat: int) -> None:
    keyboard = {"inline_keyboard": [[{"text": "Go", "callback_data": "go"}, {"text": "See", "url": "https://x.org"}]]}
    card = await api("sendMessage", chat_id=chat, text="card", reply_markup=keyboard)
    place = {"chat_id": chat, "message_id": card["message_id"]}
    press = alice.presses(await alice.sees("card"), "Go")
    await api("answerCallbackQuery", callback_query_id=press.query.id, text="gone", show_alert=True)
    assert (await press).alert
    await api("editMessageText", **place, text="card 2")
    await api("editMessageReplyMarkup", **place, reply_markup=keyboard)
    photo = await api("sendPhoto", form(chat_id=chat, photo=picture()))
    shown = {"chat_id": chat, "message_id": photo["message_id"]}
    await api("editMessageCaption", **shown, caption="a caption")
    file = photo["photo"][0]["file_id"]
    await api("editMessageMedia", **shown, media={"type": "photo", "media": file, "caption": "b"})
    await api("deleteMessage", **place)
    await api("deleteMessages", chat_id=chat, message_ids=[photo["message_id"], 10**6])


async def introduces(api: Api, chat: int) -> None:
    for field, name in (("name", "Name"), ("description", "Description"), ("short_description", "ShortDescription")):
        await api(f"setMy{name}", **{field: "words"})
        await api(f"getMy{name}")
    await api("setMyCommands", commands=[{"command": "go", "description": "go"}])
    await api("getMyCommands")
    await api("deleteMyCommands")
    await api("setChatMenuButton", chat_id=chat, menu_button={"type": "commands"})
    await api("getChatMenuButton", chat_id=chat)


async def sticks(api: Api, chat: int) -> None:
    set_ = {"user_id": chat, "name": "faces_by_emo_sandbox_bot"}
    uploaded = await api("uploadStickerFile", form(user_id=chat, sticker=webm(), sticker_format="video"))
    sticker = {"sticker": uploaded["file_id"], "emoji_list": ["🗣"], "format": "video"}
    await api("createNewStickerSet", **set_, title="Faces", stickers=[sticker])
    await api("addStickerToSet", **set_, sticker=sticker)
    shown = await api("getStickerSet", name=set_["name"])
    await api("deleteStickerFromSet", sticker=shown["stickers"][0]["file_id"])
    await api("deleteStickerSet", name=set_["name"])


def people_send(alice: Any) -> None:
    first = alice.sends("look at https://example.org and /this")
    alice.edits(first, "changed")
    alice.sends_photo(picture(), caption="me", reply_to=first)
    alice.sends_album([picture(), picture()])
    alice.sends_document(b"x", "face.heic", "image/heic")
    alice.sends_audio(b"x", seconds=3)
    alice.sends_video_note(b"x", seconds=3)
    alice.sends_video(b"x", seconds=3)
    alice.sends_sticker(picture(512, 512, "WEBP"))
    alice.sends_location(1.5, 2.5)


async def manages(api: Api, forum: int) -> None:
    for method in ("getChatAdministrators", "getChatMemberCount", "getChat"):
        await api(method, chat_id=forum)
    for member in await api("getChatAdministrators", chat_id=forum):
        await api("getChatMember", chat_id=forum, user_id=member["user"]["id"])
    topic = await api("createForumTopic", chat_id=forum, name="Voices", icon_color=9367192)
    place = {"chat_id": forum, "message_thread_id": topic["message_thread_id"]}
    await api("sendMessage", **place, text="in the topic")
    await api("editForumTopic", **place, name="Voices and faces")
    await api("closeForumTopic", **place)
    await api("reopenForumTopic", **place)
    await api("deleteForumTopic", **place)


@pytest.mark.parametrize(
    "judge",
    [
        pytest.param(contract.judge_with_telegram, id="python-telegram-bot"),
        pytest.param(contract.judge_with_aiogram, id="aiogram"),
        pytest.param(judge_with_spec, id="the machine-readable Bot API"),
    ],
)
async def test_every_answer_and_update_is_one_of_the_bot_api(every_method: list[Event], judge: Judge) -> None:
    wrong: list[str] = []
    for event in every_method:
        if event.kind == "update":
            wrong += judge(event.data["update"], "Update", "update")
        elif event.kind == "answer" and event.data["ok"]:
            kind = contract.kind_of(event.data["result"], contract.returns(event.data["method"]))
            wrong += judge(event.data["result"], kind, event.data["method"])
    assert wrong == []
