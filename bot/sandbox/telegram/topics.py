"""The methods for the topics of a forum; the bot must be an administrator there."""

from collections.abc import Awaitable, Callable
from dataclasses import replace
from typing import Any

from bot.sandbox.telegram.call import Call
from bot.sandbox.telegram.message import Chat, Topic
from bot.sandbox.telegram.refusal import bad_request
from bot.sandbox.telegram.target import open_chat
from bot.sandbox.telegram.world import World

Handler = Callable[[World, Call], Awaitable[Any]]
COLORS = (7322096, 16766590, 13338331, 9367192, 16749490, 16478047)


def open_forum(world: World, call: Call) -> Chat:
    """The forum whose topics the bot may change; raises Refusal."""
    chat = open_chat(world, call.get("chat_id"))
    if not chat.forum:
        raise bad_request("the chat is not a forum")
    if chat.members[world.bot.id].status != "administrator":
        raise bad_request("not enough rights to manage topics")
    return chat


def find_topic(chat: Chat, call: Call) -> Topic:
    """The topic that a call is about; not the General one, which has methods of its own."""
    topic = chat.topics.get(call.get("message_thread_id"))
    if topic is None or topic.id == 1:
        raise bad_request("message thread not found")
    return topic


def check_name(name: str) -> str:
    """A name that a topic may have."""
    if not 1 <= len(name) <= 128:
        raise bad_request("topic name is invalid")
    return name


async def create(world: World, call: Call) -> Any:
    """CreateForumTopic."""
    chat, name = open_forum(world, call), check_name(call.get("name"))
    color = call.get("icon_color", COLORS[0])
    if color not in COLORS:
        raise bad_request("invalid icon color specified")
    number = world.next_message_id(chat)
    topic = chat.topics[number] = Topic(number, name, color, call.get("icon_custom_emoji_id"))
    world.post(chat, world.bot, {"forum_topic_created": topic.payload()}, number=number, thread_id=number)
    return {"message_thread_id": number} | topic.payload()


def change(world: World, chat: Chat, topic: Topic, event: str, told: dict[str, Any], **fields: Any) -> bool:
    """Change a topic, and tell so in it."""
    changed = replace(topic, **fields)
    if changed == topic:
        raise bad_request("TOPIC_NOT_MODIFIED")
    chat.topics[topic.id] = changed
    world.post(chat, world.bot, {event: told}, thread_id=topic.id)
    return True


async def edit(world: World, call: Call) -> Any:
    """EditForumTopic."""
    chat = open_forum(world, call)
    topic = find_topic(chat, call)
    name = check_name(call.get("name", topic.name))
    icon = call.get("icon_custom_emoji_id", topic.icon or "") or None
    told = {"name": name} if name != topic.name else {}
    told |= {"icon_custom_emoji_id": icon or ""} if icon != topic.icon else {}
    return change(world, chat, topic, "forum_topic_edited", told, name=name, icon=icon)


def closer(event: str, closed: bool) -> Handler:
    """closeForumTopic, reopenForumTopic."""

    async def close(world: World, call: Call) -> Any:
        chat = open_forum(world, call)
        return change(world, chat, find_topic(chat, call), event, {}, closed=closed)

    return close


async def delete(world: World, call: Call) -> Any:
    """deleteForumTopic: with all that was said in it."""
    chat = open_forum(world, call)
    topic = find_topic(chat, call)
    for message in [one for one in chat.messages.values() if one.thread_id == topic.id]:
        world.remove(message)
    del chat.topics[topic.id]
    return True


METHODS: dict[str, Handler] = {
    "createForumTopic": create,
    "editForumTopic": edit,
    "closeForumTopic": closer("forum_topic_closed", True),
    "reopenForumTopic": closer("forum_topic_reopened", False),
    "deleteForumTopic": delete,
}
