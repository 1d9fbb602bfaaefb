"""Alerts: look every half minute for what the admins should know, tell each cause once, and once when it has passed."""

import asyncio
import time
from collections.abc import Sequence

import structlog
from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot
from telegram.error import TelegramError

from bot.gates.limits import MEGABYTE
from bot.render.account_news import standing_troubles
from bot.render.accounts import Accounts
from handlers.admin.telling import tell_admins
from handlers.context import Services
from handlers.texts import alerts as texts
from handlers.texts.language import listed
from handlers.transport.inbox import App
from handlers.transport.polling import CONFLICT_AT
from storage.account_troubles import Trouble
from storage.alerts import (
    Alert,
    drop_alert,
    failed_in_a_row,
    longest_wait,
    note_alert_told,
    raise_alert,
    standing,
)
from storage.book import money, month_of
from storage.clock import unix_now
from storage.counts import used
from storage.cut_off import CutOffMachine, cut_off_machines
from storage.passing import cause_of
from storage.reservations import DAY, MONTH
from storage.switches import starts_lately

log = structlog.get_logger(__name__)

LONG_WAIT = 3600.0
"""Seconds in the works after which somebody should look; the service takes minutes."""

NO_VIDEOS, PASSED_OVER, CUT_OFF = "account", "one_account", "cut_off"
"""Kinds of causes: no account works, or some do; a machine does not reach what others do."""

LONGEST_NAME = 56
"""Letters of a machine's name in a cause, its process among them."""

MANY_FAILURES, MANY_STARTS = 8, 3
CONFLICT_SECONDS = 60.0
WEBHOOK_SECONDS = 300.0
LEVELS = (80, 100)
"""Per cent of a budget at which the admins are told."""


async def keep_watch(application: App, services: Services, *, webhook: bool) -> None:
    """Watch until cancelled, where there are admins who could be told.

    Args:
        webhook: whether updates come that way.
    """
    if not services.access.admins:
        return
    while True:
        try:
            causes = await find_causes(application, services, webhook=webhook)
            await settle(application.bot, services, causes)
        except SQLAlchemyError as error:
            log.error("nobody watches while the database is away", why=cause_of(error))
        except Exception:
            log.exception("watching broke; it goes on")
        await asyncio.sleep(services.resources.timing.watch)


async def find_causes(application: App, services: Services, *, webhook: bool) -> dict[str, str]:
    """Return what is wrong just now, with its detail, by its cause."""
    resources, limits = services.resources, services.limits
    causes = trouble_of(resources.accounts, await standing_troubles(resources))
    causes |= missed_by(await cut_off_machines(resources.database))
    causes |= await _budgets(services)
    free = resources.objects.free_bytes()
    if free < limits.keep_free_mb * MEGABYTE // 2:
        causes["disk"] = str(free // MEGABYTE)
    if time.monotonic() - application.bot_data.get(CONFLICT_AT, -CONFLICT_SECONDS) < CONFLICT_SECONDS:
        causes["conflict"] = ""
    if webhook and (said := await _webhook_error(application.bot)):
        causes["webhook"] = said
    if (waits := await longest_wait(resources.database)) > LONG_WAIT:
        causes["waiting"] = str(round(waits / 60))
    if await failed_in_a_row(resources.database, MANY_FAILURES) >= MANY_FAILURES:
        causes["refusals"] = str(MANY_FAILURES)
    if (starts := await starts_lately(resources.database)) >= MANY_STARTS:
        causes["crashes"] = str(starts)
    return causes


def trouble_of(accounts: Accounts, troubles: Sequence[Trouble]) -> dict[str, str]:
    """Return why accounts cannot be used, with what to do, by a cause that names them.

    It is what any machine has met, also before a restart; another answer of the service ends it.
    """
    shut = {each.account for each in troubles}
    kind = PASSED_OVER if any(account.name not in shut for account in accounts) else NO_VIDEOS
    return {
        ":".join((kind, each.reason, each.account)): (
            f"{each.account}: {each.advice}" if len(accounts) > 1 else each.advice
        )
        for each in troubles
    }


def missed_by(machines: Sequence[CutOffMachine]) -> dict[str, str]:
    """Return what machines do not reach that others do, by a cause that names them."""
    return {f"{CUT_OFF}:{machine.name[-LONGEST_NAME:]}": ",".join(machine.misses) for machine in machines}


def words_of(cause: str, detail: str) -> str:
    """Return what the admins read of a cause."""
    kind, _, name = cause.partition(":")
    if kind == CUT_OFF:
        detail = listed(texts.MISSED[way]() if way in texts.MISSED else way for way in detail.split(","))
    return texts.ALERTS[kind](name=name, detail=detail)


async def _budgets(services: Services) -> dict[str, str]:
    gate = services.resources.money
    day, limits = gate.book.day(), gate.budgets.limits()
    keys = {DAY: (DAY, "", day), MONTH: (MONTH, "", month_of(day))}
    counted, causes = await used(services.resources.database, keys.values()), {}
    for kind, key in keys.items():
        for level in LEVELS:
            if kind in limits and counted[key] * 100 >= limits[kind] * level:
                causes[f"budget_{kind}_{level}"] = f"{money(counted[key]):.2f} / {money(limits[kind]):.2f} CNY"
    return causes


async def _webhook_error(bot: Bot) -> str:
    """Return what Telegram says of its last call that failed, if it was lately."""
    try:
        info = await bot.get_webhook_info()
    except TelegramError:
        return ""
    at = info.last_error_date.timestamp() if info.last_error_date else 0.0
    return info.last_error_message or "" if unix_now() - at < WEBHOOK_SECONDS else ""


async def settle(bot: Bot, services: Services, causes: dict[str, str]) -> None:
    """Tell what is new, and what has passed."""
    database, known = services.resources.database, await standing(services.resources.database)
    for cause, detail in causes.items():
        if cause not in known:
            await raise_alert(database, cause, detail)
        is_told = cause in known and known[cause].told_at is not None
        if not is_told and await _tell_all(bot, services, Alert(cause, detail, None), passed=False):
            await note_alert_told(database, cause)
    for cause, alert in known.items():
        if cause in causes:
            continue
        if alert.told_at is None or await _tell_all(bot, services, alert, passed=True):
            await drop_alert(database, cause)


async def _tell_all(bot: Bot, services: Services, alert: Alert, *, passed: bool) -> bool:
    """Tell every admin; return whether one has heard."""

    def words() -> str:
        what = words_of(alert.cause, alert.detail)
        return texts.PASSED(what=what) if passed else what

    return await tell_admins(bot, services, words)


async def tell_news(bot: Bot, services: Services, *, started: bool) -> None:
    """Tell the admins that the bot runs, or stops."""
    await tell_admins(bot, services, texts.STARTED if started else texts.STOPPING)
