"""Kept faces: saved under a name for a chat, and made to speak by that name."""

import secrets
import time

from telegram import Message, Update

from bot.gates.permission import uses_of
from bot.media.facts import Kind
from handlers.cast.names import clean_name, everybody, known_face, two_names
from handlers.cast.speaking import speak_as
from handlers.context import Context, Services, services_of
from handlers.first_use import tell_of_files
from handlers.gates import may_make
from handlers.intake import Unfit, Waits, keep_file
from handlers.sources import Source, replied_source, source_of, with_owners
from handlers.texts import cast as texts
from handlers.transport.answering import answer, key_of
from handlers.transport.rights import is_admin, sender_id
from storage.cast import (
    LIMIT,
    Face,
    Saving,
    Whose,
    remove_face,
    rename_face,
    save_face,
)
from storage.consents import ALLOW, Consent, note_answer
from storage.situation import Situation


async def save(update: Update, context: Context) -> None:
    """Save a photo under a name: the one with the command, the one that it replies to, or the one last sent."""
    message = update.effective_message
    if message is None:
        return
    services = services_of(context)
    found = source_of(message) or replied_source(message)
    [source] = await with_owners(services.parts, [found]) if found else [None]
    situation = await services.situation(key_of(message))
    if source is not None and not source.file.may_be_picture:
        source = None
    try:
        name = clean_name(" ".join(context.args or []))
        kept = [use for use in uses_of(situation.draft) if use.kind == "photo"] if source is None else []
        if not await may_make(services, situation, message, [source] if source else [], kept=kept, video=False):
            return
        use = await _portrait(services, situation, message, source)
    except Waits:
        return
    except Unfit as unfit:
        await answer(message, unfit.text)
        return
    match await save_face(services.parts.database, message.chat_id, name, use, situation.key.user_id):
        case Saving.TAKEN:
            text = texts.NAME_TAKEN(name=name)
        case Saving.FULL:
            text = texts.FULL(most=LIMIT)
        case _:
            text = texts.SAVED(name=name)
            await _let_chat_use(services, situation, use)
    await answer(message, text)


async def _let_chat_use(services: Services, situation: Situation, use: Whose) -> None:
    """Note that who saves their own face in a group lets the group use it."""
    key = situation.key
    if not key.is_private and use.owner_id == key.user_id and use.file is not None:
        consent = Consent(key.chat_id, use.file, key.user_id, "photo", secrets.token_hex(8), ALLOW, time.time())
        await note_answer(services.parts.database, consent)


async def _portrait(services: Services, situation: Situation, message: Message, source: Source | None) -> Whose:
    """Return the portrait that is to be saved, and whose it is.

    Raises:
        Unfit: there is none, or it cannot be used.
        Waits: its owner is asked first.
    """
    if source is not None:
        await tell_of_files(services, situation, message)
        portrait, _ = await keep_file(services, situation, source.taken_as(Kind.PICTURE), message)
        return Whose(portrait.sha, source.file.unique_id, source.owner_id)
    other = message.reply_to_message
    if other is not None and _is_from_people(other):
        raise Unfit(texts.NO_PHOTO_THERE())
    draft = situation.draft
    if (sha := draft.portrait_sha) is None:
        raise Unfit(texts.SAVE_WHAT())
    if await services.parts.objects.get(sha) is None:
        raise Unfit(texts.SAVE_GONE())
    return Whose(sha, draft.portrait_file, draft.portrait_owner_id)


def _is_from_people(message: Message) -> bool:
    """Return whether a person wrote this message; in a topic, what is no reply shows as one to its beginning."""
    if message.forum_topic_created is not None:
        return False
    return message.from_user is None or message.from_user.id != message.get_bot().id


async def as_(update: Update, context: Context) -> None:
    """Let a kept face say a voice: the one with the command, the one that it replies to, or the next one."""
    message = update.effective_message
    if message is None:
        return
    services = services_of(context)
    try:
        face = await known_face(services, message.chat_id, clean_name(" ".join(context.args or [])))
    except Unfit as unfit:
        await answer(message, unfit.text)
        return
    await speak_as(services, message, face)


async def rename(update: Update, context: Context) -> None:
    """Give a face of the chat another name."""
    message = update.message
    if message is None:
        return
    services = services_of(context)
    try:
        old, new = two_names(context.args or [], await everybody(services, message.chat_id))
        face = await _own(services, message, old)
        if await rename_face(services.parts.database, face, new) is Saving.TAKEN:
            raise Unfit(texts.NAME_TAKEN(name=new))
    except Unfit as unfit:
        await answer(message, unfit.text)
        return
    await answer(message, texts.RENAMED(old=face.name, new=new))


async def remove(update: Update, context: Context) -> None:
    """Delete a face of the chat."""
    message = update.message
    if message is None:
        return
    services = services_of(context)
    try:
        face = await _own(services, message, clean_name(" ".join(context.args or [])))
    except Unfit as unfit:
        await answer(message, unfit.text)
        return
    await remove_face(services.parts.database, face)
    await answer(message, texts.REMOVED(name=face.name))


async def _own(services: Services, message: Message, name: str) -> Face:
    """Return a face that this person may change: they saved it, or they run the chat."""
    face = await known_face(services, message.chat_id, name)
    if face.is_presenter:
        raise Unfit(texts.PRESENTER_STAYS(name=face.name))
    sender = sender_id(message)
    if face.user_id != sender and not await is_admin(message.get_bot(), message.chat, sender):
        raise Unfit(texts.NOT_YOURS(name=face.name))
    return face
