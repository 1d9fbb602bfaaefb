"""A face speaks: with a voice that is there it begins, else it is shown, and a voice is asked for.

It is chosen by its name, by a link, or by its button.
"""

import re
from collections.abc import Sequence
from typing import Any

from telegram import InlineKeyboardButton, Message, Update
from telegram.constants import ChatType

from bot.gates.permission import Use, use_of, uses_of
from bot.media.facts import Kind
from handlers.cast.pictures import small_picture
from handlers.collecting import begin_render, go_on, origin_of
from handlers.context import Context, Services, services_of
from handlers.first_use import tell_of_files
from handlers.gates import cost_of_waiting, may_make, may_press
from handlers.intake import Unfit, Waits, look_at_face, take_file
from handlers.sources import Source, replied_source, source_of, with_owners
from handlers.texts import BUTTON_GONE
from handlers.texts import cast as texts
from handlers.texts.language import Text
from handlers.transport.answering import answer, answer_with_picture, ask, key_of
from handlers.transport.press import read_press
from storage.cast import Face, find_by_slug, slug
from storage.drafts import Draft, write_draft
from storage.situation import Situation

PATTERN = re.compile(r"face:speak:(?P<slug>[A-Za-z0-9_-]{1,40})")


def speak_button(face: Face) -> InlineKeyboardButton:
    """Return the button that lets a face speak."""
    return InlineKeyboardButton(texts.LET_SPEAK(name=face.name), callback_data=f"face:speak:{slug(face.name)}")


async def start_as(services: Services, message: Message, payload: str) -> bool:
    """Begin with the presenter that a link names; return False when there is none."""
    face = await find_by_slug(services.parts.database, message.chat_id, payload.removeprefix("as-"))
    if face is None or await services.parts.objects.get(face.portrait_sha) is None:
        return False
    await speak_as(services, message, face, texts.HELLO)
    return True


async def speak_as(services: Services, message: Message, face: Face, ready: Text = texts.READY) -> None:
    """Let a face say the voice of a message, of the one that it replies to, or of the draft; else ask for one.

    Args:
        ready: the words that ask.
    """
    situation = await services.situation(key_of(message), origin_of(message))
    if await go_on(services, situation):
        return
    source = source_of(message) or replied_source(message)
    sources = [source] if source is not None and source.file.may_be_sound else []
    sources = [each.taken_as(Kind.SOUND) for each in await with_owners(services.parts, sources)]
    voice = _voice_of(situation) if not sources else []
    if not await may_make(services, situation, message, sources, kept=[use_of(face), *voice]):
        return
    if sources or voice:
        await tell_of_files(services, situation, message)
    try:
        draft, notes = await _collect(services, situation, face, sources, message)
    except Waits:
        return
    except Unfit as unfit:
        await answer(message, unfit.text)
        return
    if draft.voice_sha is not None:
        await begin_render(services, situation, draft, notes, message)
        return
    await _show_ready(services, message, face, ready)
    await tell_of_files(services, situation, message)


async def on_button(update: Update, context: Context) -> None:
    """Let the face of a button say the voice that waits, or else ask for one."""
    press = await read_press(update, PATTERN)
    if press is None:
        return
    services = services_of(context)
    face = await find_by_slug(services.parts.database, press.chat.id, press.match["slug"])
    message = press.message
    if face is None or message is None:
        await press.say(BUTTON_GONE())
        return
    situation = await services.situation(press.key, press.origin)
    if await go_on(services, situation):
        await press.say()
        return
    voice, cost = _voice_of(situation), await cost_of_waiting(services, situation)
    if not await may_press(services, situation, press, [use_of(face), *voice], video=bool(voice), cost=cost):
        return
    await press.say()
    try:
        draft, notes = await _collect(services, situation, face, [], message)
    except Unfit as unfit:
        await press.reply(unfit.text)
        return
    if draft.voice_sha is not None:
        await begin_render(services, situation, draft, notes, message, press.origin)
    else:
        await _show_ready(services, message, face, texts.READY)


def _voice_of(situation: Situation) -> list[Use]:
    return [use for use in uses_of(situation.draft) if use.kind == "voice"]


async def _show_ready(services: Services, message: Message, face: Face, ready: Text) -> None:
    """Ask for a voice, in a private chat below the face's picture."""
    text = ready(name=face.name)
    if message.chat.type != ChatType.PRIVATE:
        await ask(message, text)
        return
    with services.parts.objects.scratch() as folder:
        picture = await small_picture(services, face, folder / "picture")
    await answer_with_picture(message, picture, text)


async def _collect(
    services: Services, situation: Situation, face: Face, sources: Sequence[Source], message: Message
) -> tuple[Draft, list[str]]:
    """Write a face, and the voice of the sources, to the draft; return the draft, and notes for the person.

    Raises:
        Unfit: the picture is gone or cannot be used, or the voice cannot.
    """
    portrait = await services.parts.objects.get(face.portrait_sha)
    if portrait is None:
        raise Unfit(texts.GONE(name=face.name))
    notes, voiced = [texts.SPEAKS(name=face.name)], situation.draft.voice_sha is not None
    for source in sources:
        _, said = await take_file(services, situation, source, message, cut=True)
        notes, voiced = notes + said, True
    if not voiced:
        await look_at_face(services, situation, portrait)  # before the person records a voice in vain
    chosen: dict[str, Any] = {"portrait_sha": face.portrait_sha, "portrait_message_id": None, "portrait_used": False}
    chosen |= {"portrait_file": face.portrait_file, "portrait_owner_id": face.portrait_owner_id}
    nothing = {"album_id": None, "album_notice_id": None}
    return await write_draft(services.parts.database, situation.key, **chosen, **nothing), notes
