"""Faces that stay: kept by a name for a chat, shown as pictures, and made to speak by their name."""

from dataclasses import dataclass

from telegram import InputMediaPhoto, Message, Update
from telegram.constants import ChatType

from handlers.answering import answer, ask, key_of
from handlers.collecting import begin_render, go_on
from handlers.desk import Context, Desk, desk_of
from handlers.files import portrait_in, voice_in
from handlers.intake import Unfit, keep_portrait, take_voice
from handlers.names import clean_name, slug
from handlers.rights import is_admin
from handlers.sending import until_sent
from handlers.texts import cast as texts
from storage.cast import LIMIT, PRESENTERS, Face, Saving, faces, find_face, remove_face, rename_face, save_face
from storage.drafts import DraftKey, read_draft, write_draft

ALBUM = 10
"""Pictures that Telegram shows as one album."""


async def save(update: Update, context: Context) -> None:
    """Keep the photo that the command replies to, or the one last sent, by a name."""
    message = update.message
    if message is None:
        return
    desk, key = desk_of(context), key_of(message)
    try:
        name = clean_name(" ".join(context.args or []))
        sha = await _portrait(desk, key, message)
    except Unfit as unfit:
        await answer(message, unfit.text)
        return
    match await save_face(desk.parts.engine, key.chat_id, name, sha, key.user_id):
        case Saving.TAKEN:
            text = texts.NAME_TAKEN(name=name)
        case Saving.FULL:
            text = texts.FULL(most=LIMIT)
        case _:
            text = texts.SAVED(name=name)
    await answer(message, text)


async def _portrait(desk: Desk, key: DraftKey, message: Message) -> str:
    """The portrait that is to be saved."""
    other = message.reply_to_message
    if other is not None and (attachment := portrait_in(other)):
        portrait, _ = await keep_portrait(desk, key, attachment)
        return portrait.sha
    draft = await read_draft(desk.parts.engine, key)
    if draft.portrait_sha is None:
        raise Unfit(texts.SAVE_WHAT())
    return draft.portrait_sha


async def as_(update: Update, context: Context) -> None:
    """Let a face of the cast say the voice that the command replies to, or the next one."""
    message = update.message
    if message is None:
        return
    desk, key = desk_of(context), key_of(message)
    if await go_on(desk, key, message):
        return
    notes: list[str] = []
    try:
        face = await _known(desk, key.chat_id, clean_name(" ".join(context.args or [])))
        await cast_as(desk, key, face)
        other = message.reply_to_message
        if other is not None and (voice := voice_in(other)):
            notes = await take_voice(desk, key, other, voice, cut=True)
    except Unfit as unfit:
        await answer(message, unfit.text)
        return
    draft = await read_draft(desk.parts.engine, key)
    if draft.voice_sha:
        await begin_render(desk, draft, notes, message)
    else:
        await ask(message, texts.READY(name=face.name))


async def cast_as(desk: Desk, key: DraftKey, face: Face) -> None:
    """Let a face be the portrait of a draft.

    Raises:
        Unfit: its picture is gone.
    """
    if await desk.parts.objects.get(face.portrait_sha) is None:
        raise Unfit(texts.GONE(name=face.name))
    portrait = {"portrait_sha": face.portrait_sha, "portrait_message_id": None, "portrait_used": False}
    await write_draft(desk.parts.engine, key, **portrait, album_id=None, album_notice_id=None)


async def _known(desk: Desk, chat_id: int, name: str) -> Face:
    face = await find_face(desk.parts.engine, chat_id, name)
    if face is not None:
        return face
    names = [each.name for chat in (chat_id, PRESENTERS) for each in await faces(desk.parts.engine, chat)]
    raise Unfit(texts.UNKNOWN(name=name, names=", ".join(names)) if names else texts.UNKNOWN_NOBODY(name=name))


