"""The methods that bring a message to another place: copied, as the bot's own, or forwarded, with its writer's name."""

from collections.abc import Awaitable, Callable
from itertools import pairwise
from typing import Any

from bot.sandbox.telegram.call import Call
from bot.sandbox.telegram.message import Chat, Message
from bot.sandbox.telegram.refusal import bad_request
from bot.sandbox.telegram.sending import put
from bot.sandbox.telegram.target import chat_of, find_chat
from bot.sandbox.telegram.text import caption_content
from bot.sandbox.telegram.world import World

Handler = Callable[[World, Call], Awaitable[Any]]


def find_source(world: World, call: Call, verb: str) -> Message:
    """The message to copy or forward."""
    source = find_chat(world, call.get("from_chat_id"))
    message = source.messages.get(call.get("message_id"))
    if message is None:
        raise bad_request(f"message to {verb} not found")
    if message.service:
        raise bad_request(f"message can't be {'copied' if verb == 'copy' else 'forwarded'}")
    return message


def find_sources(world: World, call: Call, verb: str) -> list[Message]:
    """The messages to copy or forward that are there, in their order; the others are passed over."""
    source, numbers = find_chat(world, call.get("from_chat_id")), call.get("message_ids")
    if not numbers:
        raise bad_request("message identifiers are not specified")
    if len(numbers) > 100:
        raise bad_request("too many message identifiers specified")
    if any(one >= other for one, other in pairwise(numbers)):
        raise bad_request("message identifiers must be in a strictly increasing order")
    found = [source.messages[number] for number in numbers if number in source.messages]
    found = [message for message in found if not message.service]
    if not found:
        raise bad_request(f"message to {verb} not found")
    return found


def copy(world: World, chat: Chat, call: Call, message: Message) -> dict[str, Any]:
    """Say the same as the bot's own; returns a MessageId of the API."""
    content = {
        name: value for name, value in message.content.items() if name not in ("media_group_id", "forward_origin")
    }
    if ("caption" in call.params or call.get("remove_caption")) and message.media:
        content = {name: value for name, value in content.items() if not name.startswith("caption")}
        content |= caption_content(call.params)
    return {"message_id": put(world, chat, call, content, message.files).id}


def forward(world: World, chat: Chat, call: Call, message: Message) -> Message:
    """Say the same with the name of who wrote it first."""
    origin = {"type": "user", "date": message.date, "sender_user": message.sender.payload()}
    return put(world, chat, call, {"forward_origin": origin} | message.content, message.files)


async def copy_message(world: World, call: Call) -> Any:
    """CopyMessage."""
    message = find_source(world, call, "copy")
    return copy(world, chat_of(world, call), call, message)


async def copy_messages(world: World, call: Call) -> Any:
    """CopyMessages."""
    messages, chat = find_sources(world, call, "copy"), chat_of(world, call)
    return [copy(world, chat, call, message) for message in messages]


async def forward_message(world: World, call: Call) -> Any:
    """ForwardMessage."""
    message = find_source(world, call, "forward")
    return forward(world, chat_of(world, call), call, message).payload()


async def forward_messages(world: World, call: Call) -> Any:
    """ForwardMessages."""
    messages, chat = find_sources(world, call, "forward"), chat_of(world, call)
    return [{"message_id": forward(world, chat, call, message).id} for message in messages]


METHODS: dict[str, Handler] = {
    "copyMessage": copy_message,
    "copyMessages": copy_messages,
    "forwardMessage": forward_message,
    "forwardMessages": forward_messages,
}
