"""Retry with growing pauses until the cause is fixed, by the service, the operator or the machine."""

import time
from collections.abc import Awaitable, Callable
from contextlib import suppress
from itertools import count
from typing import TypeVar

import structlog

from bot.backoff import growing_pauses
from bot.dashscope.errors import (
    AccountError,
    DashscopeError,
    ListUnsupported,
    LostAnswer,
    PersonError,
    ServiceError,
    UnclearAnswer,
    UnreachableMedia,
    VideoGone,
    VideoTooLarge,
)
from bot.render.account import come_back, pass_over, stand_aside
from bot.render.accounts import Account
from bot.render.audience import NotTaken
from bot.render.ending import End, refuse_cancelled
from bot.render.patience import deadline
from bot.render.resources import Resources
from storage.passing import PASSING, cause_of
from storage.renders import Render, Stage, update_render
from storage.store import StoreAway, StoreTrouble

log = structlog.get_logger(__name__)
T = TypeVar("T")

LONGEST_PAUSE = 120.0
LONGEST_TRY = 24 * 3600.0
ASIDE_TRIES = 5
"""Tries after which a render that has nothing at the service lets others have its slot."""

FILES = "files"
"""The trouble of a render whose files are in a bucket that is away."""

UNKNOWN_TRIES = 2
"""Tries of a call that is refused for a reason that nobody knows."""


class StepBroke(Exception):
    """A step of a render broke that may have something at the service: it is taken again."""


def trouble_of(error: DashscopeError) -> str:
    """Return the word by which the card knows a trouble: `account` is the operator's to mend, `service` passes."""
    return "account" if isinstance(error, AccountError | UnreachableMedia) else "service"


async def retry_storage(resources: Resources, render_id: str, work: Callable[[], Awaitable[T]]) -> T:
    """Do what may be done twice until neither database nor files nor a fault of ours stand in the way."""
    pauses, told = growing_pauses(resources.timing.first_pause, LONGEST_PAUSE), False
    while True:
        try:
            result = await work()
            break
        except (*PASSING, StoreTrouble, StepBroke) as error:
            pause = next(pauses)
            log.error(
                "a step of a render is taken again",
                render=render_id,
                why=cause_of(error),
                again_in=round(pause, 1),
            )
            is_away = isinstance(error, StoreAway)
        if is_away and not told:
            told = await _note_files(resources, render_id, FILES)
        await resources.pauses.pause(render_id, pause)
    if told:
        await _note_files(resources, render_id, None)
    return result


async def _note_files(resources: Resources, render_id: str, trouble: str | None) -> bool:
    """Let the card say that the files of a render cannot be reached, or can again; return whether that is noted."""
    with suppress(*PASSING):
        await update_render(resources.database, render_id, trouble=trouble)
        return True
    return False


async def retry_call(
    resources: Resources,
    render: Render,
    call: Callable[[], Awaitable[T]],
    when_cancelled: Callable[[Resources, Render], Awaitable[None]] = refuse_cancelled,
    at: Account | None = None,
) -> T:
    """Make a call until it works, with growing pauses; the render's row says meanwhile what the trouble is.

    What one account refuses, another one is asked for at once. While all are shut, or the call fails for long, others
    have its slot, see `bot.render.account`. What only the caller can judge (a lost answer, a missing list) is raised.

    Args:
        at: the account that has what is asked about; None: any may be asked.

    Raises:
        End: the person's file was refused, the person cancelled, the model is gone, or it took more than a day.
    """
    pauses, trouble, passed_over = growing_pauses(resources.timing.first_pause, LONGEST_PAUSE), render.trouble, 0
    ends = deadline(LONGEST_TRY, render.trouble_since)
    for tries in count(1):
        await come_back(resources, render, when_cancelled)
        try:
            result = await call()
        except PersonError as error:
            raise End(Stage.REFUSED, error.reason) from error
        except (AccountError, UnreachableMedia, ServiceError) as error:
            if at is None and passed_over < len(resources.accounts) and pass_over(resources, render, error):
                passed_over += 1
                continue
            pause, passed_over = next(pauses), 0
            if trouble_of(error) == "account" or tries >= ASIDE_TRIES:
                await stand_aside(resources, render, error)
            trouble = await _note_trouble(resources, render, error, trouble, pause, at)
        except (ListUnsupported, LostAnswer, VideoGone, VideoTooLarge):
            raise
        except DashscopeError as error:
            log.error("the service answered what is in no table", render=render.id, why=str(error), tries=tries)
            if isinstance(error, UnclearAnswer) or tries >= UNKNOWN_TRIES:
                raise End(Stage.FAILED, "not_understood") from error
            pause = next(pauses)
        else:
            if trouble:
                await update_render(resources.database, render.id, trouble=None)
            return result
        if time.monotonic() > ends:
            raise End(Stage.FAILED, "gave_up")
        await resources.pauses.pause(render.id, pause)
        await when_cancelled(resources, render)
    raise AssertionError  # it counts without end


async def _note_trouble(
    resources: Resources, render: Render, error: DashscopeError, before: str | None, pause: float, at: Account | None
) -> str:
    """Write down and log what the trouble is, and return it."""
    trouble = trouble_of(error)
    if at is not None and isinstance(error, AccountError):
        at.note_shut(error)
    if trouble != before:
        await update_render(resources.database, render.id, trouble=trouble)
    say = log.error if trouble == "account" else log.warning
    say("the service cannot be used just now", render=render.id, why=str(error), again_in=round(pause, 1))
    return trouble


async def until_taken(resources: Resources, render: Render, send: Callable[[], Awaitable[T]]) -> T:
    """Send until Telegram takes it, with growing pauses; a person who cancels meanwhile is heard.

    Raises:
        End: the person cancelled, or Telegram did not take it for a day.
    """
    pauses = growing_pauses(resources.timing.first_pause, LONGEST_PAUSE)
    ends = deadline(LONGEST_TRY, render.trouble_since if render.trouble == "telegram" else None)
    while True:
        try:
            return await send()
        except NotTaken as error:
            if time.monotonic() > ends:
                raise End(Stage.FAILED, "not_taken") from error
            pause = max(next(pauses), error.seconds)
            log.warning("Telegram takes no video", render=render.id, why=str(error), again_in=round(pause, 1))
        await update_render(resources.database, render.id, trouble="telegram")
        await resources.pauses.pause(render.id, pause)
        await refuse_cancelled(resources, render)
