"""Collecting: a photo and a voice, in either order. Write what a person sent to their draft before answering."""

import contextlib
from collections.abc import Sequence
from decimal import Decimal

import structlog
from telegram import Message, Update
from telegram.error import BadRequest

from bot.gates.limits import denial_of
from bot.gates.permission import Use, uses_of
from bot.media.facts import Kind
from bot.render.ordering import order_video
from handlers import texts
from handlers.business import note_reply
from handlers.context import Context, Services, services_of
from handlers.duet.parts import take_part
from handlers.first_use import tell_of_files
from handlers.gates import may_make, words
from handlers.intake import Unfit, Waits, refused_album, take_file
from handlers.sources import Source, sources_of, with_owners
from handlers.texts.language import spoken
from handlers.transport.answering import answer, ask, key_of
from handlers.transport.attachments import Attachment, attachment_in
from handlers.transport.sending import until_sent
from storage.drafts import Draft, DraftKey, read_draft, write_draft
from storage.photo_changes import waiting_for_photo
from storage.renders import Render, TooMany, read_render
from storage.situation import Situation

log = structlog.get_logger(__name__)


async def on_media(update: Update, context: Context) -> None:
    """Take a photo or a voice, and what it replies to; begin when both are there."""
    message = update.effective_message
    if message is None:
        return
    await take_message(services_of(context), message)


async def take_message(services: Services, message: Message, cut: bool = False) -> None:
    """Take what a message brings, and what it replies to, and begin when the draft is complete.

    Args:
        cut: the person agreed that a long voice is cut at a pause.
    """
    situation = await services.situation(key_of(message), origin_of(message))
    if await go_on(services, situation) or _is_seen_in_album(situation.draft, message):
        return
    sources = await with_owners(services.resources, sources_of(situation.draft, message))
    kept = still_used(situation.draft, sources)
    if not await may_make(services, situation, message, sources, kept=kept, video=bool(sources)):
        return
    await tell_of_files(services, situation, message)
    own = next((source for source in sources if source.is_here and source.message is message), None)
    if situation.duet is not None and own is not None and own.file.may_be_sound:
        await take_part(services, situation, situation.duet, own)
        return
    try:
        draft, notes = await _collect(services, situation, message, sources, cut)
    except Waits:
        return
    except Unfit as unfit:
        await _answer_unfit(services, situation.key, message, unfit)
        return
    if message.edit_date is not None and draft == situation.draft:
        return  # an edit that changed neither photo nor voice
    if draft.portrait_sha and draft.voice_sha:
        await begin_render(services, situation, draft, notes, message)
    else:
        took_portrait = draft.portrait_message_id in [source.message.message_id for source in sources]
        await _ask_for_more(message, draft, notes, took_portrait)


def still_used(draft: Draft, sources: Sequence[Source]) -> list[Use]:
    """Return what a draft goes on to bring, beside what comes anew."""
    pictures = any(source.file.may_be_picture for source in sources)
    sounds = any(source.file.may_be_sound for source in sources)
    return [use for use in uses_of(draft) if not (pictures if use.kind == "photo" else sounds)]


async def go_on(services: Services, situation: Situation) -> bool:
    """Return whether a message has already begun a render, in a process that was killed before it answered."""
    begun = await read_render(services.resources.database, situation.begun) if situation.begun else None
    if begun is not None:
        await _start(services, situation.key, begun)
    return begun is not None


def _is_seen_in_album(draft: Draft, message: Message) -> bool:
    """Return whether an earlier photo of the same album has already been taken."""
    seen = message.media_group_id is not None and draft.album_id == message.media_group_id
    return seen and draft.portrait_message_id != message.message_id


async def _collect(
    services: Services, situation: Situation, message: Message, sources: Sequence[Source], cut: bool
) -> tuple[Draft, list[str]]:
    """Write what the sources bring to the draft; return the draft, and notes for the person.

    Raises:
        Unfit: one of the files cannot be used; what came before it is kept.
        Waits: somebody is asked first.
    """
    draft, notes = situation.draft, []
    for source in sources:
        is_sent = source.is_here and source.message is message
        # Cut a replied-to voice unasked: a button under this message could not find the voice again.
        draft, said = await take_file(services, situation, source, message, cut=cut or not is_sent)
        notes += said
        if is_sent and draft.voice_message_id == message.message_id:
            await note_reply(services, message)
    return draft, notes


