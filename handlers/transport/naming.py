"""Names, as Telegram gives them now; none is kept."""

from telegram import Bot
from telegram.error import TelegramError


async def name_of(bot: Bot, chat_id: int) -> str:
    """Return the name of a person or a group with its id; the id alone where Telegram gives none."""
    try:
        chat = await bot.get_chat(chat_id)
    except TelegramError:
        return str(chat_id)
    name = chat.title or chat.full_name or ""
    return f"{name} ({chat_id})".strip()
