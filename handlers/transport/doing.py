"""What the bot is doing just now, at the top of a chat: a courtesy, and no trouble where Telegram does not take it."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress
from typing import Any

import structlog
from telegram.constants import ChatAction
from telegram.error import TelegramError
from telegram.ext import ExtBot

from handlers.transport.flood import NOT_LATER

log = structlog.get_logger(__name__)

SHOWN_SECONDS = 4.5
"""Telegram shows it for five seconds, or until a message comes."""


async def show_doing(bot: ExtBot[Any], chat_id: int, thread_id: int, action: ChatAction) -> None:
    """Show it once."""
    try:
        await bot.send_chat_action(chat_id, action, message_thread_id=thread_id or None, rate_limit_args=NOT_LATER)
    except TelegramError as error:
        log.info("it could not be shown what the bot is doing", action=action, why=str(error))


@asynccontextmanager
async def shown_doing(bot: ExtBot[Any], chat_id: int, thread_id: int, action: ChatAction) -> AsyncIterator[None]:
    """Show it for as long as the block takes."""

    async def keep_showing() -> None:
        while True:
            await show_doing(bot, chat_id, thread_id, action)
            await asyncio.sleep(SHOWN_SECONDS)

    showing = asyncio.create_task(keep_showing())
    try:
        yield
    finally:
        showing.cancel()
        with suppress(asyncio.CancelledError):
            await showing