async def _ask_for_more(message: Message, draft: Draft, notes: list[str], took_portrait: bool) -> None:
    """Say what was kept, and what is missing."""
    if draft.portrait_sha and not took_portrait:
        kept = [texts.STATUS_PHOTO()]
    elif draft.portrait_sha:
        said = {texts.PHOTO_KEPT_UNSEEN(), texts.PHOTO_KEPT_NO_MODEL()} & {*notes}
        kept = [] if said else [texts.PHOTO_KEPT()]
    else:
        kept = [texts.VOICE_KEPT()] if draft.voice_sha else [texts.TALK()]
    text = "\n".join((*kept, *notes))
    if draft.album_notice_id is not None and took_portrait and message.media_group_id:
        bot, notice = message.get_bot(), draft.album_notice_id
        with contextlib.suppress(BadRequest):  # the person may have deleted it
            await until_sent(lambda: bot.edit_message_text(text, message.chat_id, notice), longest=60, may_repeat=True)
            return
    await ask(message, text)


async def begin_render(
    services: Services,
    situation: Situation,
    draft: Draft,
    notes: Sequence[str],
    message: Message,
    origin: str | None = None,
) -> None:
    """Make one render of a complete draft; keep the portrait for the next voice.

    Args:
        message: that completed it, or has the button that did.
        origin: of the render; else the message is.
    """
    key, choices = situation.key, situation.choices
    opening = [texts.USING_SAME_PHOTO(), *notes] if draft.portrait_used else notes
    order = {
        "chat_id": key.chat_id,
        "user_id": key.user_id,
        "thread_id": key.thread_id,
        "voice_message_id": draft.voice_message_id,
        "portrait_sha": draft.portrait_sha,
        "portrait_file": draft.portrait_file,
        "portrait_owner_id": draft.portrait_owner_id,
        "voice_sha": draft.voice_sha,
        "voice_file": draft.voice_file,
        "voice_owner_id": draft.voice_owner_id,
        **services.resources.engine.columns(choices.ratio, choices.style),
        "language": spoken(),
        "opening": "\n".join(opening) or None,
    }
    origin = origin or origin_of(message)
    before = None
    if draft.voice_message_id != message.message_id:
        before = await waiting_for_photo(services.resources.database, draft)
    agreed = Decimal(before.asked_price or 0) if before and before.agreed_at else Decimal(0)
    try:
        render = await order_video(services.resources, origin, order, agreed=agreed, most=services.limits.most)
    except TooMany as many:
        await answer(message, words(services.limits, denial_of(many)))
        return
    await _start(services, key, render)
    if before is not None:
        await services.cards.clear(before)


async def _start(services: Services, key: DraftKey, render: Render) -> None:
    # The draft first: a render that ends at once gives back to it.
    await write_draft(services.resources.database, key, portrait_used=True, voice_sha=None, voice_message_id=None)
    await services.workflows.enqueue(render)
    await services.cards.open(render)


def origin_of(message: Message) -> str:
    """Return the origin of the render that a message begins: the same one however often the message is handled."""
    return f"message:{message.chat_id}:{message.message_id}"


def _what_stays(draft: Draft, file: Attachment | None) -> list[str]:
    """Return what to say about the rest of the draft to somebody whose picture or sound cannot be used."""
    voice, portrait = draft.voice_sha is not None, draft.portrait_sha is not None
    match file and file.kind:
        case Kind.PICTURE if voice or portrait:
            return [texts.VOICE_STAYS() if voice else texts.PHOTO_EARLIER_STAYS()]
        case Kind.SOUND if voice or portrait:
            return [texts.PHOTO_STAYS() if portrait else texts.VOICE_EARLIER_STAYS()]
    return []


async def _answer_unfit(services: Services, key: DraftKey, message: Message, unfit: Unfit) -> None:
    """Say what is wrong, and what stays. Answer an album in one message, which its later photos may still correct."""
    draft = await read_draft(services.resources.database, key)
    text = "\n".join([unfit.text, *_what_stays(draft, attachment_in(message))])
    if message.media_group_id is None:
        await answer(message, text, unfit.buttons)
        return
    album = refused_album(message.media_group_id)
    if draft.album_id == album and draft.album_notice_id is not None:
        return
    notice = await answer(message, text)
    await write_draft(services.resources.database, key, album_id=album, album_notice_id=notice.message_id)
