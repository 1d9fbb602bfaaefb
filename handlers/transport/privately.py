"""A word in private to somebody who cannot be answered where they asked."""

from typing import Any

import structlog
from telegram import Bot

from bot.render.audience import Barrier
from handlers.texts.barriers import BARRIERS, ELSEWHERE, ELSEWHERE_UNNAMED
from handlers.transport.sending import until_sent

log = structlog.get_logger(__name__)


async def tell_privately(bot: Bot, user_id: int, chat_id: int, barrier: Barrier) -> None:
    """Tell a person what keeps the bot from answering in a chat, if they have ever begun to talk with it."""
    if user_id <= 0 or user_id == chat_id:
        return

    async def send() -> Any:
        chat = await bot.get_chat(chat_id)
        why = BARRIERS[barrier]()
        text = ELSEWHERE(chat=chat.title, why=why) if chat.title else ELSEWHERE_UNNAMED(why=why)
        return await bot.send_message(user_id, text)

    try:
        await until_sent(send, longest=60, may_repeat=True)
    except Exception as error:
        log.info("a person could not be told why there is no answer", barrier=barrier, why=str(error))
