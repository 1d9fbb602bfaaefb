"""Whether a chat is still there for the bot: what deletes needs Telegram's word twice."""

from telegram import Bot
from telegram.constants import ChatAction
from telegram.error import TelegramError

from bot.render.audience import ChatGone
from handlers.transport.sending import meaning


async def is_gone(bot: Bot, chat_id: int) -> bool:
    """Ask whether nobody can be answered in a chat, by a call that nobody sees; False where nothing is said of it."""
    try:
        await bot.send_chat_action(chat_id, ChatAction.TYPING)
    except TelegramError as error:
        return isinstance(meaning(error), ChatGone)
    return False
