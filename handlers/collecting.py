"""Collecting: a photo and a voice, in either order. What a person sent is in their draft before they are answered."""

import asyncio
from dataclasses import dataclass
from typing import Any

import structlog
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, Update

from bot.emo.errors import EmoError, PersonError
from bot.media.child import run_limited
from bot.media.errors import MediaError, Reason
from bot.media.portrait import FitPortrait, fit_portrait
from bot.media.voice import FitVoice, fit_voice
from bot.render import check_portrait
from handlers import texts
from handlers.desk import Context, Desk, desk_of
from handlers.files import Attachment, portrait_in, save, voice_in
from handlers.sending import until_sent
from storage.drafts import Draft, DraftKey, read_draft, write_draft
from storage.objects import Object
from storage.renders import create_render
from storage.verdicts import StoredVerdict

log = structlog.get_logger(__name__)

RATIO, STYLE = "1:1", "normal"
LONGEST_LOOK = 8.0
"""Seconds that a person waits to hear of a photo; the look itself goes on while they record the voice."""

_looking: "set[asyncio.Task[StoredVerdict]]" = set()
"""Looks that go on by themselves: asyncio alone would let them be collected as garbage."""

PARTS_OF_DRAFT = {"portrait_used": True, "voice_sha": None, "voice_message_id": None, "album_id": None}


class Unfit(Exception):
    """A file that cannot be used; the text says why and what to do.

    Args:
        text: what the person reads.
        buttons: what they may do about it at once.
    """

    def __init__(self, text: str, buttons: InlineKeyboardMarkup | None = None) -> None:
        super().__init__(text)
        self.text = text
        self.buttons = buttons


@dataclass(frozen=True)
class Received:
    """A part that was written to the draft, and what is worth saying about it."""

    draft: Draft
    notes: tuple[str, ...] = ()


async def on_media(update: Update, context: Context) -> None:
    """Take a photo or a voice, and the one that it replies to; begin when both are there."""
    message = update.effective_message
    if message is None:
        return
    await take_message(desk_of(context), message)


async def take_message(desk: Desk, message: Message, cut: bool = False) -> None:
    """Take what a message brings.

    Args:
        cut: the person agreed that a long voice is cut at a pause.
    """
    key = key_of(message)
    portrait, voice = portrait_in(message), voice_in(message)
    other = message.reply_to_message
    notes: tuple[str, ...] = ()
    try:
        if portrait is not None:
            if await _seen_in_album(desk, key, message):
                return
            if other is not None and (earlier_voice := voice_in(other)):
                await _take_voice(desk, key, other, earlier_voice, cut=True)
            received = await _take_portrait(desk, key, message, portrait)
        elif voice is not None:
            if other is not None and (earlier_portrait := portrait_in(other)):
                draft = await read_draft(desk.parts.engine, key)
                if draft.portrait_message_id != other.message_id:
                    notes = (await _take_portrait(desk, key, other, earlier_portrait)).notes
            received = await _take_voice(desk, key, message, voice, cut=cut)
        else:
            return
    except Unfit as unfit:
        await _answer_unfit(desk, key, message, unfit)
        return
    await _go_on(desk, message, received.draft, (*notes, *received.notes), took_portrait=portrait is not None)


async def _take_portrait(desk: Desk, key: DraftKey, message: Message, attachment: Attachment) -> Received:
    parts = desk.parts
    with parts.objects.scratch() as folder:
        source, target = folder / "sent", folder / "portrait"
        await _download(attachment, source)
        try:
            fit: FitPortrait = await run_limited(fit_portrait, source, target)
        except MediaError as error:
            raise Unfit(why_unfit(error)) from error
        portrait = await parts.objects.add(
            target, extension=fit.extension, kind="portrait", width=fit.width, height=fit.height
        )
    notes = [texts.PHOTO_ENLARGED] if fit.enlarged else []
    if not await _face_is_fine(desk, portrait, key):
        notes.append(texts.PHOTO_KEPT_UNSEEN)
    if message.media_group_id:
        notes.append(texts.PHOTO_FROM_ALBUM)
    await write_draft(
        parts.engine,
        key,
        portrait_sha=portrait.sha,
        portrait_message_id=message.message_id,
        portrait_used=False,
        album_id=message.media_group_id,
    )
    return Received(await read_draft(parts.engine, key), tuple(notes))


async def _face_is_fine(desk: Desk, portrait: Object, key: DraftKey) -> bool:
    """Whether the service takes the face; False when it cannot say now, and the render will ask again."""
    look = asyncio.create_task(check_portrait(desk.parts, portrait, RATIO, key.chat_id))
    _looking.add(look)
    look.add_done_callback(_end_look)
    try:
        async with asyncio.timeout(LONGEST_LOOK):
            verdict = await asyncio.shield(look)
    except TimeoutError:
        return False
    except PersonError as error:
        raise Unfit(texts.REFUSED[error.reason]) from error
    except EmoError as error:
        log.error("a photo could not be checked", why=str(error))
        return False
    if not verdict.passed:
        raise Unfit(texts.REFUSED.get(verdict.code or "", texts.PHOTO_REFUSED))
    return True


def _end_look(look: "asyncio.Task[StoredVerdict]") -> None:
    _looking.discard(look)
    if not look.cancelled() and (error := look.exception()) is not None:
        log.info("a look at a photo came to nothing", why=str(error))


