"""The methods that put new messages into a chat."""

import random
from collections.abc import Awaitable, Callable
from typing import Any

from bot.sandbox.telegram.call import Call
from bot.sandbox.telegram.keyboard import read_keyboard
from bot.sandbox.telegram.media import Files, media_content, take_files
from bot.sandbox.telegram.message import Chat, Message
from bot.sandbox.telegram.refusal import bad_request
from bot.sandbox.telegram.target import chat_of, open_chat, place
from bot.sandbox.telegram.text import caption_content, text_content
from bot.sandbox.telegram.world import World

Handler = Callable[[World, Call], Awaitable[Any]]

ACTIONS = {
    "typing",
    "upload_photo",
    "record_video",
    "upload_video",
    "record_voice",
    "upload_voice",
    "upload_document",
    "choose_sticker",
    "find_location",
    "record_video_note",
    "upload_video_note",
}


def put(world: World, chat: Chat, call: Call, content: dict[str, Any], files: Files = ()) -> Message:
    """Post what the bot says, in its place and with its keyboard."""
    inline, keyboard = read_keyboard(call.get("reply_markup"))
    where = place(world, chat, call)
    world.limits.spend(chat.id)
    content = name_users(world, content)
    return world.post(chat, world.bot, content, files=files, inline=inline, keyboard=keyboard, **where)


def name_users(world: World, content: dict[str, Any]) -> dict[str, Any]:
    """Links to people by id become mentions of those who exist; others stay plain text."""
    for name in ("entities", "caption_entities"):
        if name not in content:
            continue
        kept = []
        for entity in content[name]:
            user = world.users.get(entity.get("user_id", 0))
            if "user_id" not in entity:
                kept.append(entity)
            elif user is not None:
                rest = {key: value for key, value in entity.items() if key != "user_id"}
                kept.append(rest | {"user": user.payload()})
        content = {key: value for key, value in content.items() if key != name} | ({name: kept} if kept else {})
    return content


async def send_message(world: World, call: Call) -> Any:
    """SendMessage."""
    chat = chat_of(world, call)
    return put(world, chat, call, text_content(call)).payload()


def sender_of(kind: str) -> Handler:
    """The method that sends one file as this kind of media."""

    async def send(world: World, call: Call) -> Any:
        chat = chat_of(world, call)
        caption = caption_content(call.params)
        files = await take_files(world, call, kind, call.params, kind)
        content = media_content(kind, files) | caption
        for name in ("has_spoiler", "show_caption_above_media"):
            if call.get(name):
                content[{"has_spoiler": "has_media_spoiler"}.get(name, name)] = True
        return put(world, chat, call, content, files).payload()

    return send


async def send_media_group(world: World, call: Call) -> Any:
    """sendMediaGroup: two to ten files that belong together."""
    chat = chat_of(world, call)
    items = call.get("media")
    if not 2 <= len(items) <= 10:
        raise bad_request("strange amount of messages to send" if not items else "group send failed")
    kinds = {item["type"] for item in items}
    if len(kinds) > 1 and not kinds <= {"photo", "video"}:
        raise bad_request("message of this type can't be mixed in an album")
    prepared = []
    for item in items:
        caption = caption_content(item)
        files = await take_files(world, call, item["type"], item, "media")
        prepared.append((media_content(item["type"], files) | caption, files))
    where = place(world, chat, call)
    world.limits.spend(chat.id, len(prepared))
    group = {"media_group_id": str(random.randrange(10**16, 10**17))}  # noqa: S311 - a name, not a secret
    return [
        world.post(chat, world.bot, name_users(world, content | group), files=files, **where).payload()
        for content, files in prepared
    ]


async def send_chat_action(world: World, call: Call) -> Any:
    """SendChatAction."""
    chat = chat_of(world, call)
    if call.get("action") not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    thread = call.get("message_thread_id")
    if thread not in (None, 1) and thread not in chat.topics:
        raise bad_request("message thread not found")
    world.log.add("action", chat.id, action=call.get("action"), thread_id=thread)
    return True


async def send_location(world: World, call: Call) -> Any:
    """SendLocation."""
    chat = chat_of(world, call)
    if not (-90 <= call.get("latitude") <= 90 and -180 <= call.get("longitude") <= 180):
        raise bad_request("wrong latitude/longitude specified")
    names = ("latitude", "longitude", "horizontal_accuracy", "live_period", "heading", "proximity_alert_radius")
    place_ = {name: call.get(name) for name in names if name in call.params}
    return put(world, chat, call, {"location": place_}).payload()


async def send_draft(world: World, call: Call) -> Any:
    """sendMessageDraft: words that grow before the eyes of a person, and stay only if they are sent at last."""
    chat = open_chat(world, call.get("chat_id"))
    if chat.kind != "private":
        raise bad_request("chat not found")
    if call.get("draft_id") == 0:
        raise bad_request("draft_id must be non-zero")
    text = text_content(call) if call.get("text") else {"text": ""}
    world.log.add("draft", chat.id, draft_id=call.get("draft_id"), **name_users(world, text))
    return True


METHODS: dict[str, Handler] = {
    "sendMessage": send_message,
    "sendPhoto": sender_of("photo"),
    "sendVideo": sender_of("video"),
    "sendVideoNote": sender_of("video_note"),
    "sendVoice": sender_of("voice"),
    "sendAudio": sender_of("audio"),
    "sendDocument": sender_of("document"),
    "sendAnimation": sender_of("animation"),
    "sendSticker": sender_of("sticker"),
    "sendMediaGroup": send_media_group,
    "sendChatAction": send_chat_action,
    "sendLocation": send_location,
    "sendMessageDraft": send_draft,
}
