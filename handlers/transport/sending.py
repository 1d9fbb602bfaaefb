"""Sending to Telegram: what its refusals mean, and how to wait out what passes."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import TypeVar

import structlog
from telegram.error import BadRequest, ChatMigrated, Forbidden, NetworkError, RetryAfter, TelegramError

from bot.backoff import growing_pauses
from bot.render.audience import ChatGone, ChatMoved, FileIdDead, MaybeSent, NotTaken, SendForbidden, UploadTooLarge
from handlers.transport.http import AnswerLost, TooLarge

log = structlog.get_logger(__name__)
T = TypeVar("T")

FIRST_PAUSE, LONGEST_PAUSE = 1.0, 60.0
LONGEST_TRY = 24 * 3600.0

GONE = ("chat not found", "user is deactivated", "group chat was deactivated", "peer_id_invalid", "bot was kicked")
FORBIDDEN_HERE = (
    "not enough rights",
    "have no rights",
    "send_media_forbidden",
    "send_videos_forbidden",
    "chat_restricted",
)
NONSENSE = "Invalid server response"
"""What python-telegram-bot says of an answer that is no JSON."""

DEAD_FILE = ("wrong file identifier", "wrong remote file", "file_reference", "failed to get http url content")


def meaning(error: TelegramError) -> Exception:
    """What a refusal means for a video: one of the audience's exceptions, or the error itself."""
    if isinstance(error, ChatMigrated):
        return ChatMoved(error.new_chat_id)
    if isinstance(error, Forbidden):
        return ChatGone(str(error))
    if isinstance(error, BadRequest):
        text = str(error).lower()
        if any(part in text for part in GONE):
            return ChatGone(str(error))
        if any(part in text for part in FORBIDDEN_HERE):
            return SendForbidden(str(error))
        if any(part in text for part in DEAD_FILE):
            return FileIdDead(str(error))
        return error
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
    """Whether the same call may be taken later: a flood, or trouble at Telegram or on the way there."""
    return isinstance(error, RetryAfter | NetworkError) and not isinstance(error, BadRequest)


async def until_sent(send: Callable[[], Awaitable[T]], longest: float = LONGEST_TRY, *, may_repeat: bool = False) -> T:
    """Send until Telegram takes it; a flood's pause is kept by the bot's rate limiter.

    Args:
        send: makes the call.
        longest: seconds of pauses in all.
        may_repeat: better twice than not at all: one whose answer was lost is sent again.

    Raises:
        ChatGone, ChatMoved, SendForbidden, FileIdDead, MaybeSent, UploadTooLarge: see `meaning`.
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


async def in_topic(
    send: Callable[[int | None], Awaitable[T]],
    thread_id: int,
    longest: float = LONGEST_TRY,
    *,
    may_repeat: bool = False,
) -> T:
    """Send to a topic, as `until_sent` does; where the topic has been deleted, to the chat."""
    try:
        return await until_sent(lambda: send(thread_id or None), longest, may_repeat=may_repeat)
    except BadRequest as error:
        if "thread not found" not in str(error).lower():
            raise
        return await until_sent(lambda: send(None), longest, may_repeat=may_repeat)


async def once_in_topic(send: Callable[[int | None], Awaitable[T]], thread_id: int) -> T:
    """Try once to send to a topic, as `in_topic` does.

    Raises:
        NotTaken: it may be taken later.
    """
    try:
        return await in_topic(send, thread_id, longest=0)
    except (RetryAfter, NetworkError) as error:
        if not passes(error):
            raise
        raise NotTaken(str(error), retry_seconds(error) if isinstance(error, RetryAfter) else 0.0) from error
