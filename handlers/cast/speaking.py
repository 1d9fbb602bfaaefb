"""A face speaks: with a voice that is there it begins, else it is shown, and a voice is asked for.

It is chosen by its name, by a link, by its button, or by *New voice* below a video.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import structlog
from telegram import Message, Update

from bot.gates.permission import Use, uses_of
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
from handlers.transport.press import Press, read_press
from storage.cast import Face, find_by_slug
from storage.drafts import Draft, write_draft
from storage.renders import Render
from storage.situation import Situation

log = structlog.get_logger(__name__)

PATTERN = re.compile(r"face:speak:(?P<slug>[A-Za-z0-9_-]{1,40})")


@dataclass(frozen=True)
class Speaker:
    """A portrait that is to speak.

    Args:
        name: of a saved face; None: it is that of a video.
        file: what Telegram calls the photo; None: a presenter's.
    """

    name: str | None
    sha: str
    file: str | None
    owner_id: int | None

    @property
    def use(self) -> Use:
        """What is used of whom."""
        return Use("photo", self.file, self.owner_id, self.sha)


def _speaker(face: Face) -> Speaker:
    return Speaker(face.name, face.portrait_sha, face.portrait_file, face.portrait_owner_id)


async def start_as(services: Services, message: Message, payload: str) -> bool:
    """Begin with the presenter that a link names; return False when there is none."""
    face = await find_by_slug(services.resources.database, message.chat_id, payload.removeprefix("as-"))
    if face is None or await services.resources.objects.get(face.portrait_sha) is None:
        return False
    await speak_as(services, message, face, texts.HELLO)
    return True


async def speak_as(services: Services, message: Message, face: Face, ready: Text = texts.READY) -> None:
    """Let a face say the voice of a message, of the one that it replies to, or of the draft; else ask for one.

    Args:
        ready: the words that ask.
    """
    situation, speaker = await services.situation(key_of(message), origin_of(message)), _speaker(face)
    if await go_on(services, situation):
        return
    sources = await voices_of(services, message)
    voice = _voice_of(situation) if not sources else []
    if not await may_make(services, situation, message, sources, kept=[speaker.use, *voice]):
        return
    if sources or voice:
        await tell_of_files(services, situation, message)
    try:
        draft, notes = await _collect(services, situation, speaker, sources, message)
    except Waits:
        return
    except Unfit as unfit:
        await answer(message, unfit.text)
        return
    if draft.voice_sha is not None:
        await begin_render(services, situation, draft, notes, message)
        return
    if situation.key.is_private:
        await _show_ready(services, message, speaker, ready(name=face.name))
    else:
        await ask(message, ready(name=face.name))
    await tell_of_files(services, situation, message)


async def on_button(update: Update, context: Context) -> None:
    """Let the face of a button say the voice that waits, or else ask for one."""
    press = await read_press(update, PATTERN)
    if press is None:
        return
    services = services_of(context)
    face = await find_by_slug(services.resources.database, press.chat.id, press.match["slug"])
    if face is None:
        await press.say(texts.FACE_GONE())
    else:
        await _speak_pressed(services, press, _speaker(face), texts.READY(name=face.name))


async def speak_again(services: Services, press: Press, render: Render) -> None:
    """Let the face of a video say the voice that waits, or else ask for one."""
    face = Speaker(None, render.portrait_sha, render.portrait_file, render.portrait_owner_id)
    await _speak_pressed(services, press, face, texts.READY_FACE())


async def _speak_pressed(services: Services, press: Press, speaker: Speaker, ready: str) -> None:
    situation, message = await services.situation(press.key, press.origin), press.message
    if message is None:
        await press.say(BUTTON_GONE())
        return
    if await go_on(services, situation):
        await press.say()
        return
    voice, cost = _voice_of(situation), await cost_of_waiting(services, situation)
    if not await may_press(services, situation, press, [speaker.use, *voice], video=bool(voice), cost=cost):
        return
    await press.say(None if voice else ready)
    try:
        draft, notes = await _collect(services, situation, speaker, [], message)
    except Unfit as unfit:
        await press.reply(unfit.text)
        return
    if draft.voice_sha is not None:
        await begin_render(services, situation, draft, notes, message, press.origin)
    elif services.told.may_say((press.key, message.message_id, speaker.sha)):  # once, however often it is tapped
        if speaker.name is not None and situation.key.is_private:
            await _show_ready(services, message, speaker, ready)
        else:  # it is seen in the video above, or others look on
            await press.ask(ready)


async def voices_of(services: Services, message: Message) -> list[Source]:
    """Return the voice that a message brings or replies to, if there is one."""
    source = source_of(message) or replied_source(message)
    sources = [source] if source is not None and source.file.may_be_sound else []
    return [each.taken_as(Kind.SOUND) for each in await with_owners(services.resources, sources)]


def _voice_of(situation: Situation) -> list[Use]:
    return [use for use in uses_of(situation.draft) if use.kind == "voice"]


async def _show_ready(services: Services, message: Message, speaker: Speaker, text: str) -> None:
    """Ask for a voice, in a private chat below the face's picture."""
    await answer_with_picture(message, await small_picture(services, speaker.sha), text)


async def _collect(
    services: Services, situation: Situation, speaker: Speaker, sources: Sequence[Source], message: Message
) -> tuple[Draft, list[str]]:
    """Write a face, and the voice of the sources, to the draft; return the draft, and notes for the person.

    Raises:
        Unfit: the picture is gone or cannot be used, or the voice cannot.
    """
    portrait = await services.resources.objects.get(speaker.sha)
    if portrait is None:
        raise Unfit(texts.SAVE_GONE() if speaker.name is None else texts.GONE(name=speaker.name))
    notes = [] if speaker.name is None else [texts.SPEAKS(name=speaker.name)]
    voiced = situation.draft.voice_sha is not None
    for source in sources:
        _, said = await take_file(services, situation, source, message, cut=True)
        notes, voiced = notes + said, True
    if not voiced:
        await look_at_face(services, situation, portrait)  # before the person records a voice in vain
    chosen: dict[str, Any] = {"portrait_sha": speaker.sha, "portrait_message_id": None, "portrait_used": False}
    chosen |= {"portrait_file": speaker.file, "portrait_owner_id": speaker.owner_id}
    nothing = {"album_id": None, "album_notice_id": None}
    return await write_draft(services.resources.database, situation.key, **chosen, **nothing), notes
