"""`/rename` and `/remove`, and their buttons: who saved a face may change it, or who runs the chat."""

import re
from collections.abc import Sequence

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, Update

from handlers.cast.names import Nameless, Unknown, clean_name, everybody, known_face, two_names
from handlers.cast.naming import ask_name
from handlers.cast.offering import SHORT, face_of, offer, token_of
from handlers.context import Context, Services, services_of
from handlers.intake import Unfit
from handlers.texts import cast as texts
from handlers.texts.language import Text, sentences
from handlers.transport.answering import answer
from handlers.transport.keyboards import in_rows
from handlers.transport.press import Press, read_press
from handlers.transport.rights import is_admin, sender_id
from storage.cast import LIMIT, Face, Saving, faces, find_face, remove_face, rename_face

PATTERN = re.compile(rf"cast:(?P<action>rename|remove|sure|stay):(?P<face>{SHORT})")


async def rename(update: Update, context: Context) -> None:
    """Give a face of the chat another name; ask for what was not said."""
    message = update.message
    if message is None:
        return
    services = services_of(context)
    try:
        old, new = two_names(context.args or [], await everybody(services, message.chat_id))
        face = await _own(services, message, old)
        if new is not None:
            await rename_named(services, message, face, new)
        else:
            text = texts.NEW_NAME_ASKED(name=face.name)
            await ask_name(services, message, text, sender_id(message), key=face.key)
    except Nameless:
        await _offer(services, message, "rename", texts.WHO_RENAMED)
    except Unknown as unknown:
        await _offer(services, message, "rename", unknown.text, among=unknown.faces)
    except Unfit as unfit:
        await answer(message, unfit.text)


async def rename_named(services: Services, message: Message, face: Face, name: str) -> None:
    """Give a face a name, which its person has written; ask for another one where that is taken."""
    if await rename_face(services.resources.database, face, name) is Saving.TAKEN:
        text = sentences(texts.NAME_TAKEN(name=name), texts.ANOTHER())
        await ask_name(services, message, text, sender_id(message), key=face.key)
    else:
        await answer(message, texts.RENAMED(old=face.name, new=name))


async def rename_answered(services: Services, message: Message, key: str, name: str) -> None:
    """Give the face of a key the name that its person has answered with."""
    here = {face.key: face for face in await faces(services.resources.database, message.chat_id)}
    if key in here:
        await rename_named(services, message, here[key], name)
    elif await find_face(services.resources.database, message.chat_id, name) is not None:  # it was, before a kill
        await answer(message, texts.SAVED(name=name))
    else:
        await answer(message, texts.FACE_GONE())


async def remove(update: Update, context: Context) -> None:
    """Delete a face of the chat; without a name, offer those that the person may delete."""
    message = update.message
    if message is None:
        return
    services = services_of(context)
    try:
        face = await _own(services, message, clean_name(" ".join(context.args or [])))
    except Nameless:
        await offer_to_remove(services, message)
    except Unknown as unknown:
        await _offer(services, message, "remove", unknown.text, among=unknown.faces)
    except Unfit as unfit:
        await answer(message, unfit.text)
    else:
        await remove_face(services.resources.database, face)
        await answer(message, texts.REMOVED(name=face.name))


async def offer_to_remove(services: Services, message: Message, *, full: bool = False) -> None:
    """Offer the faces that somebody may delete, also where the cast is full."""
    await _offer(services, message, "remove", texts.FULL(most=LIMIT) if full else texts.WHO_GOES)


async def _offer(
    services: Services, message: Message, action: str, text: str | Text, among: Sequence[Face] | None = None
) -> None:
    """Offer the faces that who wrote a message may change."""
    here, sender = await faces(services.resources.database, message.chat_id), sender_id(message)
    runs_it = bool(here) and await is_admin(message.get_bot(), message.chat, sender)
    theirs = [face for face in here if runs_it or face.user_id == sender]
    shown = [face for face in theirs if among is None or face in among]
    buttons = offer(shown, lambda face: f"cast:{action}:{face}")
    if isinstance(text, str) or buttons is not None:
        await answer(message, str(text), buttons)
    else:
        await answer(message, texts.NONE_OF_YOURS() if here else texts.NOBODY())


async def on_button(update: Update, context: Context) -> None:
    """Change the face of a button, once its person is sure."""
    press = await read_press(update, PATTERN)
    if press is None:
        return
    services = services_of(context)
    face = await face_of(services, press.chat.id, press.match["face"])
    if face is None:
        await press.say(texts.FACE_GONE())
        await press.show_buttons(None)
    elif face.is_presenter:
        await press.say(texts.PRESENTER_STAYS(name=face.name), alert=True)
    elif face.user_id != press.user_id and not await press.is_by_admin():
        await press.say(texts.NOT_YOURS(name=face.name), alert=True)
    else:
        await _change(services, press, face)


async def _change(services: Services, press: Press, face: Face) -> None:
    match press.match["action"]:
        case "rename":
            text = texts.NEW_NAME_ASKED(name=face.name)
            await press.say(text)
            if services.told.may_say(("name", press.key, face.key)):  # once, however often it is tapped
                await ask_name(services, press, text, press.user_id, key=face.key)
        case "remove":
            labels = {"sure": texts.BUTTON_REMOVE, "stay": texts.BUTTON_KEEP}
            buttons = [
                InlineKeyboardButton(label(name=face.name), callback_data=f"cast:{action}:{token_of(face)}")
                for action, label in labels.items()
            ]
            await press.say()
            await press.show_text(texts.SURE(name=face.name), InlineKeyboardMarkup(in_rows(buttons)))
        case "sure":
            await remove_face(services.resources.database, face)
            await press.say()
            await press.show_text(texts.REMOVED(name=face.name))
        case _:
            await press.say()
            await press.show_text(texts.STAYS(name=face.name))


async def _own(services: Services, message: Message, name: str) -> Face:
    """Return a face that this person may change: they saved it, or they run the chat."""
    face = await known_face(services, message.chat_id, name)
    if face.is_presenter:
        raise Unfit(texts.PRESENTER_STAYS(name=face.name))
    sender = sender_id(message)
    if face.user_id != sender and not await is_admin(message.get_bot(), message.chat, sender):
        raise Unfit(texts.NOT_YOURS(name=face.name))
    return face
