"""`/usage`: what somebody has spent today and this month, and what is left."""

from decimal import ROUND_FLOOR, ROUND_HALF_UP, Decimal

from telegram import Update

from handlers.context import Context, services_of
from handlers.texts import usage as texts
from handlers.texts.language import amount
from handlers.transport.answering import answer, key_of
from storage.book import money, month_of
from storage.reservations import CHAT, PERSON
from storage.spending import entries, held, total


async def show(update: Update, context: Context) -> None:
    """Say what the sender has spent; of who speaks as a chat, what all who do have."""
    message = update.message
    if message is None:
        return
    services, key = services_of(context), key_of(message)
    gate, situation = services.resources.money, await services.situation(key)
    payer, month = gate.book.payer(key.chat_id, key.user_id), month_of(gate.book.day())
    of = {"person": payer.person} if payer.person else {"chat": payer.chat}
    kind, limits = PERSON if payer.person else CHAT, gate.budgets.limits()
    spent, limit = money(situation.spent[kind]), money(limits[kind]) if kind in limits else None
    reserved = await held(services.resources.database, month, **of)
    billed = total(await entries(services.resources.database, month, **of)).amount
    lines = [] if payer.person else [texts.AS_CHAT()]
    lines += [_today(spent, limit), texts.MONTH(spent=_cny(billed + reserved))]
    if payer.person and not key.is_private and CHAT in limits:
        lines.append(texts.CHAT_OF(spent=_cny(money(situation.spent[CHAT])), limit=_cny(money(limits[CHAT]))))
    if reserved:
        lines.append(texts.HELD(held=_cny(reserved)))
    await answer(message, "\n".join(lines))


def _today(spent: Decimal, limit: Decimal | None) -> str:
    if limit is None:
        return texts.TODAY(spent=_cny(spent))
    left = amount(max(limit - spent, Decimal(0)), ROUND_FLOOR)
    return texts.TODAY_OF(spent=_cny(spent), limit=_cny(limit), left=left)


def _cny(money: Decimal) -> str:
    return amount(money, ROUND_HALF_UP)
