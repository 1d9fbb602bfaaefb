"""What Telegram shows of the bot before Start, and on its profile, in each language; an operator's own words stay."""

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram.error import BadRequest
from telegram.ext import ExtBot

from handlers import texts
from handlers.texts.language import speaking, telegram_codes
from storage.announcements import announced, fingerprint_of, note_announced

log = structlog.get_logger(__name__)


async def tell_profile(bot: ExtBot, database: AsyncEngine) -> None:  # type: ignore[type-arg]
    """Tell Telegram what has changed since it was told last, unless somebody has written other words there.

    Raises:
        TelegramError: try again later.
    """
    told = await announced(database)
    fields = {
        "description": (texts.DESCRIPTION, bot.get_my_description, bot.set_my_description),
        "short_description": (texts.SHORT_DESCRIPTION, bot.get_my_short_description, bot.set_my_short_description),
    }
    for name, (text, read, write) in fields.items():
        words = {}
        for language in telegram_codes():
            with speaking(language):
                words[language] = text()
        changed = {code: said for code, said in words.items() if told.get(f"{name}:{code}") != _of(bot, said)}
        if not changed:
            continue
        now = getattr(await read(), name)
        is_ours = not now or now == words["en"] or told.get(f"{name}:en") == _of(bot, now)
        for language, said in changed.items():
            try:
                if is_ours:
                    await write(said, language_code=telegram_codes()[language])
            except BadRequest as error:
                log.error("Telegram refuses what the bot tells about itself", what=f"{name}:{language}", why=str(error))
            await note_announced(database, f"{name}:{language}", _of(bot, said))


def _of(bot: ExtBot, said: str) -> str:  # type: ignore[type-arg]
    return fingerprint_of(bot.id, said)
