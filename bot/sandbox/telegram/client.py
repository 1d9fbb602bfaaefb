"""What a person's client settles before it sends: where to, which bytes, how long they last."""

from pathlib import Path
from typing import TypedDict

from bot.sandbox.telegram.business import Dialogue
from bot.sandbox.telegram.files import measure
from bot.sandbox.telegram.group import Group
from bot.sandbox.telegram.message import Chat, Message, Topic, User

Bytes = bytes | Path


class Where(TypedDict, total=False):
    """Where and how something is sent: by default alone into the private chat with the bot.

    A member may post `as_channel`; a message `quotes` one of another chat by "reply in another chat"; a reply
    may `quote` some words of what it replies to.
    """

    chat: Group | Dialogue
    topic: Topic | str
    reply_to: Message
    caption: str
    anonymous: bool
    as_channel: Chat
    quotes: Message
    quote: str


def thread_of(chat: Chat, where: Where, sender: User) -> int | None:
    """The topic that a message goes to; None outside of topics and in the General one."""
    if chat.direct:
        return sender.id
    topic, replied = where.get("topic"), where.get("reply_to")
    if topic is None:
        return replied.thread_id if replied is not None else None
    name = topic if isinstance(topic, str) else topic.name
    found = next((one for one in chat.topics.values() if one.name == name), None)
    if found is None:
        raise ValueError(f"{chat.title} has no topic {name}")
    return None if found.id == 1 else found.id


def read(data: Bytes) -> bytes:
    """The bytes, also of a file."""
    return data.read_bytes() if isinstance(data, Path) else data


def length(data: Bytes, seconds: int | None) -> int:
    """The length that the client states; raises ValueError when it is neither given nor to be read from the file."""
    if seconds is not None:
        return seconds
    known = measure(read(data)).get("duration")
    if known is None:
        raise ValueError("the length cannot be read from these bytes: say `seconds`")
    return int(known)
