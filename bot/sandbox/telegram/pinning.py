"""The methods that pin messages to the top of a chat."""

from collections.abc import Awaitable, Callable
from typing import Any

from bot.sandbox.telegram.call import Call
from bot.sandbox.telegram.message import Chat
from bot.sandbox.telegram.refusal import bad_request
from bot.sandbox.telegram.target import chat_of
from bot.sandbox.telegram.world import World

Handler = Callable[[World, Call], Awaitable[Any]]


def pinnable(world: World, call: Call) -> Chat:
    """The chat, if the bot may pin there; raises Refusal."""
    chat = chat_of(world, call)
    if chat.kind != "private" and chat.members[world.bot.id].status != "administrator":
        raise bad_request("not enough rights to manage pinned messages in the chat")
    return chat


async def pin(world: World, call: Call) -> Any:
    """PinChatMessage."""
    chat = pinnable(world, call)
    message = chat.messages.get(call.get("message_id"))
    if message is None:
        raise bad_request("message to pin not found")
    if message.service:
        raise bad_request("message can't be pinned")
    if message.id not in chat.pinned:
        chat.pinned.append(message.id)
        content = {"pinned_message": message.payload(nested=True)}
        world.post(chat, world.bot, content, thread_id=message.thread_id)
    return True


async def unpin(world: World, call: Call) -> Any:
    """unpinChatMessage: the given one, else the newest."""
    chat = pinnable(world, call)
    number = call.get("message_id", chat.pinned[-1] if chat.pinned else None)
    if number not in chat.pinned:
        raise bad_request("message to unpin not found")
    chat.pinned.remove(number)
    return True


async def unpin_all(world: World, call: Call) -> Any:
    """UnpinAllChatMessages."""
    pinnable(world, call).pinned.clear()
    return True


METHODS: dict[str, Handler] = {
    "pinChatMessage": pin,
    "unpinChatMessage": unpin,
    "unpinAllChatMessages": unpin_all,
}
