"""Intake: fetch a photo or a voice, make it fit, check the face, and write it to the draft."""

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import structlog
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message

from bot.dashscope.errors import AccountError, DashscopeError, PersonError
from bot.dashscope.fault_table import reason_of_look
from bot.media.child import run_limited
from bot.media.errors import MediaError, Reason
from bot.media.facts import Kind
from bot.media.jobs import fit_portrait, fit_voice, tell_kind
from bot.render.account import tell_operator
from bot.render.ending import OVER_BUDGET
from bot.render.face_check import check_portrait
from handlers import texts
from handlers.context import Services
from handlers.permission.bytes import may_use_bytes
from handlers.sources import Source
from handlers.texts import endings
from handlers.transport.attachments import Attachment
from handlers.transport.files import fetched
from storage.drafts import Draft, write_draft
from storage.forget import remove_unmentioned
from storage.intake import count_kept
from storage.objects import Object
from storage.reservations import OverBudget
from storage.situation import Situation
from storage.verdicts import StoredVerdict

log = structlog.get_logger(__name__)

LONGEST_NAME = 64
"""Characters of a file's name that an answer repeats."""

LONGEST_DECODING = 15.0
"""Seconds of a processor that a file may take; other people's files wait meanwhile."""

_checking: "set[asyncio.Task[StoredVerdict]]" = set()
"""Face checks that go on by themselves. Without this, asyncio would let them be collected as garbage."""


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


class Waits(Exception):
    """A file that somebody must allow first, or has refused; the person has been told."""


def whose_columns(source: Source, kept: Object) -> dict[str, Any]:
    """Return the columns that say whose a kept file is, and what Telegram calls it."""
    what = "voice" if kept.kind == "voice" else "portrait"
    return {f"{what}_file": source.file.unique_id, f"{what}_owner_id": source.owner_id}


async def take_file(
    services: Services, situation: Situation, source: Source, message: Message, cut: bool
) -> tuple[Draft, list[str]]:
    """Write the picture or the sound of a source to the draft; return the draft, and notes for the person.

    Args:
        message: that wants it used.
        cut: cut a long voice at a pause, without asking.

    Raises:
        Unfit: it cannot be used.
        Waits: its owner is asked first.
    """
    kept, notes = await keep_file(services, situation, source, message, cut)
    database, number, whose = services.resources.database, source.message.message_id, whose_columns(source, kept)
    if kept.kind == "voice":
        voice = {"voice_sha": kept.sha, "voice_message_id": number, **whose}
        return await write_draft(database, situation.key, **voice), notes
    album_id = source.message.media_group_id if source.is_here else None
    refused = album_id is not None and situation.draft.album_id == refused_album(album_id)
    draft = await write_draft(
        database,
        situation.key,
        album_notice_id=situation.draft.album_notice_id if refused else None,
        portrait_sha=kept.sha,
        portrait_message_id=number,
        portrait_used=False,
        album_id=album_id,
        **whose,
    )
    return draft, [*notes, texts.PHOTO_FROM_ALBUM()] if album_id else notes


async def keep_file(
    services: Services, situation: Situation, source: Source, message: Message, cut: bool = False
) -> tuple[Object, list[str]]:
    """Fetch a picture or a sound, make it fit, and let the service check a face; return it, and notes for the person.

    The bytes decide what an untyped file is, and whether it is one that somebody refused under another name.

    Raises:
        Unfit: it cannot be used; a file that has a name is named.
        Waits: its owner is asked first.
    """
    try:
        return await _keep(services, situation, source, message, cut)
    except Unfit as unfit:
        if name := (source.file.name or "")[:LONGEST_NAME]:
            raise Unfit(texts.FILE_NAMED(name=name, why=unfit.text), unfit.buttons) from unfit
        raise


