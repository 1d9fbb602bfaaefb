"""What Telegram shows of the bot before anybody writes to it: menu and profile, in each language."""

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import BotCommand
from telegram.error import BadRequest, TelegramError
from telegram.ext import ExtBot

from bot.backoff import growing_pauses
from handlers import texts
from handlers.start.profile import tell_profile
from handlers.texts.language import LANGUAGES, speaking
from storage.announcements import announced, fingerprint_of, note_announced
from storage.passing import PASSING, cause_of

log = structlog.get_logger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 30.0, 3600.0

Call = Callable[[], Awaitable[object]]


async def announce(bot: ExtBot[Any], database: AsyncEngine) -> None:
    """Tell Telegram what has changed since it was told last; retry until it has taken that. Nobody waits for it."""
    pauses = growing_pauses(FIRST_PAUSE, LONGEST_PAUSE)
    while True:
        try:
            await tell_changes(bot, database)
            await tell_profile(bot, database)
            return
        except (TelegramError, *PASSING) as error:
            pause = next(pauses)
            log.warning("Telegram could not be told about the bot", why=cause_of(error), again_in=round(pause))
        await asyncio.sleep(pause)


async def tell_changes(bot: ExtBot[Any], database: AsyncEngine) -> None:
    """Make the calls whose content is new. Do not repeat one that Telegram refuses.

    Raises:
        TelegramError: try again later.
    """
    told = await announced(database)
    for what, content, call in _calls(bot):
        fingerprint = fingerprint_of(bot.id, content)
        if told.get(what) == fingerprint:
            continue
        try:
            await call()
        except BadRequest as error:
            log.error("Telegram refuses what the bot tells about itself", what=what, why=str(error))
        await note_announced(database, what, fingerprint)


def _calls(bot: ExtBot[Any]) -> Iterator[tuple[str, object, Call]]:
    """Yield the subject, the content, and the call that tells it."""
    for language in LANGUAGES:
        with speaking(language):
            menu = [(name, text()) for name, text in texts.COMMANDS.items()]
        commands, code = [BotCommand(*entry) for entry in menu], "" if language == "en" else language
        yield f"commands:{language}", menu, lambda c=commands, k=code: bot.set_my_commands(c, language_code=k)  # type: ignore[misc]
