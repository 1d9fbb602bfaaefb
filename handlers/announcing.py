"""What Telegram shows of the bot before anybody writes to it: its menus by place, and its profile, in each language."""

import asyncio
from collections.abc import Awaitable, Callable, Collection, Iterator, Mapping
from functools import partial
from typing import Any

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import (
    BotCommand,
    BotCommandScope,
    BotCommandScopeAllChatAdministrators,
    BotCommandScopeAllGroupChats,
    BotCommandScopeAllPrivateChats,
    BotCommandScopeChat,
    BotCommandScopeDefault,
)
from telegram.error import BadRequest, Forbidden, TelegramError
from telegram.ext import ExtBot

from bot.backoff import growing_pauses
from handlers.start.profile import tell_profile
from handlers.texts import menus
from handlers.texts.language import Text, read_catalogues, speaking, telegram_codes
from storage.announcements import announced, fingerprint_of, forget_announced, note_announced
from storage.passing import PASSING, cause_of

log = structlog.get_logger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 30.0, 3600.0

SCOPES: Mapping[str, tuple[BotCommandScope, Mapping[str, Text]]] = {
    "private": (BotCommandScopeAllPrivateChats(), menus.PRIVATE),
    "groups": (BotCommandScopeAllGroupChats(), menus.GROUPS),
    "group-admins": (BotCommandScopeAllChatAdministrators(), menus.GROUP_ADMINS),
}
"""Where a menu is shown, and what is in it, by the name that is noted."""

COMMANDS, OF_ADMIN = "commands:", "commands:admin:"
"""How the names begin that are noted of menus: `commands:private:es`, `commands:admin:7:en`."""

Call = Callable[[], Awaitable[object]]


async def announce(bot: ExtBot[Any], database: AsyncEngine, admins: Collection[int] = ()) -> None:
    """Tell Telegram what has changed since it was told last; retry until it has taken that. Nobody waits for it.

    Args:
        admins: who run the bot, and have commands of their own.
    """
    pauses = growing_pauses(FIRST_PAUSE, LONGEST_PAUSE)
    while True:
        try:
            await asyncio.to_thread(read_catalogues)
            await tell_changes(bot, database, admins)
            await tell_profile(bot, database)
            return
        except (TelegramError, *PASSING) as error:
            pause = next(pauses)
            log.warning("Telegram could not be told about the bot", why=cause_of(error), again_in=round(pause))
        await asyncio.sleep(pause)


async def tell_changes(bot: ExtBot[Any], database: AsyncEngine, admins: Collection[int] = ()) -> None:
    """Make the calls whose content is new, and take back what is told no more. Do not repeat one that is refused.

    An admin who has never begun to talk with the bot has no chat for a menu: that is tried again at the next start.

    Raises:
        TelegramError: try again later.
    """
    told, wanted = await announced(database), set()
    for what, content, call in _calls(bot, admins):
        wanted.add(what)
        fingerprint = fingerprint_of(bot.id, content)
        if told.get(what) == fingerprint:
            continue
        try:
            await call()
        except (BadRequest, Forbidden) as error:
            if what.startswith(OF_ADMIN):
                log.info("an admin has no chat with the bot yet", why=str(error))
                continue
            log.error("Telegram refuses what the bot tells about itself", what=what, why=str(error))
        await note_announced(database, what, fingerprint)
    for what in {each for each in told if each.startswith(COMMANDS)} - wanted:
        await _take_back(bot, what)
        await forget_announced(database, what)


def _calls(bot: ExtBot[Any], admins: Collection[int]) -> Iterator[tuple[str, object, Call]]:
    """Yield the subject, the content, and the call that tells it."""
    places = {f"{COMMANDS}{name}": place for name, place in SCOPES.items()}
    places |= {f"{OF_ADMIN}{admin}": (BotCommandScopeChat(admin), menus.OPERATORS) for admin in sorted(admins)}
    for name, (scope, entries) in places.items():
        for language, code in telegram_codes().items():
            with speaking(language):
                menu = [(command, text()) for command, text in entries.items()]
            commands = [BotCommand(*entry) for entry in menu]
            yield f"{name}:{language}", menu, partial(bot.set_my_commands, commands, scope, code)


async def _take_back(bot: ExtBot[Any], what: str) -> None:
    """Delete a menu that is shown no more: of somebody who was an admin, or for everybody, of an older version."""
    *place, language = what.removeprefix(COMMANDS).split(":")
    scope: BotCommandScope = BotCommandScopeDefault()
    if place and place[0] == "admin":
        scope = BotCommandScopeChat(int(place[1]))
    elif place:
        scope = SCOPES[place[0]][0] if place[0] in SCOPES else scope
    try:
        await bot.delete_my_commands(scope, "" if language == "en" else language)
    except (BadRequest, Forbidden) as error:
        log.info("a menu that is shown no more could not be taken back", what=what, why=str(error))