async def _keep(
    services: Services, situation: Situation, source: Source, message: Message, cut: bool
) -> tuple[Object, list[str]]:
    file = source.file
    async with _fetched(services, file) as sent:
        size = sent.stat().st_size
        kind = file.kind
        if kind is None:
            kind = await run_limited(tell_kind(sent), seconds=LONGEST_DECODING)
        match kind:
            case Kind.NEITHER:
                raise Unfit(texts.FILE_OF_NO_USE())
            case Kind.PICTURE:
                kept, notes = await _keep_portrait(services, sent)
            case _:
                kept, notes = await _keep_voice(services, sent, file.seconds, cut)
        if (more := max(kept.size, size) - (file.size or 0)) > 0:
            key, book = situation.key, services.resources.money.book
            await count_kept(services.resources.database, book, book.payer(key.chat_id, key.user_id), more)
    if not await may_use_bytes(services, situation, source, message, kept):
        await remove_unmentioned(services.resources.database, services.resources.objects, kept.sha)
        raise Waits
    if kept.kind == "voice":
        return kept, notes
    return kept, [*notes, *await look_at_face(services, situation, kept)]


@asynccontextmanager
async def _fetched(services: Services, file: Attachment) -> AsyncIterator[Path]:
    """Fetch a file, and hold its turn while the block makes it fit in the same folder.

    Raises:
        Unfit: the file, or what the block finds in it, cannot be used.
    """
    with services.resources.objects.scratch() as folder:
        path = folder / "sent"
        try:
            async with fetched(file, path):
                yield path
        except MediaError as error:
            raise Unfit(why_unfit(error), _cut_button(error)) from error


async def _keep_portrait(services: Services, sent: Path) -> tuple[Object, list[str]]:
    target = sent.with_name("portrait")
    job = fit_portrait(sent, target, widest=services.resources.engine.picture.widest)
    fit = await run_limited(job, seconds=LONGEST_DECODING)
    facts = {"width": fit.width, "height": fit.height}
    portrait = await services.resources.objects.add(target, extension=fit.extension, kind="portrait", **facts)
    said = ((texts.PHOTO_ENLARGED, fit.enlarged), (texts.PHOTO_CROPPED, fit.cropped))
    return portrait, [text() for text, so in said if so]


async def _keep_voice(
    services: Services, sent: Path, stated_seconds: float | None, cut: bool
) -> tuple[Object, list[str]]:
    target = sent.with_name("voice")
    limit = services.resources.longest_voice
    job = fit_voice(sent, target, limit=limit, stated_seconds=stated_seconds, cut=cut)
    fit = await run_limited(job, seconds=LONGEST_DECODING)
    voice = await services.resources.objects.add(target, extension=fit.extension, kind="voice", seconds=fit.seconds)
    return voice, [texts.VOICE_CUT(seconds=texts.clock(fit.seconds))] if fit.cut else []


def refused_album(album_id: str) -> str:
    """Return the album id that a draft has while every photo of the album so far was refused."""
    return f"refused:{album_id}"


async def look_at_face(services: Services, situation: Situation, portrait: Object) -> list[str]:
    """See that the service takes the face; returns what to say where it cannot tell now, or never.

    Raises:
        Unfit: it does not.
    """
    choices, engine = situation.choices, services.resources.engine
    options = engine.options(choices.ratio, choices.style)
    payer = services.resources.money.book.payer(situation.key.chat_id, situation.key.user_id)
    check = asyncio.create_task(check_portrait(services.resources, engine, portrait, options, payer))
    _checking.add(check)
    check.add_done_callback(_end_check)
    try:
        async with asyncio.timeout(services.resources.timing.face_check):
            verdict = await asyncio.shield(check)
    except TimeoutError:
        return [texts.PHOTO_KEPT_UNSEEN()]
    except OverBudget as over:
        raise Unfit(endings.ENDED_OVER_BUDGET[OVER_BUDGET + over.kind]()) from over
    except PersonError as error:
        raise Unfit(endings.REFUSED[error.reason]()) from error
    except DashscopeError as error:
        if isinstance(error, AccountError) and error.model_gone and services.resources.accounts.lack_model:
            tell_operator(services.resources, engine, error)
            return [texts.PHOTO_KEPT_NO_MODEL(), *filter(None, [services.whom_to_ask()])]
        log.error("a photo could not be checked", why=str(error))
        return [texts.PHOTO_KEPT_UNSEEN()]
    if not verdict.passed:
        raise Unfit(endings.REFUSED[reason_of_look(verdict.code, verdict.message)]())
    return []


def _end_check(check: "asyncio.Task[StoredVerdict]") -> None:
    _checking.discard(check)
    if not check.cancelled() and (error := check.exception()) is not None:
        log.info("a face check failed", why=str(error))


def why_unfit(error: MediaError) -> str:
    """Return what a person reads about a file that cannot be used."""
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
