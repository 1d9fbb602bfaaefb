"""The gates, in words: tell people why they may not have something, or not yet, and what to do."""

from collections.abc import Sequence
from functools import partial

import structlog
from telegram import Message

from bot.gates.denial import Denial
from bot.gates.limits import Limits, check_day, check_room, check_waiting
from bot.gates.permission import Use
from bot.gates.rights import check_rights
from handlers.context import Services
from handlers.permission.asking import Uses, may_use, use_of_source
from handlers.permission.wish import wish_of_message, wish_of_press
from handlers.sources import Source
from handlers.texts import BUTTON_GONE, NO_ROOM
from handlers.texts import limits as texts
from handlers.texts.settings import ADMINS_ONLY
from handlers.transport.answering import answer
from handlers.transport.press import Press
from handlers.transport.rights import is_admin
from storage.situation import Situation

log = structlog.get_logger(__name__)

FOR_ALL = (Denial.DAY_FULL_FOR_ALL, Denial.NO_ROOM)
"""What the operator should hear of, too."""


async def may_make(
    services: Services,
    situation: Situation,
    message: Message,
    sources: Sequence[Source] = (),
    *,
    kept: Sequence[Use] = (),
    video: bool = True,
) -> bool:
    """Pass the gates on the way from a message to a video; tell those who may not pass.

    Args:
        sources: bring photos and voices; none is fetched yet.
        kept: photos and voices that are here already, and are to be used.
        video: whether a video may be ordered at once.
    """
    is_admin_here = partial(is_admin, message.get_bot(), message.chat, situation.key.user_id)
    denial = await check_rights(situation, is_admin_here)
    if denial is None and video:
        denial = check_waiting(services.limits, situation)
    denial = denial or check_day(services.limits, situation, [source.file.size or 0 for source in sources])
    if denial is None and sources:
        denial = check_room(services.limits, services.parts.objects.free_bytes())
    if denial is not None:
        if denial is Denial.ADMINS_ONLY or services.told.may_say(situation.key):
            if denial in FOR_ALL:
                log.warning("files are refused, whoever sends them", why=denial.value)
            await answer(message, words(services.limits, denial))
        return False
    uses: Uses = {**{use_of_source(source): source for source in sources}, **dict.fromkeys(kept)}
    return await may_use(services, situation, wish_of_message(message), uses)


async def may_press(
    services: Services, situation: Situation, press: Press, kept: Sequence[Use], *, video: bool = False
) -> bool:
    """Pass the gates on the way from a button to a video, or to another format of one; tell those who may not pass.

    Args:
        kept: photos and voices that are used.
        video: whether one is ordered.
    """
    denial = await check_rights(situation, press.is_by_admin)
    if denial is None and video:
        denial = check_waiting(services.limits, situation)
    if denial is not None:
        await press.say(words(services.limits, denial))
        return False
    wish = wish_of_press(press)
    if wish is None:
        await press.say(BUTTON_GONE())
        return False
    may = await may_use(services, situation, wish, dict.fromkeys(kept))
    if not may:
        await press.say()
    return may


def words(limits: Limits, denial: Denial) -> str:
    """Return the words for a denial."""
    match denial:
        case Denial.ADMINS_ONLY:
            return ADMINS_ONLY()
        case Denial.PERSON_WAITING:
            return texts.PERSON_WAITING(n=limits.person_waiting)
        case Denial.CHAT_WAITING:
            return texts.CHAT_WAITING(n=limits.chat_waiting)
        case Denial.DAY_FULL_OF_FILES:
            return texts.DAY_FULL_OF_FILES(n=limits.person_daily_files)
        case Denial.CHAT_DAY_FULL:
            return texts.CHAT_DAY_FULL(n=limits.chat_daily_mb)
        case Denial.DAY_FULL_FOR_ALL:
            return texts.DAY_FULL_FOR_ALL()
        case Denial.NO_ROOM:
            return NO_ROOM()
        case _:
            return texts.DAY_FULL(n=limits.person_daily_mb)
