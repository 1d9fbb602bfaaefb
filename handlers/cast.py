"""Faces that stay: kept by a name for a chat, and made to speak by their name."""

from telegram import Message, Update

from handlers.collecting import begin_render, go_on
from handlers.consent import may_ask, may_use
from handlers.context import Context, Services, services_of
from handlers.first_use import tell_of_files
from handlers.intake import Unfit, face_is_fine, keep_portrait, take_voice
from handlers.names import clean_name, everybody, known_face, two_names
from handlers.texts import cast as texts
from handlers.transport.answering import answer, ask, key_of
from handlers.transport.files import portrait_in, voice_in
from handlers.transport.rights import is_admin, sender_id
from storage.cast import (
    LIMIT,
    Face,
    Saving,
    find_by_slug,
    remove_face,
    rename_face,
    save_face,
)
from storage.drafts import DraftKey, read_draft, write_draft


async def save(update: Update, context: Context) -> None:
    """Keep the photo that the command replies to, or the one last sent, by a name."""
    message = update.message
    if message is None:
        return
    services, key = services_of(context), key_of(message)
    if not await may_ask(services, message):
        return
    try:
        name = clean_name(" ".join(context.args or []))
        sha = await _portrait(services, key, message)
    except Unfit as unfit:
        await answer(message, unfit.text)
        return
    if sha is None:
        return
    match await save_face(services.parts.database, key.chat_id, name, sha, sender_id(message)):
        case Saving.TAKEN:
            text = texts.NAME_TAKEN(name=name)
        case Saving.FULL:
            text = texts.FULL(most=LIMIT)
        case _:
            text = texts.SAVED(name=name)
    await answer(message, text)


async def _portrait(services: Services, key: DraftKey, message: Message) -> str | None:
    """The portrait that is to be saved; None while whoever posted the photo has not allowed it, or too much was sent.

    Raises:
        Unfit: there is none, or it cannot be used.
    """
    other = message.reply_to_message
    if other is not None and (attachment := portrait_in(other)):
        if not await may_use(services, message, other):
            return None
        if not await services.limits.allow_saving(services.parts.database, message, attachment.size or 0):
            return None
        await tell_of_files(services, message)
        portrait, _ = await keep_portrait(services, key, attachment)
        return portrait.sha
    if other is not None and _is_from_people(other):
        raise Unfit(texts.NO_PHOTO_THERE())
    draft = await read_draft(services.parts.database, key)
    if draft.portrait_sha is None:
        raise Unfit(texts.SAVE_WHAT())
    if await services.parts.objects.get(draft.portrait_sha) is None:
        raise Unfit(texts.SAVE_GONE())
    return draft.portrait_sha


def _is_from_people(message: Message) -> bool:
    """Whether somebody meant this message; in a topic, what replies to nothing replies to the topic's beginning."""
    if message.forum_topic_created is not None:
        return False
    return message.from_user is None or message.from_user.id != message.get_bot().id


async def as_(update: Update, context: Context) -> None:
    """Let a face of the cast say the voice that the command replies to, or the next one."""
    message = update.message
    if message is None:
        return
    services = services_of(context)
    if not await may_ask(services, message):
        return
    try:
        face = await known_face(services, message.chat_id, clean_name(" ".join(context.args or [])))
        await _speak_as(services, message, face)
    except Unfit as unfit:
        await answer(message, unfit.text)


async def start_as(services: Services, message: Message, payload: str) -> bool:
    """Open with the presenter that a link names; False when there is none (any more)."""
    face = await find_by_slug(services.parts.database, message.chat_id, payload.removeprefix("as-"))
    if face is None or await services.parts.objects.get(face.portrait_sha) is None:
        return False
    if not await may_ask(services, message):
        return True
    try:
        await _speak_as(services, message, face)
    except Unfit as unfit:
        await answer(message, unfit.text)
    return True


async def _speak_as(services: Services, message: Message, face: Face) -> None:
    """Begin with a face when there is a voice, or else say that it is ready for one.

    Raises:
        Unfit: the picture is gone or cannot be used, or the voice cannot.
    """
    database, key = services.parts.database, key_of(message)
    if await go_on(services, key, message):
        return
    portrait = await services.parts.objects.get(face.portrait_sha)
    if portrait is None:
        raise Unfit(texts.GONE(name=face.name))
    await tell_of_files(services, message)
    notes = [texts.SPEAKS(name=face.name)]
    other = message.reply_to_message
    if other is not None and (voice := voice_in(other)) and _is_from_people(other):
        if not await services.limits.allow(services.parts.database, message, [voice.size or 0]):
            return
        _, said = await take_voice(services, key, other, voice, cut=True)
        notes += said
    voiced = (await read_draft(database, key)).voice_sha is not None
    if not voiced:
        await face_is_fine(services, portrait, key)  # or they would record a voice in vain
    chosen = {"portrait_sha": face.portrait_sha, "portrait_message_id": None, "portrait_used": False}
    draft = await write_draft(database, key, **chosen, album_id=None, album_notice_id=None)
    if voiced:
        await begin_render(services, draft, notes, message)
    else:
        await ask(message, texts.READY(name=face.name))


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
    """Let a face of the chat go."""
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
    """A face that this person may change: saved by them, or they run the chat."""
    face = await known_face(services, message.chat_id, name)
    if face.is_presenter:
        raise Unfit(texts.PRESENTER_STAYS(name=face.name))
    sender = sender_id(message)
    if face.user_id != sender and not await is_admin(message.get_bot(), message.chat, sender):
        raise Unfit(texts.NOT_YOURS(name=face.name))
    return face
