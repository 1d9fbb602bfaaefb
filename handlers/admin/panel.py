"""`/admin`: what is spent, what is in the works, what failed, and pause and resume, by buttons."""

import re
from collections.abc import Awaitable, Callable
from datetime import date, timedelta
from decimal import Decimal
from textwrap import shorten

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.constants import ChatType

from bot.media.child import run_limited
from bot.media.jobs import draw_chart
from bot.render.account_news import standing_troubles
from handlers.admin.alerts import trouble_of
from handlers.admin.words import stage_of, told_of, troubled_by
from handlers.commands import unknown_command
from handlers.context import Context, Services, services_of
from handlers.texts import STATUS_IDLE
from handlers.texts import admin as texts
from handlers.texts.alerts import ALERTS
from handlers.texts.language import amount
from handlers.transport.answering import answer
from handlers.transport.keyboards import in_rows
from handlers.transport.naming import name_of
from handlers.transport.press import Press, read_press
from handlers.transport.sending import until_sent
from storage.book import money, month_of
from storage.clock import unix_now
from storage.counts import used
from storage.overview import failures, known_ids, read_works
from storage.reservations import DAY, MONTH
from storage.spending import Sum, entries, sums
from storage.switches import PAUSED, is_on, switch

PATTERN = re.compile(r"admin:(?P<what>now|who|failures|stuck|pause|resume|more)")
CHART_DAYS = 14
MOST_NAMES = 5
LONGEST_TROUBLE = 500
"""Characters; Telegram takes captions of 1,024."""

LONGEST = 3600.0
"""Seconds after which a render that has begun counts as stuck."""

FAILURE_SECONDS = 7 * 24 * 3600.0


async def is_for_admin(update: Update, context: Context) -> bool:
    """Return whether an admin speaks in private; to others a command is unknown, and in groups nothing is said."""
    message = update.message
    if message is None or message.chat.type != ChatType.PRIVATE:
        return False
    if message.chat_id in services_of(context).access.admins:
        return True
    await unknown_command(update, context)
    return False


async def show(update: Update, context: Context) -> None:
    """Show the panel."""
    if await is_for_admin(update, context) and update.message is not None:
        await _send(services_of(context), update.message)


async def _send(services: Services, message: Message) -> None:
    text, buttons = await overview(services), await _buttons(services)
    with services.resources.objects.scratch() as folder:
        path = folder / "chart.png"
        days, amounts = await spent_by_day(services)
        budget = float(services.resources.money.budgets.day)
        labels = [day[-2:].lstrip("0") for day in days]
        await run_limited(draw_chart(path, days=labels, amounts=amounts, budget=budget, title=f"CNY, {days[-1][:7]}"))
        await until_sent(
            lambda: message.reply_photo(path, caption=text, reply_markup=buttons), longest=60, may_repeat=True
        )


async def spent_by_day(services: Services) -> tuple[list[str], list[float]]:
    """Return the last days, and what each has cost or may still cost."""
    today = date.fromisoformat(services.resources.money.book.day())
    days = [(today - timedelta(days=back)).isoformat() for back in reversed(range(CHART_DAYS))]
    billed = sums(await entries(services.resources.database, days[0]), lambda entry: entry.day)
    counted = await used(services.resources.database, [(DAY, "", day) for day in days])
    spent = [money(counted[(DAY, "", day)]) or (billed[day].amount if day in billed else Decimal(0)) for day in days]
    return days, [float(amount) for amount in spent]


async def overview(services: Services) -> str:
    """Return today and the month against the budgets, and what is in the works."""
    gate, database = services.resources.money, services.resources.database
    day = gate.book.day()
    keys = {DAY: (DAY, "", day), MONTH: (MONTH, "", month_of(day))}
    counted = await used(database, keys.values())
    limits = gate.budgets.limits()
    lines = []
    for kind, key in keys.items():
        spent = amount(money(counted[key]))
        if kind in limits:
            lines.append(texts.SPENT_OF[kind](spent=spent, limit=amount(money(limits[kind]))))
        else:
            lines.append(texts.SPENT[kind](spent=spent))
    works = await read_works(database, LONGEST)
    is_idle = not works.going and not works.waiting
    lines.append(STATUS_IDLE() if is_idle else texts.WORKS(n=works.going, waiting=works.waiting))
    if works.stuck:
        lines.append(texts.STUCK(n=len(works.stuck)))
    if await is_on(database, PAUSED):
        lines.append(texts.PAUSED_SINCE())
    if causes := trouble_of(services.resources.accounts, await standing_troubles(services.resources)):
        kind = next(iter(causes)).partition(":")[0]  # it is that of all
        lines.append(ALERTS[kind](detail=shorten(" ".join(causes.values()), LONGEST_TROUBLE, placeholder=" …")))
    return "\n".join(lines)


