"""/duet: two voices in turn become two renders, and their two videos one reply."""

import re
from dataclasses import replace
from decimal import Decimal
from typing import Any

from telegram import Update

from bot.gates.limits import denial_of
from bot.gates.permission import Use
from bot.media.facts import Kind
from bot.render.ordering import order_videos, price_of
from handlers.context import Context, Services, services_of
from handlers.gates import may_make, may_press, words
from handlers.intake import Unfit, Waits, keep_file, whose_columns
from handlers.sources import Source
from handlers.texts import BUTTON_GONE, BUTTON_NOT_YOURS
from handlers.texts import duet as texts
from handlers.texts.language import spoken
from handlers.transport.answering import answer, ask
from handlers.transport.press import read_press
from storage.drafts import DraftKey
from storage.duets import Duet, read_duet, update_duet
from storage.objects import Object
from storage.renders import DUET, TooMany
from storage.situation import Situation

PATTERN = re.compile(r"duet:(?P<id>[0-9a-f]{1,32}):(?P<layout>side|turn)")


def _half_of(duet: Duet, place: str) -> dict[str, Any]:
    """Return the columns that a render has of one half of a duet."""
    names = ("portrait_sha", "portrait_file", "portrait_owner_id", "voice_sha", "voice_file", "voice_owner_id")
    return {name: getattr(duet, f"{place}_{name}") for name in names}


def _uses_of(duet: Duet) -> list[Use]:
    """Return the faces and voices of a duet so far."""
    halves = [_half_of(duet, place) for place in ("first", "second")]
    faces = [Use("photo", *(half[f"portrait_{name}"] for name in ("file", "owner_id", "sha"))) for half in halves]
    voices = [Use("voice", *(half[f"voice_{name}"] for name in ("file", "owner_id", "sha"))) for half in halves]
    return [*faces, *(voice for voice in voices if voice.sha)]


async def take_part(services: Services, situation: Situation, duet: Duet, source: Source) -> None:
    """Take a voice for a duet: ask for the second one, or begin both halves."""
    message = source.message
    if duet.first_message_id == message.message_id:  # handled again, after a kill
        await ask(message, texts.SECOND(second=duet.second_name))
        return
    if not await may_make(services, situation, message, kept=_uses_of(duet)):
        return
    try:
        kept, notes = await keep_file(services, situation, source.taken_as(Kind.SOUND), message, cut=True)
    except Waits:
        return
    except Unfit as unfit:
        await answer(message, unfit.text)
        return
    database = services.resources.database
    if duet.first_voice_sha is None:
        await update_duet(database, duet.id, **_of_voice("first", source, kept))
        await ask(message, "\n".join([*notes, texts.SECOND(second=duet.second_name)]))
        return
    second = _of_voice("second", source, kept)
    whole = replace(duet, **second)
    both = {"chat_id": duet.chat_id, "user_id": duet.user_id, "thread_id": duet.thread_id, "language": spoken()}
    both |= services.resources.engine.columns(situation.choices.ratio, situation.choices.style)
    orders: dict[str, dict[str, Any]] = {}
    for number, place in enumerate(("first", "second"), start=1):
        opening = texts.PART(name=getattr(whole, f"{place}_name"))
        own = {"voice_message_id": getattr(whole, f"{place}_message_id"), "opening": opening}
        orders[f"{DUET}{duet.id}:{number}"] = {**both, **_half_of(whole, place), **own}
    price = sum([await price_of(services.resources, order) for order in orders.values()], Decimal(0))
    try:
        made = await order_videos(services.resources, orders, price=price, most=services.limits.most)
    except TooMany as many:
        await answer(message, words(services.limits, denial_of(many)))
        return
    await update_duet(database, duet.id, **second)
    for render in made:
        await services.workflows.enqueue(render)
        await services.cards.open(render)


def _of_voice(place: str, source: Source, kept: Object) -> dict[str, Any]:
    """Return the columns of one voice of a duet."""
    columns = {"message_id": source.message.message_id, "voice_sha": kept.sha, **whose_columns(source, kept)}
    return {f"{place}_{name}": value for name, value in columns.items()}


async def on_button(update: Update, context: Context) -> None:
    """Send a duet in its other layout, or once more. Both halves are kept, so it costs nothing."""
    press = await read_press(update, PATTERN)
    if press is None:
        return
    services = services_of(context)
    duet = await read_duet(services.resources.database, press.match["id"])
    if duet is None or duet.chat_id != press.chat.id:
        await press.say(BUTTON_GONE())
        return
    if not await press.is_by(duet.user_id):
        await press.say(BUTTON_NOT_YOURS())
        return
    halves = await services.duets.halves_of(duet)
    if len(halves) < 2:
        await press.say(texts.GONE())
        return
    situation = await services.situation(DraftKey(duet.chat_id, duet.user_id, duet.thread_id))
    if not await may_press(services, situation, press, _uses_of(duet)):
        return
    await press.say(texts.COMING())
    await services.duets.send_again(duet, halves, press.match["layout"])
