"""`/as` and `/cast`: the faces as one picture, each with a button that lets it speak."""

from collections.abc import Sequence

from telegram import Message, Update
from telegram.constants import ChatType

from handlers.cast.names import Nameless, Unknown, clean_name, everybody, known_face
from handlers.cast.offering import numbered_names, picture_of, speakers
from handlers.cast.speaking import speak_as, voices_of
from handlers.collecting import origin_of
from handlers.context import Context, Services, services_of
from handlers.first_use import tell_of_files
from handlers.gates import may_make
from handlers.intake import Unfit, Waits, take_file
from handlers.texts import cast as texts
from handlers.texts.language import Text, listed
from handlers.transport.answering import answer, answer_with_picture, key_of
from storage.cast import Face, slug


async def as_(update: Update, context: Context) -> None:
    """Let a kept face say a voice: the one with the command, the one that it replies to, or the next one.

    Without a name, or with an unknown one, offer the faces; the voice is kept meanwhile.
    """
    message = update.effective_message
    if message is None:
        return
    services = services_of(context)
    try:
        face = await known_face(services, message.chat_id, clean_name(" ".join(context.args or [])))
    except Nameless:
        await _offer(services, message, await everybody(services, message.chat_id), None)
    except Unknown as unknown:
        await _offer(services, message, unknown.faces, unknown.text)
    except Unfit as unfit:
        await answer(message, unfit.text)
    else:
        await speak_as(services, message, face)


async def _offer(services: Services, message: Message, among: Sequence[Face], text: str | None) -> None:
    """Offer faces, with their pictures where nobody was named; take the voice first that one of them is to say."""
    if not among:
        await answer(message, text or texts.NOBODY())
        return
    situation = await services.situation(key_of(message), origin_of(message))
    sources = await voices_of(services, message)
    if sources:
        if not await may_make(services, situation, message, sources, video=False):
            return
        await tell_of_files(services, situation, message)
        try:
            for source in sources:
                await take_file(services, situation, source, message, cut=True)
        except Waits:
            return
        except Unfit as unfit:
            await answer(message, unfit.text)
            return
    if text is not None:
        await answer(message, text, speakers(among))
        return
    asks = texts.WHO_SAYS_IT() if sources or situation.draft.voice_sha is not None else texts.WHO_SPEAKS()
    buttons, picture = speakers(among, numbered=True), await picture_of(services, among)
    await answer_with_picture(message, picture, "\n".join([*_names(among), asks]), buttons)


async def show(update: Update, context: Context) -> None:
    """Show the cast as one picture, and let each face of it speak."""
    message = update.message
    if message is None:
        return
    services = services_of(context)
    shown = await everybody(services, message.chat_id)
    if not shown:
        await answer(message, texts.NOBODY())
        return
    lines = _names(shown)
    if message.chat.type == ChatType.PRIVATE:
        username = message.get_bot().username
        lines += [texts.LINK(name=face.name, link=link_of(username, face)) for face in shown if face.is_presenter]
    words, buttons = "\n".join([*lines, texts.CAST_HOW()]), speakers(shown, numbered=True)
    await answer_with_picture(message, await picture_of(services, shown), words, buttons, texts.NO_PICTURES_HERE())


def _names(shown: Sequence[Face]) -> list[str]:
    """Return who is saved here and who are presenters, with their numbers on the picture."""
    kinds: dict[Text, list[str]] = {texts.CAST: [], texts.PRESENTERS: []}
    for face, name in zip(shown, numbered_names(shown), strict=True):
        kinds[texts.PRESENTERS if face.is_presenter else texts.CAST].append(name)
    return [kind(names=listed(names)) for kind, names in kinds.items() if names]


def link_of(username: str, face: Face) -> str:
    """Return the link that opens the bot with a presenter ready."""
    return f"https://t.me/{username}?start=as-{slug(face.name)}"
