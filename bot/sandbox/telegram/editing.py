"""The methods that change or remove what is there, and answer pressed buttons."""

import time
from collections.abc import Awaitable, Callable
from typing import Any

from bot.sandbox.telegram.call import Call
from bot.sandbox.telegram.keyboard import read_keyboard
from bot.sandbox.telegram.media import media_content, take_files
from bot.sandbox.telegram.message import Message
from bot.sandbox.telegram.refusal import bad_request
from bot.sandbox.telegram.sending import name_users
from bot.sandbox.telegram.target import chat_of, find_own
from bot.sandbox.telegram.text import caption_content, text_content
from bot.sandbox.telegram.world import World

Handler = Callable[[World, Call], Awaitable[Any]]
SAME = (
    "message is not modified: specified new message content and reply markup are exactly the same as a current content "
    "and reply markup of the message"
)


def edit(world: World, message: Message, call: Call, **fields: Any) -> Any:
    """Change the bot's message; an edit without a keyboard takes the old one away, as the API does."""
    inline, _ = read_keyboard(call.get("reply_markup"))
    changed = message.changed(inline=inline, **fields)
    if (changed.content, changed.inline) == (message.content, message.inline):
        raise bad_request(SAME)
    world.limits.spend(message.chat.id)
    return world.change(message, inline=inline, edited_at=int(time.time()), **fields).payload()


async def edit_text(world: World, call: Call) -> Any:
    """EditMessageText."""
    message = find_own(world, call, "edit")
    if "text" not in message.content:
        raise bad_request("there is no text in the message to edit")
    return edit(world, message, call, content=name_users(world, text_content(call)))


async def edit_caption(world: World, call: Call) -> Any:
    """EditMessageCaption."""
    message = find_own(world, call, "edit")
    if message.media in (None, "video_note", "sticker", "location"):
        raise bad_request("there is no caption in the message to edit")
    content = {name: value for name, value in message.content.items() if not name.startswith("caption")}
    return edit(world, message, call, content=content | name_users(world, caption_content(call.params)))


async def edit_markup(world: World, call: Call) -> Any:
    """EditMessageReplyMarkup."""
    message = find_own(world, call, "edit")
    return edit(world, message, call)


async def edit_media(world: World, call: Call) -> Any:
    """EditMessageMedia."""
    message = find_own(world, call, "edit")
    item = call.get("media")
    if item["type"] not in ("photo", "video", "animation", "audio", "document"):
        raise bad_request("message media can't be of this type")
    caption = caption_content(item)
    files = await take_files(world, call, item["type"], item, "media")
    return edit(world, message, call, content=media_content(item["type"], files) | caption, files=files)


def may_delete(world: World, message: Message) -> bool:
    """Whether the bot may delete it: its own, any in a private chat, all as an administrator."""
    status = message.chat.members[world.bot.id].status
    return message.sender.id == world.bot.id or message.chat.kind == "private" or status == "administrator"


async def delete_message(world: World, call: Call) -> Any:
    """DeleteMessage."""
    chat = chat_of(world, call)
    message = chat.messages.get(call.get("message_id"))
    if message is None:
        raise bad_request("message to delete not found")
    if not may_delete(world, message):
        raise bad_request("message can't be deleted for everyone")
    world.remove(message)
    return True


async def delete_messages(world: World, call: Call) -> Any:
    """deleteMessages: those that are there; the others are passed over."""
    chat = chat_of(world, call)
    if not 1 <= len(call.get("message_ids")) <= 100:
        raise bad_request("message identifiers are not specified")
    for number in call.get("message_ids"):
        message = chat.messages.get(number)
        if message is not None and may_delete(world, message):
            world.remove(message)
    return True


async def answer_query(world: World, call: Call) -> Any:
    """AnswerCallbackQuery."""
    query = world.queries.get(call.get("callback_query_id"))
    if query is None or time.monotonic() - query.pressed_at > world.limits.callback_seconds:
        raise bad_request("query is too old and response timeout expired or query ID is invalid")
    if len(call.get("text", "")) > 200:
        raise bad_request("MESSAGE_TOO_LONG")
    query.answer = {name: call.get(name) for name in ("text", "show_alert", "url")}
    world.log.add("pressed", None, query=query.id, answer=query.answer)
    return True


async def react(world: World, call: Call) -> Any:
    """SetMessageReaction."""
    chat = chat_of(world, call)
    message = chat.messages.get(call.get("message_id"))
    if message is None:
        raise bad_request("message to react not found")
    reactions = call.get("reaction", [])
    if len(reactions) > 1:
        raise bad_request("REACTIONS_TOO_MANY")
    world.log.add("reaction", chat.id, message, reaction=reactions)
    return True


METHODS: dict[str, Handler] = {
    "editMessageText": edit_text,
    "editMessageCaption": edit_caption,
    "editMessageReplyMarkup": edit_markup,
    "editMessageMedia": edit_media,
    "deleteMessage": delete_message,
    "deleteMessages": delete_messages,
    "answerCallbackQuery": answer_query,
    "setMessageReaction": react,
}