async def show(update: Update, context: Context) -> None:
    """Show the cast as pictures."""
    message = update.message
    if message is None:
        return
    desk = desk_of(context)
    own, presenters = [await faces(desk.parts.engine, chat) for chat in (message.chat_id, PRESENTERS)]
    if not own and not presenters:
        await answer(message, texts.NOBODY())
        return
    everybody = own + presenters
    for start in range(0, len(everybody), ALBUM):
        await _send_pictures(desk, message, everybody[start : start + ALBUM])
    lines = [texts.CAST(names=", ".join(face.name for face in everybody))]
    if presenters:
        lines.append(texts.PRESENTERS(names=", ".join(face.name for face in presenters)))
    if message.chat.type == ChatType.PRIVATE:
        lines += [texts.LINK(name=face.name, link=link_of(message.get_bot().username, face)) for face in presenters]
    await answer(message, "\n".join(lines))


@dataclass(frozen=True)
class _Picture:
    name: str
    data: bytes


async def _send_pictures(desk: Desk, message: Message, shown: list[Face]) -> None:
    pictures = []
    for face in shown:
        kept = await desk.parts.objects.get(face.portrait_sha)
        if kept is not None:
            pictures.append(_Picture(face.name, desk.parts.objects.path(kept).read_bytes()))
    if len(pictures) == 1:
        (one,) = pictures
        await until_sent(lambda: message.reply_photo(one.data, caption=one.name, do_quote=True), longest=60)
    elif pictures:
        album = [InputMediaPhoto(each.data, caption=each.name) for each in pictures]
        await until_sent(lambda: message.reply_media_group(album, do_quote=True), longest=60)


async def rename(update: Update, context: Context) -> None:
    """Give a face of the chat another name."""
    message = update.message
    if message is None:
        return
    desk = desk_of(context)
    try:
        old, new = _two_names(context.args or [])
        face = await _own(desk, message, old)
        if await rename_face(desk.parts.engine, face, new) is Saving.TAKEN:
            raise Unfit(texts.NAME_TAKEN(name=new))
    except Unfit as unfit:
        await answer(message, unfit.text)
        return
    await answer(message, texts.RENAMED(old=face.name, new=new))


def _two_names(words: list[str]) -> tuple[str, str]:
    """The names of `/rename Old New`, or `/rename Old one | New one`."""
    before, bar, after = " ".join(words).partition("|")
    if bar:
        return clean_name(before), clean_name(after)
    if len(words) != 2:
        raise Unfit(texts.RENAME_HOW())
    return clean_name(words[0]), clean_name(words[1])


async def remove(update: Update, context: Context) -> None:
    """Let a face of the chat go."""
    message = update.message
    if message is None:
        return
    desk = desk_of(context)
    try:
        face = await _own(desk, message, clean_name(" ".join(context.args or [])))
    except Unfit as unfit:
        await answer(message, unfit.text)
        return
    await remove_face(desk.parts.engine, face)
    await answer(message, texts.REMOVED(name=face.name))


async def _own(desk: Desk, message: Message, name: str) -> Face:
    """A face that this person may change: saved by them, or they run the chat."""
    face = await _known(desk, message.chat_id, name)
    if face.chat_id == PRESENTERS:
        raise Unfit(texts.PRESENTER_STAYS(name=face.name))
    user_id = key_of(message).user_id
    if face.user_id != user_id and not await is_admin(message.get_bot(), message.chat, user_id):
        raise Unfit(texts.NOT_YOURS(name=face.name))
    return face


async def start_as(desk: Desk, message: Message, payload: str) -> bool:
    """Open with the presenter that a link names; False when there is none (any more)."""
    wanted = payload.removeprefix("as-")
    for chat in (message.chat_id, PRESENTERS):
        for face in await faces(desk.parts.engine, chat):
            if slug(face.name) == wanted:
                try:
                    await cast_as(desk, key_of(message), face)
                except Unfit:
                    return False
                await answer(message, texts.READY(name=face.name))
                return True
    return False


def link_of(username: str, face: Face) -> str:
    """The link that opens the bot with a presenter ready."""
    return f"https://t.me/{username}?start=as-{slug(face.name)}"
