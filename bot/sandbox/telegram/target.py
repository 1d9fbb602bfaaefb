"""Where a call speaks to: the chat, the topic and the message replied to, or why it may not."""

from typing import Any

from bot.sandbox.telegram.call import Call
from bot.sandbox.telegram.message import Chat, Message
from bot.sandbox.telegram.refusal import Refusal, bad_request, forbidden
from bot.sandbox.telegram.world import World


def find_chat(world: World, chat_id: int | str) -> Chat:
    """The chat of this id or @username; raises Refusal."""
    if isinstance(chat_id, str):
        wanted = chat_id.removeprefix("@").lower()
        named = (one for one in world.chats.values() if one.person and (one.person.username or "").lower() == wanted)
        chat = next(named, None) if chat_id.startswith("@") else None
    else:
        chat = world.chats.get(chat_id)
    if chat is None or (chat.kind == "private" and chat.person is None):
        raise bad_request("chat not found")
    if chat.migrated_to is not None:
        raise bad_request("group chat was upgraded to a supergroup chat", migrate_to_chat_id=chat.migrated_to)
    return chat


def open_chat(world: World, chat_id: int | str) -> Chat:
    """The chat, if the bot may write there; raises Refusal."""
    chat = find_chat(world, chat_id)
    refusal = closed(world, chat)
    if refusal is not None:
        raise refusal
    return chat


def chat_of(world: World, call: Call) -> Chat:
    """The chat that a call speaks to: the bot's own, or that of a connected account; raises Refusal."""
    if call.get("business_connection_id") is None:
        return open_chat(world, call.get("chat_id"))
    connection = world.connections.get(call.get("business_connection_id"))
    if connection is None:
        raise bad_request("business connection not found")
    if not connection.enabled or not connection.can_reply:
        raise bad_request("BUSINESS_CONNECTION_NOT_ALLOWED")
    if call.get("chat_id") not in connection.dialogues:
        raise bad_request("BUSINESS_PEER_INVALID")
    return connection.dialogues[call.get("chat_id")]


def closed(world: World, chat: Chat) -> Refusal | None:
    """Why the bot may not write in this chat."""
    me = chat.members[world.bot.id]
    if chat.kind == "private":
        if not chat.started:
            return forbidden("bot can't initiate conversation with a user")
        return forbidden("bot was blocked by the user") if not me.present else None
    if me.status == "kicked":
        return forbidden(f"bot was kicked from the {chat.kind} chat")
    return forbidden(f"bot is not a member of the {chat.kind} chat") if me.status == "left" else None


def find_own(world: World, call: Call, verb: str) -> Message:
    """The bot's own message that a call wants to edit; raises Refusal."""
    if call.get("inline_message_id") is not None:
        raise bad_request("MESSAGE_ID_INVALID")
    if call.get("chat_id") in (None, ""):
        raise bad_request("chat_id is empty")
    if call.get("message_id") is None:
        raise bad_request("message identifier is not specified")
    chat = chat_of(world, call)
    message = chat.messages.get(call.get("message_id"))
    if message is None:
        raise bad_request(f"message to {verb} not found")
    if message.sender.id != world.bot.id or message.service:
        raise bad_request("message can't be edited")
    return message


def place(world: World, chat: Chat, call: Call) -> dict[str, Any]:
    """`reply_to` and `thread_id` of a new message; raises Refusal."""
    thread = call.get("message_thread_id")
    if chat.direct:
        thread = call.get("direct_messages_topic_id")
        if thread not in chat.members:
            raise bad_request("wrong direct messages topic identifier specified")
    elif thread is not None and (thread == 1 or thread not in chat.topics):
        raise bad_request("message thread not found")
    topic = chat.topics.get(thread or 1)
    if topic is not None and topic.closed and chat.members[world.bot.id].status != "administrator":
        raise bad_request("TOPIC_CLOSED")
    wanted = call.get("reply_parameters")
    if wanted is None:
        return {"reply_to": None, "thread_id": thread}
    source = chat if "chat_id" not in wanted else find_chat(world, wanted["chat_id"])
    replied = source.messages.get(wanted.get("message_id"))
    if replied is None:
        if wanted.get("allow_sending_without_reply"):
            return {"reply_to": None, "thread_id": thread}
        raise bad_request("message to be replied not found")
    if thread is None and source is chat:
        thread = replied.thread_id
    return {"reply_to": replied, "thread_id": thread}
