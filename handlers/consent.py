"""Permission: ask whoever posted a photo whether another member may use it.

A photo is not fetched before its owner has said yes. Then the message that waited is handled again, as an update of our
own.
"""

import json
import re
import time

from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, Update

from bot.gates.denial import Denial
from bot.gates.permission import Photo, check_permission
from handlers.context import Context, Services, services_of
from handlers.sources import Source
from handlers.texts import BUTTON_GONE
from handlers.texts import consent as texts
from handlers.transport.answering import answer, key_of
from handlers.transport.inbox import take
from handlers.transport.press import Press, read_press
from handlers.transport.rights import sender_id
from storage.consents import Consent, ask_once, let_go, read_consent, write_answer
from storage.people import opt_out
from storage.situation import Situation

PATTERN = re.compile(r"consent:(?P<answer>allow|no|never):(?P<photo>[\w-]{1,40})")


async def may_use(services: Services, situation: Situation, message: Message, source: Source) -> bool:
    """Return whether the sender of a message may use the photo of a source; tell those who may not, or not yet.

    Ask whoever posted it, once for each photo. Its admins answer for what was posted in the name of the chat.
    """
    database, photo = services.parts.database, Photo(source.file.unique_id, source.owner_id, source.is_here)
    match await check_permission(database, situation, photo):
        case None:
            return True
        case Denial.NOT_ASKED | Denial.NOT_ANSWERED:
            if await _is_to_be_asked(database, message, source.message, photo):
                await _ask(message, source.message, photo.unique_id)
            else:
                await answer(message, texts.WAITING(owner=_name(source.message)))
        case Denial.OPTED_OUT:
            await answer(message, texts.OPTED_OUT())
        case _:
            await answer(message, texts.SAID_NO())
    return False


async def _is_to_be_asked(database: AsyncEngine, message: Message, source: Message, photo: Photo) -> bool:
    """Note the question, once for each photo; also true when the same message is handled again after a kill."""
    ids = (message.chat_id, photo.unique_id, source.message_id, photo.owner_id or 0, sender_id(message))
    if await ask_once(database, Consent(*ids, message.to_json(), None, time.time())):
        return True
    return _same(await read_consent(database, message.chat_id, photo.unique_id), message)


def _same(known: Consent | None, message: Message) -> bool:
    """Return whether it is this message that waits for the answer: it is handled again, after a kill."""
    waiting = Message.de_json(_json(known.asker_message), message.get_bot()) if known and known.asker_message else None
    return waiting is not None and waiting.message_id == message.message_id


def _json(text: str) -> dict[str, object]:
    found: dict[str, object] = json.loads(text)
    return found


async def _ask(message: Message, source: Message, photo: str) -> None:
    labels = {"allow": texts.ALLOW, "no": texts.NO, "never": texts.NEVER}
    row = [InlineKeyboardButton(text(), callback_data=f"consent:{what}:{photo}") for what, text in labels.items()]
    question = texts.QUESTION(owner=_name(source), asker=_name(message))
    await answer(message, question, InlineKeyboardMarkup([row]), to=source)


def _name(message: Message) -> str:
    if message.sender_chat is not None:
        return message.sender_chat.title or texts.THE_ADMINS()
    return message.from_user.first_name if message.from_user else texts.THE_ADMINS()


async def on_button(update: Update, context: Context) -> None:
    """Take the owner's answer, and handle the message that waited for it."""
    press = await read_press(update, PATTERN)
    if press is None:
        return
    consent = await read_consent(services_of(context).parts.database, press.chat.id, press.match["photo"])
    if consent is None:
        word = BUTTON_GONE()
    elif not await _is_by_owner(press, consent):
        word = texts.NOT_YOURS()
    elif consent.answer is not None and consent.asker_message is None:
        word = texts.SETTLED()
    else:
        word = await _settle(press, context, consent, update.update_id)
    await press.say(word)


async def _is_by_owner(press: Press, consent: Consent) -> bool:
    if consent.owner_id == press.user_id:
        return True
    return consent.owner_id < 0 and await press.is_by_admin()


async def _settle(press: Press, context: Context, consent: Consent, update_id: int) -> str:
    """Note the answer, show it in the place of the question, and handle the message that waited."""
    database, said = services_of(context).parts.database, press.match["answer"]
    if not await write_answer(database, consent, "allow" if said == "allow" else "no"):
        said = consent.answer or said
    if said == "never":
        await opt_out(database, consent.owner_id, True)
    owner = press.query.from_user.first_name
    word = {"allow": texts.ALLOWED, "no": texts.REFUSED, "never": texts.NEVER_NOW}[said](owner=owner)
    await press.show_text(word)
    if said == "allow" and consent.asker_message:
        body = {"update_id": -update_id, "message": _json(consent.asker_message)}
        await take(context.application, database, [body])
    await let_go(database, consent)
    return word


async def optout(update: Update, context: Context) -> None:
    """Let nobody else use the sender's photos."""
    if update.message is not None:
        await opt_out(services_of(context).parts.database, key_of(update.message).user_id, True)
        await answer(update.message, texts.OUT())


async def optin(update: Update, context: Context) -> None:
    """Let others ask again."""
    if update.message is not None:
        await opt_out(services_of(context).parts.database, key_of(update.message).user_id, False)
        await answer(update.message, texts.IN())
