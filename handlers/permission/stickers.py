"""Stickers that must go: Telegram keeps them in sets, and takes them out when it is told to."""

import asyncio

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import Bot
from telegram.error import BadRequest, TelegramError

from bot.render.audience import ChatGone, FileIdDead, MaybeSent, SendForbidden
from handlers.transport.sending import until_sent
from storage.passing import PASSING
from storage.stickers import doomed_stickers, drop_sticker

log = structlog.get_logger(__name__)

SWEEP_SECONDS = 3600.0


async def delete_stickers(bot: Bot, database: AsyncEngine) -> None:
    """Take every sticker that must go out of its set; one that Telegram does not take out now stays due."""
    for file_id in await doomed_stickers(database):
        try:
            await until_sent(lambda file_id=file_id: bot.delete_sticker_from_set(file_id), longest=30, may_repeat=True)  # type: ignore[misc]
        except (BadRequest, FileIdDead) as error:
            log.info("a sticker is not in its set any more", why=str(error))
        except (TelegramError, ChatGone, SendForbidden, MaybeSent) as error:
            log.warning("a sticker could not be taken out of its set; it is tried again in an hour", why=str(error))
            continue
        await drop_sticker(database, file_id)


async def keep_sweeping(bot: Bot, database: AsyncEngine) -> None:
    """Take out what is due, every hour."""
    while True:
        try:
            await delete_stickers(bot, database)
        except PASSING as error:
            log.warning("the stickers that must go cannot be read", why=str(error))
        await asyncio.sleep(SWEEP_SECONDS)
