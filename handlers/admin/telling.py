"""A word from the bot by itself: to one chat, or to every admin in the language of their own chat with it."""

from collections.abc import Callable, Collection

import structlog
from telegram import Bot, InlineKeyboardMarkup

from handlers.context import Services
from handlers.texts.language import speaking
from handlers.transport.sending import until_sent
from storage.choices import read_choices

log = structlog.get_logger(__name__)


async def tell(bot: Bot, chat_id: int, text: str, buttons: InlineKeyboardMarkup | None = None) -> bool:
    """Send a word to a chat; return whether it arrived."""
    try:
        await until_sent(lambda: bot.send_message(chat_id, text, reply_markup=buttons), longest=60, may_repeat=True)
    except Exception as error:
        log.warning("somebody could not be told", why=str(error))
        return False
    return True


async def tell_admins(
    bot: Bot,
    services: Services,
    say: Callable[[], str],
    buttons: Callable[[], InlineKeyboardMarkup | None] = lambda: None,
    *,
    besides: Collection[int] = (),
) -> bool:
    """Send a word to every admin; return whether one has heard.

    Args:
        say: returns the words in the language that is spoken then.
        buttons: returns those below it, likewise.
        besides: admins who know it already.
    """
    arrived = False
    for admin in sorted(services.access.admins - set(besides)):
        with speaking((await read_choices(services.resources.database, admin)).language):
            arrived |= await tell(bot, admin, say(), buttons())
    return arrived
