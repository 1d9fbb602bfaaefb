"""The gates, in words: tell people why they may not have something, or not yet, and what to do."""

from collections.abc import Sequence
from decimal import ROUND_CEILING, ROUND_FLOOR, Decimal
from functools import partial

import structlog
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message

from bot.engines.engine import Options
from bot.gates.denial import Denial
from bot.gates.limits import Limits, check_day, check_room, check_waiting, take_day
from bot.gates.money import Shortage, billed_seconds
from bot.gates.permission import Use
from bot.gates.rights import check_rights
from handlers.context import Services
from handlers.permission.asking import Uses, may_use, use_of_source
from handlers.permission.wish import wish_of_message, wish_of_press
from handlers.sources import Source
from handlers.texts import BUTTON_GONE, NO_ROOM
from handlers.texts import access as access_texts
from handlers.texts import limits as texts
from handlers.texts.language import amount
from handlers.texts.settings import ADMINS_ONLY
from handlers.transport.answering import answer, key_of
from handlers.transport.press import Press
from handlers.transport.rights import is_admin
from storage.situation import Situation

log = structlog.get_logger(__name__)

FOR_ALL = (Denial.DAY_FULL_FOR_ALL, Denial.NO_ROOM)
"""What the operator should hear of, too."""

STATED_ROUNDING = 0.5
"""Seconds by which a voice may be shorter than Telegram says; how long it is, is known once it is fetched."""


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
    denial = await _denial(services, situation, message, sources, video=video)
    if denial is None:
        uses: Uses = {**{use_of_source(source): source for source in sources}, **dict.fromkeys(kept)}
        if not await may_use(services, situation, wish_of_message(message), uses):
            return False
        resources, sizes = services.resources, [source.file.size or 0 for source in sources]
        denial = await take_day(resources.database, resources.money.book, services.limits, situation, sizes)
    if denial is None:
        return True
    if denial is Denial.ADMINS_ONLY or services.told.may_say(situation.key):
        if denial in FOR_ALL:
            log.warning("files are refused, whoever sends them", why=str(denial))
        await _tell(services, message, denial)
    return False


async def _tell(services: Services, message: Message, denial: Denial | Shortage) -> None:
    await answer(message, words(services.limits, denial), ask_button() if denial is Denial.ACCESS_TO_ASK else None)


def ask_button() -> InlineKeyboardMarkup:
    """Return the button by which somebody asks the admins for access."""
    return InlineKeyboardMarkup([[InlineKeyboardButton(access_texts.BUTTON_ASK(), callback_data="access:ask")]])


async def tell_access(services: Services, message: Message) -> None:
    """Tell somebody who begins, and whom the operator does not let in yet, what they may do."""
    denial = services.access.check(await services.situation(key_of(message)))
    if denial is not None:
        await _tell(services, message, denial)


async def _denial(
    services: Services, situation: Situation, message: Message, sources: Sequence[Source], *, video: bool
) -> Denial | Shortage | None:
    is_admin_here = partial(is_admin, message.get_bot(), message.chat, situation.key.user_id)
    denial = services.access.check(situation) or await check_rights(situation, is_admin_here)
    if denial is not None:
        return denial
    if situation.paused and (video or sources):
        return Denial.PAUSED
    denial = check_waiting(services.limits, situation) if video else None
    denial = denial or check_day(services.limits, situation, [source.file.size or 0 for source in sources])
    if denial is None and sources:
        denial = check_room(services.limits, services.resources.objects.free_bytes())
    if denial is not None or not (video or sources):
        return denial
    cost = await _cost(services, situation, sources, video=video)
    return services.resources.money.check(situation, cost)


async def _cost(services: Services, situation: Situation, sources: Sequence[Source], *, video: bool) -> Decimal:
    """Return what a wish may cost: a look at each picture, and the video of the voice, as long as it is said to be."""
    engine, choices = services.resources.engine, situation.choices
    looks = engine.look_price * sum(source.file.may_be_picture for source in sources)
    if not video:
        return looks
    said = [source.file.seconds - STATED_ROUNDING for source in sources if source.file.seconds]
    if not said and situation.draft.voice_sha is not None:
        voice = await services.resources.objects.get(situation.draft.voice_sha)
        said = [voice.seconds] if voice and voice.seconds else []
    return looks + video_cost(services, said[-1] if said else 0.0, engine.options(choices.ratio, choices.style))


def video_cost(services: Services, seconds: float, options: Options) -> Decimal:
    """Return what the video of a voice costs at most; a longer voice than may be made is cut."""
    engine = services.resources.engine
    return engine.second_price(options) * billed_seconds(min(seconds, services.resources.longest_voice))


async def cost_of_waiting(services: Services, situation: Situation) -> Decimal:
    """Return what the video of the voice that waits in a draft costs at most; nothing where none waits."""
    sha, choices = situation.draft.voice_sha, situation.choices
    voice = await services.resources.objects.get(sha) if sha is not None else None
    options = services.resources.engine.options(choices.ratio, choices.style)
    return video_cost(services, voice.seconds, options) if voice and voice.seconds else Decimal(0)


async def may_press(
    services: Services,
    situation: Situation,
    press: Press,
    kept: Sequence[Use],
    *,
    video: bool = False,
    cost: Decimal = Decimal(0),
) -> bool:
    """Pass the gates on the way from a button to a video, or to another format of one; tell those who may not pass.

    Args:
        kept: photos and voices that are used.
        video: whether one is ordered.
        cost: of the video at most, in CNY; 0 where an earlier one is sent again.
    """
    denial: Denial | Shortage | None = services.access.check(situation)
    denial = denial or await check_rights(situation, press.is_by_admin)
    if denial is None and cost:
        denial = Denial.PAUSED if situation.paused else services.resources.money.check(situation, cost)
    if denial is None and video:
        denial = check_waiting(services.limits, situation)
    if denial is not None:
        await press.say(words(services.limits, denial), alert=isinstance(denial, Shortage))
        return False
    wish = wish_of_press(press)
    if wish is None:
        await press.say(BUTTON_GONE())
        return False
    may = await may_use(services, situation, wish, dict.fromkeys(kept))
    if not may:
        await press.say()
    return may


def words(limits: Limits, denial: Denial | Shortage) -> str:
    """Return the words for a denial."""
    if isinstance(denial, Shortage):
        facts = {"left": amount(denial.left, ROUND_FLOOR), "needed": amount(denial.needed, ROUND_CEILING)}
        return texts.SHORT_OF[denial.kind](**facts)
    match denial:
        case Denial.ADMINS_ONLY:
            return ADMINS_ONLY()
        case denial if denial in access_texts.DENIED:
            return access_texts.DENIED[denial]()
        case Denial.PAUSED:
            return texts.PAUSED()
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
