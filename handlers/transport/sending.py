"""Sending to Telegram: what its refusals mean, and how to wait out what passes."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import structlog
from telegram.error import BadRequest, Forbidden, InvalidToken, NetworkError, RetryAfter, TelegramError

from bot.backoff import growing_pauses
from bot.render.audience import Barrier, ChatGone, FileIdDead, MaybeSent, NotTaken, SendForbidden, UploadTooLarge
from handlers.transport.http import AnswerLost, TooLarge
from handlers.transport.refusals import Means, meaning_of

log = structlog.get_logger(__name__)
T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
LONGEST_TRY = 24 * 3600.0

TAKE_SECONDS = 300.0
"""How long Telegram may take to answer an upload of 50 MB."""

NONSENSE = "Invalid server response"
"""What python-telegram-bot says of an answer that is no JSON."""


def meaning(error: TelegramError) -> Exception:
    """What a refusal means for a video: one of the audience's exceptions, or the error itself."""
    refused = meaning_of(error)
    if refused is Means.GONE:
        return ChatGone(str(error))
    if isinstance(refused, Barrier):
        return SendForbidden(str(error), refused)
    if refused is Means.FILE_GONE:
        return FileIdDead(str(error))
    if isinstance(error, Forbidden):
        return SendForbidden(str(error), Barrier.NO_WRITING)
    if isinstance(error, TooLarge):
        return UploadTooLarge(str(error))
    if isinstance(error, AnswerLost) or is_nonsense(error):
        return MaybeSent(str(error))
    return error


def is_nonsense(error: Exception) -> bool:
    """Whether what answered cannot be Telegram itself; it may stand between, and have handed the call on."""
    return type(error) is TelegramError and str(error) == NONSENSE


def retry_seconds(error: RetryAfter) -> float:
    """How long Telegram asks to wait."""
    after = error.retry_after
    return after.total_seconds() if isinstance(after, timedelta) else float(after)


def passes(error: TelegramError) -> bool:
    """Whether the same call may be taken later: a flood, trouble at Telegram or on the way there, or a revoked token.

    With that one the bot ends, and the next one, which has a new token, makes the call.
    """
    return isinstance(error, RetryAfter | NetworkError | InvalidToken) and not isinstance(error, BadRequest)


async def until_sent(send: Callable[[], Awaitable[T]], longest: float = LONGEST_TRY, *, may_repeat: bool = False) -> T:
    """Send until Telegram takes it; a flood's pause is kept by the bot's rate limiter.

    Args:
        send: makes the call.
        longest: seconds of pauses in all.
        may_repeat: better twice than not at all: one whose answer was lost is sent again.

    Raises:
        ChatGone, SendForbidden, FileIdDead, MaybeSent, UploadTooLarge: see `meaning`.
        TelegramError: refused for another reason, or not taken within `longest` seconds.
    """
    pauses, waited = growing_pauses(FIRST_PAUSE, LONGEST_PAUSE), 0.0
    while True:
        pause = next(pauses)
        try:
            return await send()
        except TelegramError as error:
            meant = meaning(error)
            if isinstance(error, RetryAfter):  # the rate limiter has waited several times, and gave up
                pause = max(pause, retry_seconds(error))
            may_pass = may_repeat if isinstance(meant, MaybeSent) else meant is error and passes(error)
            if not may_pass or waited >= longest:
                raise meant from error
            log.warning("Telegram did not take a message; sending it again", why=str(error), again_in=round(pause, 1))
        await asyncio.sleep(pause)
        waited += pause


async def try_once(send: Callable[[], Awaitable[T]]) -> T:
    """Send once.

    Raises:
        NotTaken: it may be taken later.
        TelegramError, and what `until_sent` raises: see there.
    """
    try:
        return await until_sent(send, longest=0)
    except TelegramError as error:
        if not passes(error):
            raise
        raise NotTaken(str(error), retry_seconds(error) if isinstance(error, RetryAfter) else 0.0) from error


async def reach_telegram(call: Callable[[], Awaitable[object]]) -> None:
    """Make a call that the start needs, as often as it takes.

    Raises:
        InvalidToken: Telegram does not know this bot.
        BadRequest: it refuses the call for good.
    """
    pauses = growing_pauses(1.0, 30.0)
    while True:
        try:
            await call()
            return
        except (InvalidToken, BadRequest):
            raise
        except TelegramError as error:
            pause = next(pauses)
            log.warning("Telegram cannot be reached", why=str(error), again_in=round(pause, 1))
        await asyncio.sleep(pause)
