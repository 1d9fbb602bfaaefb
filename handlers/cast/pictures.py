"""`/cast`: the faces of a chat and the presenters, as pictures with their names."""

import asyncio
from pathlib import Path

import structlog
from telegram import InputMediaPhoto, Message, Update
from telegram.constants import ChatType

from bot.media.child import run_limited
from bot.media.errors import MediaError
from bot.media.jobs import shrink_portrait
from bot.render.audience import MaybeSent, SendForbidden
from handlers.context import Context, Services, services_of
from handlers.texts import cast as texts
from handlers.transport.answering import answer
from handlers.transport.sending import until_sent
from storage.cast import PRESENTERS, Face, faces, slug
from storage.store import StoreAway

log = structlog.get_logger(__name__)

ALBUM = 10
"""Pictures that Telegram shows as one album."""

MOST_PICTURES = 20
"""Pictures of each kind; the others are only named: a bot may send twenty messages a minute into a group."""


async def show(update: Update, context: Context) -> None:
    """Show the cast as pictures, and say how to use it."""
    message = update.message
    if message is None:
        return
    services = services_of(context)
    own, presenters = [await faces(services.parts.database, chat) for chat in (message.chat_id, PRESENTERS)]
    if not own and not presenters:
        await answer(message, texts.NOBODY())
        return
    shown = await _show_pictures(services, message, own) and await _show_pictures(services, message, presenters)
    lines = [] if shown else [texts.NO_PICTURES_HERE()]
    if own:
        lines.append(texts.CAST(names=", ".join(face.name for face in own)))
    if presenters:
        lines.append(texts.PRESENTERS(names=", ".join(face.name for face in presenters)))
    if presenters and message.chat.type == ChatType.PRIVATE:
        lines += [texts.LINK(name=face.name, link=link_of(message.get_bot().username, face)) for face in presenters]
    example = (own or presenters)[0].name
    await answer(message, "\n".join([*lines, texts.CAST_HOW(name=example)]))


def link_of(username: str, face: Face) -> str:
    """Return the link that opens the bot with a presenter ready."""
    return f"https://t.me/{username}?start=as-{slug(face.name)}"


async def _show_pictures(services: Services, message: Message, shown: list[Face]) -> bool:
    """Send the pictures; return False where the chat allows none."""
    try:
        for start in range(0, min(len(shown), MOST_PICTURES), ALBUM):
            await _send_album(services, message, shown[start : start + ALBUM])
    except SendForbidden:
        return False
    except MaybeSent as error:
        log.warning("Telegram did not say whether pictures arrived", why=str(error))
    return True


async def _send_album(services: Services, message: Message, shown: list[Face]) -> None:
    with services.parts.objects.scratch() as folder:
        made = await asyncio.gather(
            *(small_picture(services, face, folder / str(place)) for place, face in enumerate(shown))
        )
    pictures = [(face.name, picture) for face, picture in zip(shown, made, strict=True) if picture]
    album = [InputMediaPhoto(picture, caption=name) for name, picture in pictures]
    quoted = {"do_quote": True, "allow_sending_without_reply": True}
    if len(album) > 1:
        await until_sent(lambda: message.reply_media_group(album, **quoted), longest=60)  # type: ignore[arg-type]
    elif album:
        ((name, picture),) = pictures
        await until_sent(lambda: message.reply_photo(picture, caption=name, **quoted), longest=60)  # type: ignore[arg-type]


async def small_picture(services: Services, face: Face, target: Path) -> bytes | None:
    """Return a portrait as a small JPEG; None where it is gone."""
    portrait = await services.parts.objects.get(face.portrait_sha)
    if portrait is None:
        return None
    try:
        async with services.parts.objects.reading(portrait) as path:
            await run_limited(shrink_portrait(path, target))
        return await asyncio.to_thread(target.read_bytes)
    except (MediaError, OSError, StoreAway) as error:
        log.warning("a face of the cast cannot be shown", why=str(error))
        return None
