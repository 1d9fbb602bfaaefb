"""Who may do what in a chat."""

from telegram import Bot, Chat, ChatMember, Message
from telegram.constants import ChatType
from telegram.error import BadRequest, Forbidden


async def is_admin(bot: Bot, chat: Chat, user_id: int) -> bool:
    """Whether somebody runs a chat; in a private chat the person does, and an anonymous admin is the chat itself."""
    if chat.type == ChatType.PRIVATE or user_id == chat.id:
        return True
    try:
        member = await bot.get_chat_member(chat.id, user_id)
    except (BadRequest, Forbidden):
        return False
    return member.status in (ChatMember.ADMINISTRATOR, ChatMember.OWNER)


def sender_id(message: Message) -> int:
    """Who speaks: the person, or the chat in whose name an anonymous admin or a channel does."""
    if message.sender_chat is not None:
        return message.sender_chat.id
    return message.from_user.id if message.from_user else 0
