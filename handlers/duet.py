"""/duet: two voices in turn become two renders, and their two videos one reply."""

import re
from decimal import Decimal

from telegram import Update

from bot.media.facts import Kind
from bot.render.ordering import order_video, price_of
from handlers.context import Context, Services, services_of
from handlers.gates import may_make
from handlers.intake import Unfit, keep_file
from handlers.names import everybody, known_face, two_names
from handlers.sources import Source
from handlers.texts import BUTTON_GONE, BUTTON_NOT_YOURS
from handlers.texts import duet as texts
from handlers.texts.language import spoken
from handlers.transport.answering import answer, ask, key_of
from handlers.transport.press import read_press
from storage.duets import Duet, begin_duet, read_duet, update_duet
from storage.renders import DUET
from storage.situation import Situation, read_situation

PATTERN = re.compile(r"duet:(?P<id>[0-9a-f]{1,32}):(?P<layout>side|turn)")


async def begin(update: Update, context: Context) -> None:
    """Begin a duet of two faces, and ask for the first voice."""
    message = update.message
    if message is None:
        return
    services, words = services_of(context), context.args or []
    situation = await read_situation(services.parts.database, key_of(message))
    if not await may_make(services, situation, message):
        return
    key = situation.key
    try:
        if len(words) < 2:
            raise Unfit(texts.HOW())
        names = two_names(words, await everybody(services, key.chat_id))
        first, second = [await known_face(services, key.chat_id, name) for name in names]
    except Unfit as unfit:
        await answer(message, unfit.text)
        return
    faces = {"first_portrait_sha": first.portrait_sha, "second_portrait_sha": second.portrait_sha}
    named = {"first_name": first.name, "second_name": second.name}
    await begin_duet(services.parts.database, key, **faces, **named, language=spoken())
    await ask(message, texts.FIRST(first=first.name, second=second.name))


async def take_part(services: Services, situation: Situation, duet: Duet, source: Source) -> None:
    """Take a voice for a duet: ask for the second one, or begin both halves."""
    message = source.message
    if duet.first_message_id == message.message_id:  # handled again, after a kill
        await ask(message, texts.SECOND(second=duet.second_name))
        return
    try:
        kept, notes = await keep_file(services, situation, source.taken_as(Kind.SOUND).file, cut=True)
    except Unfit as unfit:
        await answer(message, unfit.text)
        return
    database = services.parts.database
    if duet.first_voice_sha is None:
        await update_duet(database, duet.id, first_voice_sha=kept.sha, first_message_id=message.message_id)
        await ask(message, "\n".join([*notes, texts.SECOND(second=duet.second_name)]))
        return
    halves = (
        (1, duet.first_portrait_sha, duet.first_voice_sha, duet.first_message_id, duet.first_name),
        (2, duet.second_portrait_sha, kept.sha, message.message_id, duet.second_name),
    )
    await update_duet(database, duet.id, second_voice_sha=kept.sha, second_message_id=message.message_id)
    columns = services.parts.engine.columns(situation.choices.ratio, situation.choices.style)
    prices = [await price_of(services.parts, {**columns, "voice_sha": half[2]}) for half in halves]
    for number, portrait_sha, voice_sha, message_id, name in halves:
        order = {
            "chat_id": duet.chat_id,
            "user_id": duet.user_id,
            "thread_id": duet.thread_id,
            "voice_message_id": message_id,
            "portrait_sha": portrait_sha,
            "voice_sha": voice_sha,
            **columns,
            "language": spoken(),
            "opening": texts.PART(name=name),
        }
        origin = f"{DUET}{duet.id}:{number}"
        render = await order_video(services.parts, origin, order, price=sum(prices, Decimal(0)))
        await services.workflows.enqueue(render)
        await services.cards.open(render)


async def on_button(update: Update, context: Context) -> None:
    """Send a duet in its other layout, or once more. Both halves are kept, so it costs nothing."""
    press = await read_press(update, PATTERN)
    if press is None:
        return
    services = services_of(context)
    duet = await read_duet(services.parts.database, press.match["id"])
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
    await press.say(texts.COMING())
    await services.duets.send_again(duet, halves, press.match["layout"])
