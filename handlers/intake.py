"""Intake: a photo or a voice is fetched, made fit, looked at, and written to the draft."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import structlog
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message

from bot.dashscope.errors import DashscopeError, PersonError
from bot.media.child import run_limited
from bot.media.errors import MediaError, Reason
from bot.media.jobs import fit_portrait, fit_voice
from bot.render.face_check import check_portrait
from handlers import texts
from handlers.context import Services
from handlers.transport.files import Attachment, fetched
from storage.drafts import Draft, DraftKey, write_draft
from storage.intake import count_file
from storage.objects import Object
from storage.situation import Situation
from storage.verdicts import StoredVerdict

log = structlog.get_logger(__name__)

LONGEST_DECODING = 15.0
"""Seconds that a file may take of a processor; meanwhile those of others wait for it."""

_checking: "set[asyncio.Task[StoredVerdict]]" = set()
"""Looks that go on by themselves: asyncio alone would let them be collected as garbage."""


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


async def take_portrait(
    services: Services, situation: Situation, message: Message, attachment: Attachment
) -> tuple[Draft, list[str]]:
    """Write the picture of a message to a draft; returns that, and what is worth saying about it.

    Raises:
        Unfit: it cannot be used.
    """
    portrait, notes = await keep_portrait(services, situation, attachment)
    notice_id = None
    if message.media_group_id:
        notes.append(texts.PHOTO_FROM_ALBUM())
        if situation.draft.album_id == refused_album(message.media_group_id):
            notice_id = situation.draft.album_notice_id
    draft = await write_draft(
        services.parts.database,
        situation.key,
        album_notice_id=notice_id,
        portrait_sha=portrait.sha,
        portrait_message_id=message.message_id,
        portrait_used=False,
        album_id=message.media_group_id,
    )
    return draft, notes


async def keep_portrait(services: Services, situation: Situation, attachment: Attachment) -> tuple[Object, list[str]]:
    """Fetch a picture, make it fit and let the service look; returns what is worth saying about it, too.

    Raises:
        Unfit: it cannot be used.
    """
    parts = services.parts
    with parts.objects.scratch() as folder:
        source, target = folder / "sent", folder / "portrait"
        async with _fetched(services, situation.key, attachment, source):
            fit = await run_limited(fit_portrait(source, target), seconds=LONGEST_DECODING)
            facts = {"width": fit.width, "height": fit.height}
            portrait = await parts.objects.add(target, extension=fit.extension, kind="portrait", **facts)
    notes = [texts.PHOTO_ENLARGED()] if fit.enlarged else []
    if not await face_is_fine(services, situation, portrait):
        notes.append(texts.PHOTO_KEPT_UNSEEN())
    return portrait, notes


def refused_album(album_id: str) -> str:
    """How a draft calls an album of which a photo has been refused, and none taken."""
    return f"refused:{album_id}"


async def face_is_fine(services: Services, situation: Situation, portrait: Object) -> bool:
    """Whether the service takes the face; False when it cannot say now, and the render will ask again.

    Raises:
        Unfit: it does not.
    """
    choices, engine = situation.choices, services.parts.engine
    options = engine.options(choices.ratio, choices.style)
    check = asyncio.create_task(check_portrait(services.parts, engine, portrait, options, situation.key.chat_id))
    _checking.add(check)
    check.add_done_callback(_end_check)
    try:
        async with asyncio.timeout(services.parts.timing.face_check):
            verdict = await asyncio.shield(check)
    except TimeoutError:
        return False
    except PersonError as error:
        raise Unfit(texts.REFUSED[error.reason]()) from error
    except DashscopeError as error:
        log.error("a photo could not be checked", why=str(error))
        return False
    if not verdict.passed:
        raise Unfit(texts.REFUSED.get(verdict.code or "", texts.PHOTO_REFUSED)())
    return True


def _end_check(check: "asyncio.Task[StoredVerdict]") -> None:
    _checking.discard(check)
    if not check.cancelled() and (error := check.exception()) is not None:
        log.info("a face check failed", why=str(error))


async def take_voice(
    services: Services, key: DraftKey, message: Message, attachment: Attachment, cut: bool
) -> tuple[Draft, list[str]]:
    """Write the sound of a message to a draft; returns that, and what is worth saying about it.

    Args:
        cut: the person agreed that a long voice is cut at a pause.

    Raises:
        Unfit: it cannot be used.
    """
    voice, notes = await keep_voice(services, key, attachment, cut)
    draft = await write_draft(services.parts.database, key, voice_sha=voice.sha, voice_message_id=message.message_id)
    return draft, notes


async def keep_voice(services: Services, key: DraftKey, attachment: Attachment, cut: bool) -> tuple[Object, list[str]]:
    """Fetch a sound and make it fit; returns what is worth saying about it, too.

    Raises:
        Unfit: it cannot be used.
    """
    parts = services.parts
    with parts.objects.scratch() as folder:
        source, target = folder / "sent", folder / "voice"
        async with _fetched(services, key, attachment, source):
            job = fit_voice(source, target, stated_seconds=attachment.seconds, cut=cut)
            fit = await run_limited(job, seconds=LONGEST_DECODING)
            voice = await parts.objects.add(target, extension=fit.extension, kind="voice", seconds=fit.seconds)
    return voice, [texts.VOICE_CUT(seconds=texts.clock(fit.seconds))] if fit.cut else []


@asynccontextmanager
async def _fetched(services: Services, key: DraftKey, attachment: Attachment, path: Path) -> AsyncIterator[None]:
    """Fetch a file and count it, and hold its turn while it is made fit in the block.

    Raises:
        Unfit: the file, or what the block finds in it, cannot be used.
    """
    try:
        async with fetched(attachment, path):
            size = path.stat().st_size  # noqa: ASYNC240
            await count_file(services.parts.database, key.chat_id, key.user_id, size)
            yield
    except MediaError as error:
        raise Unfit(why_unfit(error), _cut_button(error)) from error


def why_unfit(error: MediaError) -> str:
    """What a person reads about a file that cannot be used."""
    facts = dict(error.facts)
    if error.reason is Reason.VOICE_TOO_LONG:
        facts["full"] = texts.clock(float(facts["full_seconds"]))
        facts["limit"] = texts.clock(float(facts["limit"]))
        facts["cut"] = texts.clock(float(facts["cut_seconds"]))
    return texts.UNFIT[error.reason](**facts)


def _cut_button(error: MediaError) -> InlineKeyboardMarkup | None:
    if error.reason is not Reason.VOICE_TOO_LONG:
        return None
    label = texts.BUTTON_USE_CUT(seconds=texts.clock(float(error.facts["cut_seconds"])))
    return InlineKeyboardMarkup([[InlineKeyboardButton(label, callback_data="voice:cut")]])
