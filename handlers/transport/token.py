"""Watching over the bot's token, and the name that goes with it."""

import asyncio

import structlog
from telegram import Bot
from telegram.error import InvalidToken, TelegramError

log = structlog.get_logger(__name__)


async def watch_token(bot: Bot, pause: float) -> None:
    """Ask now and then who the bot is: nobody else would notice a webhook's revoked token, or a new username.

    Args:
        pause: seconds between two questions.

    Raises:
        InvalidToken: Telegram said twice that it does not know the token.
    """
    refused = False
    while True:
        await asyncio.sleep(pause / 10 if refused else pause)
        name = bot.username
        try:
            await bot.get_me()
        except InvalidToken:
            if refused:
                raise
            refused = True
            continue
        except TelegramError as error:
            log.debug("Telegram cannot be asked who the bot is", why=str(error))
        refused = False
        if bot.username != name:
            log.info("the bot has another username now", username=bot.username)
