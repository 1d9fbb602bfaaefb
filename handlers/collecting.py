"""Collecting: a photo and a voice, in either order. What a person sent is in their draft before they are answered."""

import contextlib

import structlog
from telegram import Message, Update
from telegram.error import BadRequest

from handlers import texts
from handlers.business import note_reply
from handlers.consent import may_ask, may_use
from handlers.context import Context, Services, services_of
from handlers.duet import take_part
from handlers.first_use import tell_of_files
from handlers.intake import Unfit, refused_album, take_portrait, take_voice
from handlers.texts.language import spoken
from handlers.transport.answering import answer, ask, key_of
from handlers.transport.files import portrait_in, voice_in
from handlers.transport.sending import until_sent
from storage.choices import read_choices
from storage.drafts import Draft, DraftKey, read_draft, write_draft
from storage.duets import waiting_duet
from storage.renders import Render, create_render, find_render

log = structlog.get_logger(__name__)


async def on_media(update: Update, context: Context) -> None:
    """Take a photo or a voice, and the one that it replies to; begin when both are there."""
    message = update.effective_message
    if message is None:
        return
    await take_message(services_of(context), message)


async def take_message(services: Services, message: Message, cut: bool = False) -> None:
    """Take what a message brings, and what it replies to, and begin when the draft is complete.

    Args:
        cut: the person agreed that a long voice is cut at a pause.
    """
    key = key_of(message)
    if await go_on(services, key, message):
        return
    if not await may_ask(services, message) or await _seen_in_album(services, key, message):
        return
    sources = await _sources(services, key, message)
    files = [file for source in sources if (file := portrait_in(source) or voice_in(source))]
    if files and not await services.limits.allow(services.parts.database, message, [file.size or 0 for file in files]):
        return
    await tell_of_files(services, message)
    await note_reply(services, message)
    if (voice := voice_in(message)) and (duet := await waiting_duet(services.parts.database, key)):
        await take_part(services, duet, message, voice)
        return
    notes: list[str] = []
    draft: Draft | None = None
    took_portrait = False
    try:
        for source in sources:
            said: list[str] = []
            if portrait := portrait_in(source):
                if source is not message and not await may_use(services, message, source):
                    return
                took_portrait = True
                draft, said = await take_portrait(services, key, source, portrait)
            elif voice := voice_in(source):
                # Of a voice that is replied to, a button could not be offered: its message does not bring the voice.
                draft, said = await take_voice(services, key, source, voice, cut=cut or source is not message)
            notes += said
    except Unfit as unfit:
        await _answer_unfit(services, key, message, unfit)
        return
    draft = draft or await read_draft(services.parts.database, key)
    if draft.portrait_sha and draft.voice_sha:
        await begin_render(services, draft, notes, message)
    else:
        await _ask_for_more(message, draft, notes, took_portrait)


async def go_on(services: Services, key: DraftKey, message: Message) -> bool:
    """Whether a message has begun a render already, in a process that was killed before it had said so."""
    begun = await find_render(services.parts.database, _origin(key, message))
    if begun is not None:
        await _start(services, key, begun)
    return begun is not None


async def _sources(services: Services, key: DraftKey, message: Message) -> list[Message]:
    """The messages that bring something: the one replied to, if it has what this one lacks, and then this one."""
    other = message.reply_to_message
    if other is None or (other.from_user is not None and other.from_user.id == message.get_bot().id):
        return [message]
    draft = await read_draft(services.parts.database, key)
    known = other.message_id in (draft.portrait_message_id, draft.voice_message_id)
    lacks_portrait, lacks_voice = portrait_in(message) is None, voice_in(message) is None
    brings = (lacks_portrait and portrait_in(other)) or (lacks_voice and voice_in(other))
    return [other, message] if brings and not known else [message]


async def _ask_for_more(message: Message, draft: Draft, notes: list[str], took_portrait: bool) -> None:
    """Say what was kept, and what is missing."""
    if draft.portrait_sha and not took_portrait:
        kept = [texts.STATUS_PHOTO()]
    elif draft.portrait_sha:
        kept = [] if texts.PHOTO_KEPT_UNSEEN() in notes else [texts.PHOTO_KEPT()]
    else:
        kept = [texts.VOICE_KEPT()] if draft.voice_sha else [texts.TALK()]
    text = "\n".join((*kept, *notes))
    if draft.album_notice_id is not None and took_portrait and message.media_group_id:
        bot, notice = message.get_bot(), draft.album_notice_id
        with contextlib.suppress(BadRequest):  # the person may have deleted it
            await until_sent(lambda: bot.edit_message_text(text, message.chat_id, notice), longest=60, may_repeat=True)
            return
    await ask(message, text)


async def begin_render(services: Services, draft: Draft, notes: list[str], message: Message) -> None:
    """Make a render of the draft that a message completed, once; the portrait stays for the next voice."""
    database, key = services.parts.database, draft.key
    if draft.portrait_used:
        notes = [texts.USING_SAME_PHOTO(), *notes]
    choices = await read_choices(database, key.chat_id)
    render, _ = await create_render(
        database,
        _origin(key, message),
        chat_id=key.chat_id,
        user_id=key.user_id,
        thread_id=key.thread_id,
        voice_message_id=draft.voice_message_id,
        portrait_sha=draft.portrait_sha,
        voice_sha=draft.voice_sha,
        **services.parts.engine.columns(choices.ratio, choices.style),
        language=spoken(),
        opening="\n".join(notes) or None,
    )
    await _start(services, key, render)


async def _start(services: Services, key: DraftKey, render: Render) -> None:
    await services.workflows.enqueue(render)
    await write_draft(services.parts.database, key, portrait_used=True, voice_sha=None, voice_message_id=None)
    await services.cards.open(render)


def _origin(key: DraftKey, message: Message) -> str:
    """What asks for a render: the message that completes a draft, once however often it is handled."""
    return f"message:{key.chat_id}:{message.message_id}"


async def _seen_in_album(services: Services, key: DraftKey, message: Message) -> bool:
    """Whether an earlier photo of the same album has already been taken."""
    if message.media_group_id is None:
        return False
    draft = await read_draft(services.parts.database, key)
    return draft.album_id == message.media_group_id and draft.portrait_message_id != message.message_id


async def _answer_unfit(services: Services, key: DraftKey, message: Message, unfit: Unfit) -> None:
    """Say what is wrong, and what stays; of an album, in one message that later photos may still correct."""
    draft = await read_draft(services.parts.database, key)
    text = unfit.text
    if portrait_in(message) is not None and draft.voice_sha:
        text += "\n" + texts.VOICE_STAYS()
    elif portrait_in(message) is not None and draft.portrait_sha:
        text += "\n" + texts.PHOTO_EARLIER_STAYS()
    elif voice_in(message) is not None and draft.portrait_sha:
        text += "\n" + texts.PHOTO_STAYS()
    elif voice_in(message) is not None and draft.voice_sha:
        text += "\n" + texts.VOICE_EARLIER_STAYS()
    if message.media_group_id is None:
        await answer(message, text, unfit.buttons)
        return
    album = refused_album(message.media_group_id)
    if draft.album_id == album and draft.album_notice_id is not None:
        return
    notice = await answer(message, text)
    await write_draft(services.parts.database, key, album_id=album, album_notice_id=notice.message_id)
