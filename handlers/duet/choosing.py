"""`/duet`: the two faces, as they are named, or one after the other by buttons."""

import re
from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from telegram import InlineKeyboardMarkup, Message, Update

from bot.gates.permission import use_of
from handlers.cast.names import Nameless, Unknown, everybody, known_face, two_names
from handlers.cast.offering import SHORT, face_of, offer, token_of
from handlers.context import Context, Services, services_of
from handlers.gates import may_make, may_press
from handlers.intake import Unfit
from handlers.texts import BUTTON_NOT_YOURS
from handlers.texts import duet as texts
from handlers.texts.cast import FACE_GONE, NOBODY
from handlers.texts.language import sentences, spoken
from handlers.transport.answering import answer, ask, key_of
from handlers.transport.press import Press, read_press
from handlers.transport.rights import sender_id
from storage.cast import Face
from storage.drafts import DraftKey
from storage.duets import begin_duet

CHOICE = re.compile(rf"pair:(?P<first>{SHORT})(:(?P<second>{SHORT}))?:(?P<asker>-?\d{{1,16}})")


async def begin(update: Update, context: Context) -> None:
    """Begin a duet of two faces, and ask for the first voice."""
    message = update.message
    if message is None:
        return
    services = services_of(context)
    situation = await services.situation(key_of(message))
    key = situation.key
    known, first = await everybody(services, key.chat_id), None
    try:
        name, other = two_names(context.args or [], known)
        first = await known_face(services, key.chat_id, name)
        if other is None:
            raise Nameless
        second = await known_face(services, key.chat_id, other)
    except Nameless:
        await _offer(message, known, first, None)
    except Unknown as unknown:
        await _offer(message, unknown.faces, first, unknown.text)
    except Unfit as unfit:
        await answer(message, unfit.text)
    else:
        if await may_make(services, situation, message, kept=[use_of(first), use_of(second)]):
            await _begin(services, key, first, second)
            await ask(message, texts.FIRST(first=first.name, second=second.name))


async def _offer(message: Message, among: Sequence[Face], first: Face | None, text: str | None) -> None:
    """Offer the faces of which one is to speak: first, or second where the first one is known."""
    if not among:
        await answer(message, text or NOBODY())
    elif first is None:
        asker = sender_id(message)
        await answer(message, text or texts.WHO_FIRST(), offer(among, lambda face: f"pair:{face}:{asker}"))
    else:
        words = sentences(text or "", texts.WHO_SECOND(first=first.name))
        await answer(message, words, _seconds(among, first, sender_id(message)))


def _seconds(among: Sequence[Face], first: Face, asker: int) -> InlineKeyboardMarkup | None:
    return offer(among, lambda face: f"pair:{token_of(first)}:{face}:{asker}")


async def _begin(services: Services, key: DraftKey, first: Face, second: Face) -> None:
    columns = {**_of_face("first", first), **_of_face("second", second)}
    await begin_duet(services.resources.database, key, **columns, language=spoken())


async def on_choice(update: Update, context: Context) -> None:
    """Take a face that was chosen for a duet: ask for the second one, or begin."""
    press = await read_press(update, CHOICE)
    if press is None:
        return
    if not await press.is_by(int(press.match["asker"])):
        await press.say(BUTTON_NOT_YOURS())
        return
    services = services_of(context)
    tokens = [token for token in (press.match["first"], press.match["second"]) if token]
    chosen = [await face_of(services, press.chat.id, token) for token in tokens]
    found = [face for face in chosen if face is not None]
    if len(found) < len(tokens):
        await press.say(FACE_GONE())
    elif len(found) == 1:
        asker = int(press.match["asker"])
        await press.say()
        known = await everybody(services, press.chat.id)
        await press.show_text(texts.WHO_SECOND(first=found[0].name), _seconds(known, found[0], asker))
    else:
        await _begin_pressed(services, press, *found)


async def _begin_pressed(services: Services, press: Press, first: Face, second: Face) -> None:
    situation = await services.situation(replace(press.key, user_id=int(press.match["asker"])))
    if not await may_press(services, situation, press, [use_of(first), use_of(second)], video=True):
        return
    await _begin(services, situation.key, first, second)
    text = texts.FIRST(first=first.name, second=second.name)
    await press.say(text)
    if situation.key.is_private:
        await press.show_text(text)
    else:
        await press.show_text(texts.DUET_OF(first=first.name, second=second.name))
        await press.ask(text)


def _of_face(place: str, face: Face) -> dict[str, Any]:
    """Return the columns of one face of a duet."""
    columns = {name: getattr(face, name) for name in ("name", "portrait_sha", "portrait_file", "portrait_owner_id")}
    return {f"{place}_{name}": value for name, value in columns.items()}
