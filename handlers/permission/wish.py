"""A wish to use somebody's photo or voice: a message, or a press of a button, that may have to wait for an answer."""

import json
from dataclasses import dataclass
from typing import Any

from telegram import Bot, Chat, Message, MessageOriginUser, Update
from telegram.error import TelegramError

from bot.render.audience import ChatGone, FileIdDead, MaybeSent, SendForbidden
from handlers.sources import Source, replied_source, source_of
from handlers.texts import consent as texts
from handlers.transport.press import Press
from handlers.transport.rights import sender_id
from handlers.transport.sending import until_sent

NOT_TOLD = (TelegramError, ChatGone, SendForbidden, FileIdDead, MaybeSent)


@dataclass(frozen=True)
class Wish:
    """Who wants something, and how it goes on later.

    Args:
        message: in whose chat and topic it is answered.
        name: of who wants it.
        body: the update without its number, to be handled again.
    """

    message: Message
    asker_id: int
    name: str
    body: str


def wish_of_message(message: Message) -> Wish:
    """Return the wish that a message is."""
    return Wish(message, sender_id(message), name_of_sender(message), json.dumps({"message": message.to_dict()}))


def wish_of_press(press: Press) -> Wish | None:
    """Return the wish that a press is; None where Telegram does not show the message with the button any more."""
    if press.message is None:
        return None
    query = press.query
    return Wish(press.message, query.from_user.id, query.from_user.first_name, _body_of(press))


def _body_of(press: Press) -> str:
    return json.dumps({"callback_query": press.query.to_dict()})


def sources_in(body: str, bot: Bot) -> list[Source]:
    """Return the files that a wish brings."""
    update = Update.de_json({"update_id": 0, **json.loads(body)}, bot)
    message = update.message if update is not None else None
    if message is None:
        return []
    return [source for source in (source_of(message), replied_source(message)) if source is not None]


def name_of_sender(message: Message) -> str:
    """Return the name of who sent a message."""
    if message.sender_chat is not None:
        return message.sender_chat.title or texts.THE_ADMINS()
    return message.from_user.first_name if message.from_user else texts.THE_ADMINS()


def name_of_owner(source: Source) -> str | None:
    """Return the name of whose file a message brings, as far as the message tells."""
    if source.owner_id == sender_id(source.message) and source.is_here:
        return name_of_sender(source.message)
    reply = source.message.external_reply
    origin = source.message.forward_origin if source.is_here else (reply.origin if reply else None)
    return origin.sender_user.first_name if isinstance(origin, MessageOriginUser) else None


async def member_name(bot: Bot, chat: Chat, person_id: int) -> str | None:
    """Return the name of a member of a chat; None for who is none, or where Telegram does not tell."""
    if person_id == chat.id:
        return chat.title or texts.THE_ADMINS()
    if person_id < 0:
        return None
    try:
        member: Any = await until_sent(lambda: bot.get_chat_member(chat.id, person_id), 30, may_repeat=True)
    except NOT_TOLD:
        return None
    if member.status in ("left", "kicked") or (member.status == "restricted" and not member.is_member):
        return None
    return str(member.user.first_name)
