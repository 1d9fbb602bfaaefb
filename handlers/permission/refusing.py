"""Remember what its owner refused: by Telegram's name of it, by its bytes, and a picture by its look.

For that, what was not fetched before is fetched once, and nothing of it is kept but keyed hashes and its look.
"""

import hashlib
from collections.abc import Sequence

import structlog
from telegram import Bot

from bot.media.child import run_limited
from bot.media.errors import ChildError, MediaError
from bot.media.facts import Kind
from bot.media.jobs import fit_portrait, fit_voice
from handlers.context import Services
from handlers.permission.looks import look_of
from handlers.permission.wish import sources_in
from handlers.sources import Source
from handlers.transport.files import Unreachable, fetched
from storage.consents import Consent
from storage.refusals import marks_of, write_likeness, write_refusal
from storage.uses import kept_as

log = structlog.get_logger(__name__)


async def remember_refusal(services: Services, bot: Bot, asked: Sequence[Consent], bodies: Sequence[str]) -> None:
    """See that what its owner refused stays refused, whoever brings it, and however it is named.

    Args:
        bodies: the wishes that waited, which bring what is not kept yet.
    """
    resources = services.resources
    sources = {source.file.unique_id: source for body in bodies for source in sources_in(body, bot)}
    for consent in asked:
        await write_refusal(
            resources.database, resources.keyed, consent.owner_id, marks_of(resources.keyed, consent.file, None)
        )
        shas = set(await kept_as(resources.database, consent.file))
        if not shas and consent.file in sources:
            try:
                shas = await _fetch_once(services, consent, sources[consent.file])
            except (MediaError, ChildError, Unreachable, OSError) as error:
                log.info("what was refused could not be looked at", kind=consent.kind, why=str(error))
        elif consent.kind == "photo":
            for portrait in (await resources.objects.get_all(*shas)).values():
                async with resources.objects.reading(portrait) as path:
                    await _note_look(services, consent, await look_of(path))
        marks = [mark for sha in shas for mark in marks_of(resources.keyed, None, sha)]
        await write_refusal(resources.database, resources.keyed, consent.owner_id, marks)


async def _fetch_once(services: Services, consent: Consent, source: Source) -> set[str]:
    """Return the hash of what a source brings, as it would be kept."""
    engine = services.resources.engine
    with services.resources.objects.scratch() as folder:
        sent, fit = folder / "sent", folder / "fit"
        async with fetched(source.file, sent):
            if source.file.kind is Kind.SOUND:
                await run_limited(fit_voice(sent, fit, limit=services.resources.longest_voice, cut=True))
            else:
                await run_limited(fit_portrait(sent, fit, widest=engine.picture.widest))
                await _note_look(services, consent, await look_of(fit))
        with fit.open("rb") as file:
            return {hashlib.file_digest(file, "sha256").hexdigest()}


async def _note_look(services: Services, consent: Consent, likeness: str | None) -> None:
    if likeness is not None:
        await write_likeness(services.resources.database, consent.chat_id, consent.owner_id, likeness)
