"""Who may do what in a chat."""

from telegram import Bot, Chat, ChatMember, Message
from telegram.constants import ChatType
from telegram.error import BadRequest

from bot.render.audience import ChatGone, FileIdDead, SendForbidden
from handlers.transport.sending import until_sent

LONGEST = 30.0
"""Seconds of pauses in which Telegram may come to its senses before a person is told that it does not say."""

REFUSED = (BadRequest, ChatGone, SendForbidden, FileIdDead)


class RightsUnknown(Exception):
    """Telegram does not tell who runs a chat."""


async def is_admin(bot: Bot, chat: Chat, user_id: int) -> bool:
    """Return whether somebody runs a chat. In a private chat the person does; an anonymous admin is the chat itself.

    Raises:
        RightsUnknown: Telegram tells neither what this person is, nor who the admins are.
    """
    if chat.type == ChatType.PRIVATE or user_id == chat.id:
        return True
    try:
        member = await until_sent(lambda: bot.get_chat_member(chat.id, user_id), LONGEST, may_repeat=True)
    except REFUSED:  # some chats hide their members; their admins they tell
        return await _is_listed(bot, chat, user_id)
    return member.status in (ChatMember.ADMINISTRATOR, ChatMember.OWNER)


async def _is_listed(bot: Bot, chat: Chat, user_id: int) -> bool:
    try:
        admins = await until_sent(lambda: bot.get_chat_administrators(chat.id), LONGEST, may_repeat=True)
    except REFUSED as error:
        raise RightsUnknown(str(error)) from error
    return user_id in [admin.user.id for admin in admins]


def sender_id(message: Message) -> int:
    """Return who speaks: the person, or the chat in whose name an anonymous admin or a channel does."""
    if message.sender_chat is not None:
        return message.sender_chat.id
    return message.from_user.id if message.from_user else 0