async def _buttons(services: Services) -> InlineKeyboardMarkup:
    paused = await is_on(services.resources.database, PAUSED)
    turn = ("resume", texts.BUTTON_RESUME()) if paused else ("pause", texts.BUTTON_PAUSE())
    rows = [
        [("who", texts.BUTTON_WHO())],
        [("failures", texts.BUTTON_FAILURES()), ("stuck", texts.BUTTON_STUCK())],
        [turn],
        [("now", texts.BUTTON_REFRESH()), ("more", texts.BUTTON_HELP())],
    ]
    buttons = [[InlineKeyboardButton(label, callback_data=f"admin:{what}") for what, label in row] for row in rows]
    return InlineKeyboardMarkup([shown for row in buttons for shown in in_rows(row)])


async def on_button(update: Update, context: Context) -> None:
    """Do what a button of the panel says; those of others do nothing."""
    press = await read_press(update, PATTERN)
    if press is None:
        return
    services, what = services_of(context), press.match["what"]
    if press.user_id not in services.access.admins or press.chat.type != ChatType.PRIVATE:
        await press.say()
    elif what in ("pause", "resume"):
        await _turn(services, press, paused=what == "pause")
    else:
        await press.say()
        if what == "now" and press.message is not None:
            await _send(services, press.message)
        elif what in VIEWS:
            await press.reply(await VIEWS[what](services, press))


async def _turn(services: Services, press: Press, *, paused: bool) -> None:
    await switch(services.resources.database, PAUSED, paused)
    if not paused:
        services.workflows.turns.ask()
    await press.say((texts.PAUSED if paused else texts.RESUMED)(), alert=True)
    await press.show_buttons(await _buttons(services))


async def _spenders(services: Services, press: Press) -> str:
    """Say who, and which chats, spent most this month, by the names that Telegram gives them now."""
    database, book = services.resources.database, services.resources.money.book
    found = await entries(database, month_of(book.day()))
    if not found:
        return texts.NOBODY()
    people, chats = sums(found, lambda entry: entry.person), sums(found, lambda entry: entry.chat)
    lines = [texts.WHO(), *await _top(services, press, people), texts.WHERE(), *await _top(services, press, chats)]
    return "\n".join(lines)


async def _top(services: Services, press: Press, spent: dict[str, Sum]) -> list[str]:
    """Return the dearest, a line each, by the names that Telegram gives them now."""
    top = sorted(spent.items(), key=lambda each: -each[1].amount)[:MOST_NAMES]
    ids = await known_ids(services.resources.database, services.resources.money.book, [mark for mark, _ in top])
    lines = []
    for mark, came_to in top:
        if mark in ids:
            name = await name_of(press.query.get_bot(), ids[mark])
        else:
            name = texts.UNKNOWN(hash=mark[:12]) if mark else texts.AS_CHATS()
        lines.append(texts.LINE(name=name, amount=amount(came_to.amount)))
    return lines


async def _failures(services: Services, _: Press) -> str:
    found = await failures(services.resources.database, unix_now() - FAILURE_SECONDS)
    if not found:
        return texts.NO_FAILURES()
    lines = [texts.FAILURES()]
    for reason, number in found.items():
        lines.append(texts.FAILURE(reason=reason or texts.UNEXPLAINED(), n=number))
        lines += filter(None, [told_of(reason)])
    return "\n".join(lines)


async def _stuck(services: Services, _: Press) -> str:
    stuck, now = (await read_works(services.resources.database, LONGEST)).stuck, unix_now()
    lines = [
        texts.STUCK_LINE(
            id=each.id, stage=stage_of(each), minutes=round((now - each.created_at) / 60), trouble=troubled_by(each)
        ).rstrip()
        for each in stuck[:20]
    ]
    return "\n".join(lines) or texts.NOTHING_STUCK()


async def _more(_: Services, __: Press) -> str:
    return texts.MORE()


VIEWS: dict[str, Callable[[Services, Press], Awaitable[str]]] = {
    "who": _spenders,
    "failures": _failures,
    "stuck": _stuck,
    "more": _more,
}


async def who(update: Update, context: Context) -> None:
    """Say who is behind a hash of the report."""
    if not await is_for_admin(update, context) or update.message is None:
        return
    services, words = services_of(context), "".join(context.args or []).lower()
    if not re.fullmatch(r"[0-9a-f]{6,64}", words):
        await answer(update.message, texts.WHO_HOW())
        return
    database, book = services.resources.database, services.resources.money.book
    marks = {mark for entry in await entries(database, "") for mark in (entry.person, entry.chat) if mark}
    ids = await known_ids(database, book, [mark for mark in marks if mark.startswith(words)])
    names = [texts.IS(hash=words[:12], name=await name_of(context.bot, each)) for each in sorted(set(ids.values()))]
    await answer(update.message, "\n".join(names) or texts.UNKNOWN(hash=words[:12]))
