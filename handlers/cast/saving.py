"""`/save`, and *Save face* below a video: a portrait is kept under a name for a chat."""

import secrets

from telegram import InlineKeyboardMarkup, Message, Update

from bot.gates.permission import Use, uses_of
from bot.media.facts import Kind
from handlers.cast.changing import offer_to_remove
from handlers.cast.names import Nameless, clean_name
from handlers.cast.naming import ask_name
from handlers.cast.offering import speak_button
from handlers.context import Context, Services, services_of
from handlers.first_use import tell_of_files
from handlers.gates import may_make, may_press
from handlers.intake import Unfit, Waits, keep_file
from handlers.sources import Source, replied_source, source_of, with_owners
from handlers.texts import cast as texts
from handlers.texts.language import sentences
from handlers.transport.answering import answer, key_of
from handlers.transport.press import Press
from storage.cast import Saving, Whose, find_face, save_face
from storage.clock import unix_now
from storage.consents import ALLOW, Consent, note_answer
from storage.renders import Render
from storage.situation import Situation


async def save(update: Update, context: Context) -> None:
    """Save a photo under a name: the one with the command, the one that it replies to, or the one last sent.

    Without a name, ask for it.
    """
    message = update.effective_message
    if message is None:
        return
    services = services_of(context)
    found = source_of(message) or replied_source(message)
    [source] = await with_owners(services.resources, [found]) if found else [None]
    situation = await services.situation(key_of(message))
    if source is not None and not source.file.may_be_picture:
        source = None
    try:
        try:
            name = clean_name(" ".join(context.args or []))
        except Nameless:
            name = None
        kept = [use for use in uses_of(situation.draft) if use.kind == "photo"] if source is None else []
        if not await may_make(services, situation, message, [source] if source else [], kept=kept, video=False):
            return
        portrait = await _portrait(services, situation, message, source)
    except Waits:
        return
    except Unfit as unfit:
        await answer(message, unfit.text)
        return
    if name is None:
        await ask_name(services, message, texts.NAME_ASKED(), situation.key.user_id, of=portrait)
    else:
        await _keep(services, situation, message, name, portrait)


async def save_named(services: Services, message: Message, name: str, portrait: Whose) -> None:
    """Save a portrait under the name that its person has answered with."""
    situation = await services.situation(key_of(message))
    use = Use("photo", portrait.file, portrait.owner_id, portrait.sha)
    if not await may_make(services, situation, message, kept=[use], video=False):
        return
    if await services.resources.objects.get(portrait.sha) is None:
        await answer(message, texts.SAVE_GONE())
    else:
        await _keep(services, situation, message, name, portrait)


async def _keep(services: Services, situation: Situation, message: Message, name: str, portrait: Whose) -> None:
    key, database = situation.key, services.resources.database
    match await save_face(database, key.chat_id, name, portrait, key.user_id):
        case Saving.TAKEN:
            text = sentences(texts.NAME_TAKEN(name=name), texts.ANOTHER())
            await ask_name(services, message, text, key.user_id, of=portrait)
        case Saving.FULL:
            await offer_to_remove(services, message, full=True)
        case _:
            await _let_chat_use(services, situation, portrait)
            face = await find_face(database, key.chat_id, name)
            speak = InlineKeyboardMarkup([[speak_button(face)]]) if face is not None else None
            await answer(message, texts.SAVED(name=name), speak)


async def _let_chat_use(services: Services, situation: Situation, use: Whose) -> None:
    """Note that who saves their own face in a group lets the group use it."""
    key = situation.key
    if not key.is_private and use.owner_id == key.user_id and use.file is not None:
        consent = Consent(key.chat_id, use.file, key.user_id, "photo", secrets.token_hex(8), ALLOW, unix_now())
        await note_answer(services.resources.database, consent)


async def save_pressed(services: Services, press: Press, render: Render) -> None:
    """Ask for the name under which the face of a video is to be saved."""
    situation = await services.situation(press.key)
    if not await may_press(services, situation, press, [use for use in uses_of(render) if use.kind == "photo"]):
        return
    if await services.resources.objects.get(render.portrait_sha) is None:
        await press.say(texts.SAVE_GONE(), alert=True)
        return
    await press.say(texts.NAME_ASKED())
    if services.told.may_say(("name", render.id)):  # once, however often it is tapped
        portrait = Whose(render.portrait_sha, render.portrait_file, render.portrait_owner_id)
        await ask_name(services, press, texts.NAME_ASKED(), press.user_id, of=portrait)


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
    if await services.resources.objects.get(sha) is None:
        raise Unfit(texts.SAVE_GONE())
    return Whose(sha, draft.portrait_file, draft.portrait_owner_id)


def _is_from_people(message: Message) -> bool:
    """Return whether a person wrote this message; in a topic, what is no reply shows as one to its beginning."""
    if message.forum_topic_created is not None:
        return False
    return message.from_user is None or message.from_user.id != message.get_bot().id