async def _take_voice(desk: Desk, key: DraftKey, message: Message, attachment: Attachment, cut: bool) -> Received:
    parts = desk.parts
    with parts.objects.scratch() as folder:
        source, target = folder / "sent", folder / "voice"
        await _download(attachment, source)
        try:
            fit: FitVoice = await run_limited(fit_voice, source, target, stated_seconds=attachment.seconds, cut=cut)
        except MediaError as error:
            raise Unfit(why_unfit(error), _cut_button(error)) from error
        voice = await parts.objects.add(target, extension=fit.extension, kind="voice", seconds=fit.seconds)
    await write_draft(parts.engine, key, voice_sha=voice.sha, voice_message_id=message.message_id)
    notes = (texts.VOICE_CUT.format(seconds=texts.clock(fit.seconds)),) if fit.cut else ()
    return Received(await read_draft(parts.engine, key), notes)


async def _go_on(desk: Desk, message: Message, draft: Draft, notes: tuple[str, ...], took_portrait: bool) -> None:
    """Begin the render when the draft is complete; else say what is missing."""
    if draft.portrait_sha and draft.voice_sha:
        await begin_render(desk, draft, notes)
        return
    unseen = texts.PHOTO_KEPT_UNSEEN in notes
    missing = () if unseen else ((texts.PHOTO_KEPT,) if took_portrait else (texts.VOICE_KEPT,))
    text = "\n".join((*missing, *notes))
    if draft.album_notice_id is not None and took_portrait and message.media_group_id:
        await _edit_notice(message, draft.album_notice_id, text)
    else:
        await answer(message, text)


async def begin_render(desk: Desk, draft: Draft, notes: tuple[str, ...] = ()) -> None:
    """Make a render of a complete draft, once however often it is asked, and keep the portrait for the next voice."""
    engine, key = desk.parts.engine, draft.key
    if draft.portrait_used:
        notes = (texts.USING_SAME_PHOTO, *notes)
    render, _ = await create_render(
        engine,
        f"draft:{key.chat_id}:{draft.portrait_message_id}:{draft.voice_message_id}",
        chat_id=key.chat_id,
        user_id=key.user_id,
        thread_id=key.thread_id,
        voice_message_id=draft.voice_message_id,
        portrait_sha=draft.portrait_sha,
        voice_sha=draft.voice_sha,
        ratio=RATIO,
        style=STYLE,
        opening="\n".join(notes) or None,
    )
    await desk.workflows.enqueue(render)
    await write_draft(engine, key, **PARTS_OF_DRAFT)
    await desk.cards.open(render)


async def _seen_in_album(desk: Desk, key: DraftKey, message: Message) -> bool:
    """Whether an earlier photo of the same album has already been taken."""
    if message.media_group_id is None:
        return False
    draft = await read_draft(desk.parts.engine, key)
    return draft.album_id == message.media_group_id and draft.portrait_message_id != message.message_id


async def _answer_unfit(desk: Desk, key: DraftKey, message: Message, unfit: Unfit) -> None:
    """Say what is wrong, and what stays; of an album, in one message that later photos may still correct."""
    draft = await read_draft(desk.parts.engine, key)
    text = unfit.text
    if portrait_in(message) is not None and draft.voice_sha:
        text += "\n" + texts.VOICE_STAYS
    elif portrait_in(message) is not None and draft.portrait_sha:
        text += "\n" + texts.PHOTO_EARLIER_STAYS
    elif voice_in(message) is not None and draft.portrait_sha:
        text += "\n" + texts.PHOTO_STAYS
    elif voice_in(message) is not None and draft.voice_sha:
        text += "\n" + texts.VOICE_EARLIER_STAYS
    if message.media_group_id is None:
        await answer(message, text, unfit.buttons)
        return
    album = f"refused:{message.media_group_id}"
    if draft.album_id == album and draft.album_notice_id is not None:
        return
    notice = await answer(message, text)
    await write_draft(desk.parts.engine, key, album_id=album, album_notice_id=notice.message_id)


async def _edit_notice(message: Message, notice_id: int, text: str) -> None:
    bot = message.get_bot()
    await until_sent(lambda: bot.edit_message_text(text, message.chat_id, notice_id), longest=60)


async def _download(attachment: Attachment, path: Any) -> None:
    try:
        await save(attachment, path)
    except MediaError as error:
        raise Unfit(why_unfit(error)) from error


async def answer(message: Message, text: str, buttons: InlineKeyboardMarkup | None = None) -> Message:
    """Reply to a message, also when it has been deleted meanwhile."""
    return await until_sent(
        lambda: message.reply_text(text, reply_markup=buttons, do_quote=True, allow_sending_without_reply=True),
        longest=60,
    )


def why_unfit(error: MediaError) -> str:
    """What a person reads about a file that cannot be used."""
    facts = dict(error.facts)
    if error.reason is Reason.VOICE_TOO_LONG:
        facts["full"] = texts.clock(float(facts["full_seconds"]))
        facts["cut"] = texts.clock(float(facts["cut_seconds"]))
    return texts.UNFIT[error.reason].format(**facts)


def _cut_button(error: MediaError) -> InlineKeyboardMarkup | None:
    if error.reason is not Reason.VOICE_TOO_LONG:
        return None
    label = texts.BUTTON_USE_CUT.format(seconds=texts.clock(float(error.facts["cut_seconds"])))
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data="voice:cut")]])


def key_of(message: Message) -> DraftKey:
    """Whose draft a message belongs to."""
    person = message.from_user
    thread = message.message_thread_id if message.is_topic_message else None
    return DraftKey(message.chat_id, person.id if person else 0, thread or 0)
