"""The methods that put new messages into a chat."""

import random
from collections.abc import Awaitable, Callable
from typing import Any

from bot.sandbox.telegram.call import Call
from bot.sandbox.telegram.keyboard import read_keyboard
from bot.sandbox.telegram.media import Files, media_content, take_files
from bot.sandbox.telegram.message import Chat, Message
from bot.sandbox.telegram.refusal import bad_request
from bot.sandbox.telegram.target import find_chat, open_chat, place
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
    chat = open_chat(world, call.get("chat_id"))
    return put(world, chat, call, text_content(call)).payload()


def sender_of(kind: str) -> Handler:
    """The method that sends one file as this kind of media."""

    async def send(world: World, call: Call) -> Any:
        chat = open_chat(world, call.get("chat_id"))
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
    chat = open_chat(world, call.get("chat_id"))
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
    chat = open_chat(world, call.get("chat_id"))
    if call.get("action") not in ACTIONS:
        raise bad_request("wrong parameter action in request")
    thread = call.get("message_thread_id")
    if thread not in (None, 1) and thread not in chat.topics:
        raise bad_request("message thread not found")
    world.log.add("action", chat.id, action=call.get("action"), thread_id=thread)
    return True


def find_source(world: World, call: Call, verb: str) -> Message:
    """The message to copy or forward."""
    source = find_chat(world, call.get("from_chat_id"))
    message = source.messages.get(call.get("message_id"))
    if message is None:
        raise bad_request(f"message to {verb} not found")
    if message.service:
        raise bad_request(f"message can't be {'copied' if verb == 'copy' else 'forwarded'}")
    return message


async def copy_message(world: World, call: Call) -> Any:
    """copyMessage: the same content as a message of the bot's own."""
    message = find_source(world, call, "copy")
    chat = open_chat(world, call.get("chat_id"))
    content = {name: value for name, value in message.content.items() if name != "media_group_id"}
    if "caption" in call.params and message.media:
        content = {name: value for name, value in content.items() if not name.startswith("caption")}
        content |= caption_content(call.params)
    return {"message_id": put(world, chat, call, content, message.files).id}


async def forward_message(world: World, call: Call) -> Any:
    """forwardMessage: the same content with the name of who wrote it."""
    message = find_source(world, call, "forward")
    chat = open_chat(world, call.get("chat_id"))
    origin = {"type": "user", "date": message.date, "sender_user": message.sender.payload()}
    return put(world, chat, call, message.content | {"forward_origin": origin}, message.files).payload()


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
    "copyMessage": copy_message,
    "forwardMessage": forward_message,
}
