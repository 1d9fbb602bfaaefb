"""Faces as pictures with their names, ten in an album."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import structlog
from telegram import InputMediaPhoto, Message

from bot.media.child import run_limited
from bot.media.errors import MediaError
from bot.media.jobs import shrink_portrait
from bot.render.audience import MaybeSent, SendForbidden
from handlers.context import Services
from handlers.transport.sending import until_sent
from storage.cast import Face
from storage.store import StoreAway

log = structlog.get_logger(__name__)

ALBUM = 10
"""Pictures that Telegram shows as one album."""

MOST_PICTURES = 20
"""Pictures of each kind; the others are only named: a bot may send twenty messages a minute into a group."""


async def show_pictures(services: Services, message: Message, shown: Sequence[Face]) -> bool:
    """Send the pictures; return False where the chat allows none."""
    try:
        for start in range(0, min(len(shown), MOST_PICTURES), ALBUM):
            await _send_album(services, message, shown[start : start + ALBUM])
    except SendForbidden:
        return False
    except MaybeSent as error:
        log.warning("Telegram did not say whether pictures arrived", why=str(error))
    return True


async def _send_album(services: Services, message: Message, shown: Sequence[Face]) -> None:
    with services.parts.objects.scratch() as folder:
        made = await asyncio.gather(
            *(small_picture(services, face.portrait_sha, folder / str(place)) for place, face in enumerate(shown))
        )
    pictures = [(face.name, picture) for face, picture in zip(shown, made, strict=True) if picture]
    album = [InputMediaPhoto(picture, caption=name) for name, picture in pictures]
    quoted = {"do_quote": True, "allow_sending_without_reply": True}
    if len(album) > 1:
        await until_sent(lambda: message.reply_media_group(album, **quoted), longest=60)  # type: ignore[arg-type]
    elif album:
        ((name, picture),) = pictures
        await until_sent(lambda: message.reply_photo(picture, caption=name, **quoted), longest=60)  # type: ignore[arg-type]


async def small_picture(services: Services, sha: str, target: Path) -> bytes | None:
    """Return a portrait as a small JPEG; None where it is gone."""
    portrait = await services.parts.objects.get(sha)
    if portrait is None:
        return None
    try:
        async with services.parts.objects.reading(portrait) as path:
            await run_limited(shrink_portrait(path, target))
        return await asyncio.to_thread(target.read_bytes)
    except (MediaError, OSError, StoreAway) as error:
        log.warning("a face of the cast cannot be shown", why=str(error))
        return None
