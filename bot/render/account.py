"""The accounts and their model: whether they are there, who is told, and what becomes of renders meanwhile.

What one account refuses, another one is asked for. Where none works, a render that has nothing at the service ends
when the model is gone, for no waiting brings that back; else it waits, and others have its slot. One with a task, or an
order of unknown fate, is seen to its end by the account that has it.
"""

import asyncio
import math
import time
from collections.abc import Awaitable, Callable
from typing import TypeVar

import structlog

from bot.dashscope.errors import AccountError, DashscopeError, KeyGone
from bot.dashscope.types import Body
from bot.engines.engine import Engine
from bot.render.accounts import Account
from bot.render.ending import End
from bot.render.resources import Resources
from storage.renders import Render, Stage
from storage.workload import accounts_at_work, open_accounts

log = structlog.get_logger(__name__)
T = TypeVar("T")

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


async def look_at_start(resources: Resources) -> None:
    """Say in a line for each account whether it has the model, and name those whose keys are missing."""
    await tell_of_missing_keys(resources)
    if resources.engine.name == "local":
        return  # it is this machine's own, and has just been started
    await asyncio.gather(*(_look_at(resources, account) for account in resources.accounts))


async def tell_of_missing_keys(resources: Resources) -> None:
    """Name the accounts that have open tasks, and no key any more."""
    for name, number in (await open_accounts(resources.database)).items():
        if name not in resources.accounts:
            log.error("tasks wait for the key of their account", account=name, tasks=number, why=str(KeyGone()))


async def _look_at(resources: Resources, account: Account) -> None:
    engine = resources.engine
    facts = {"engine": engine.name, "model": engine.detect_model, "account": account.name}
    try:
        async with asyncio.timeout(START_SECONDS):
            await account.service.probe(probe_of(engine))
    except AccountError as error:
        account.note_shut(error)
        tell_operator(resources, engine, error, account)
    except DashscopeError as error:
        log.warning("the service does not say whether it has the model", why=str(error), **facts)
    except TimeoutError:
        log.warning("the service does not say whether it has the model", why="no answer in time", **facts)
    else:
        log.info("the service has the model", **facts)


def tell_operator(resources: Resources, engine: Engine, error: AccountError, account: Account | None = None) -> None:
    """Tell the operator what to mend, once for each cause, however many renders meet it.

    Args:
        account: that refuses; None: all of them do.
    """
    name = account.name if account is not None and len(resources.accounts) > 1 else ""
    cause, now = (engine.detect_model, error.reason, name), time.monotonic()
    if now - resources.told.get(cause, -math.inf) < REMINDER:
        return
    resources.told[cause] = now
    facts = {"engine": engine.name, "why": str(error)}
    if name:
        log.error("an account is passed over until this is mended", account=name, **facts)
    else:
        log.error("there are no videos until this is mended", **facts)


async def ask_each(resources: Resources, engine: Engine, ask: Callable[[Account], Awaitable[T]]) -> T:
    """Ask the accounts for a look until one does not refuse it for what its operator has to mend.

    Raises:
        AccountError: none of them looks, or one does only to say so, and is paid.
    """
    refused: AccountError | None = None
    for account in resources.accounts.for_work(looks=True):
        resources.accounts.give_work(account)
        try:
            answer = await ask(account)
        except AccountError as error:
            account.note_shut(error)
            if error.billed:
                raise
            refused = error
            if resources.accounts.any_works:
                tell_operator(resources, engine, error, account)
        else:
            account.note_working()
            return answer
    assert refused is not None  # noqa: S101 - there is at least one account
    raise refused


def pass_over(resources: Resources, render: Render, error: DashscopeError) -> bool:
    """Let another account have a render that one has refused; returns whether there is one that works."""
    if not isinstance(error, AccountError) or not resources.accounts.any_works:
        return False
    resources.slots.step_aside(render)
    return True


async def stand_aside(resources: Resources, render: Render, error: DashscopeError) -> None:
    """Let others have the slot of a render that meets a shut account, unless it has something at the service.

    Raises:
        End: the model is gone.
    """
    if await accounts_at_work(resources.database, [render.id]):
        return
    if isinstance(error, AccountError) and error.model_gone and resources.accounts.lack_model:
        tell_operator(resources, resources.engine_of(render), error)
        raise End(Stage.FAILED, NO_MODEL) from error
    resources.slots.step_aside(render)


async def come_back(
    resources: Resources, render: Render, when_cancelled: Callable[[Resources, Render], Awaitable[None]]
) -> None:
    """Wait until a render that stands aside has a slot again."""
    try:
        while not resources.slots.come_back(render):
            await resources.pauses.pause(render.id, LONGEST_ASIDE)
            await when_cancelled(resources, render)
    except BaseException:
        resources.slots.free(render.id)  # whose turn it is now
        raise
