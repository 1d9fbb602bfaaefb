"""The account and its model: whether they are there, who is told, and what becomes of renders meanwhile.

A render that has nothing at the service ends when the model is gone, for no waiting brings that back; while an account
is shut it waits, and others have its slot. One with a task, or an order of unknown fate, is seen to its end.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable

import structlog

from bot.dashscope.errors import AccountError, DashscopeError
from bot.dashscope.types import Body
from bot.engines.engine import Engine
from bot.render.ending import End
from bot.render.parts import Parts
from storage.renders import Render, Stage
from storage.tasks import committed_renders

log = structlog.get_logger(__name__)

NO_MODEL = "no_model"
"""Why a render ended whose model is gone."""

START_SECONDS = 9.0
"""For the question at the start whether the model is alive."""

REMINDER = 3600.0
"""Seconds before the operator is told of the same cause again."""

LONGEST_ASIDE = 120.0
"""Seconds before a render that wants its slot back looks again, woken or not."""


def probe_of(engine: Engine) -> Body:
    """A look without a portrait: a model that is alive says that it is missing, and nothing is billed."""
    look = engine.look("", engine.options("", ""))
    return {**look, "input": {name: value for name, value in look["input"].items() if name != "image_url"}}


async def look_at_start(parts: Parts) -> None:
    """Say in one line whether the service has the model."""
    engine = parts.engine
    if engine.name == "local":
        return  # it is this machine's own, and has just been started
    facts = {"engine": engine.name, "model": engine.detect_model}
    try:
        async with asyncio.timeout(START_SECONDS):
            await parts.service.probe(probe_of(engine))
    except AccountError as error:
        tell_operator(parts, engine, error)
    except DashscopeError as error:
        log.warning("the service does not say whether it has the model", why=str(error), **facts)
    except TimeoutError:
        log.warning("the service does not say whether it has the model", why="no answer in time", **facts)
    else:
        log.info("the service has the model", **facts)


def note_shut(parts: Parts, error: AccountError) -> None:
    """Note why the account cannot be used."""
    parts.shut[error.reason] = str(error)


def note_working(parts: Parts) -> None:
    """Note that the service has taken an order, or looked at a photo: whatever was wrong is mended."""
    parts.shut.clear()
    parts.worked_at = time.monotonic()


def tell_operator(parts: Parts, engine: Engine, error: AccountError) -> None:
    """Tell the operator what to mend, once for each cause, however many renders meet it."""
    note_shut(parts, error)
    cause, now = (engine.detect_model, error.reason), time.monotonic()
    if now - parts.told.get(cause, -math.inf) >= REMINDER:
        parts.told[cause] = now
        log.error("there are no videos until this is mended", engine=engine.name, why=str(error))


async def stand_aside(parts: Parts, render: Render, error: DashscopeError) -> None:
    """Let others have the slot of a render that meets a shut account, unless it has something at the service.

    Raises:
        End: the model is gone.
    """
    if await committed_renders(parts.database, [render.id]):
        return
    if isinstance(error, AccountError) and error.model_gone:
        tell_operator(parts, parts.engine_of(render), error)
        raise End(Stage.FAILED, NO_MODEL) from error
    parts.slots.step_aside(render)


async def come_back(parts: Parts, render: Render, when_cancelled: Callable[[Parts, Render], Awaitable[None]]) -> None:
    """Wait until a render that stands aside has a slot again."""
    try:
        while not parts.slots.come_back(render):
            await parts.pauses.pause(render.id, LONGEST_ASIDE)
            await when_cancelled(parts, render)
    except BaseException:
        parts.slots.free(render.id)  # whose turn it is now
        raise
