"""`/as` and `/cast`: the faces with their pictures, each with a button that lets it speak."""

from collections.abc import Sequence

from telegram import Message, Update
from telegram.constants import ChatType

from handlers.cast.names import Nameless, Unknown, clean_name, everybody, known_face
from handlers.cast.offering import speakers
from handlers.cast.pictures import show_pictures
from handlers.cast.speaking import speak_as, voices_of
from handlers.collecting import origin_of
from handlers.context import Context, Services, services_of
from handlers.first_use import tell_of_files
from handlers.gates import may_make
from handlers.intake import Unfit, Waits, take_file
from handlers.texts import cast as texts
from handlers.texts.language import listed
from handlers.transport.answering import answer, key_of
from storage.cast import PRESENTERS, Face, faces, slug


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
    if text is None:
        await show_pictures(services, message, among)
        text = texts.WHO_SAYS_IT() if sources or situation.draft.voice_sha is not None else texts.WHO_SPEAKS()
    await answer(message, text, speakers(among))


async def show(update: Update, context: Context) -> None:
    """Show the cast as pictures, and let each of them speak."""
    message = update.message
    if message is None:
        return
    services = services_of(context)
    own, presenters = [await faces(services.parts.database, chat) for chat in (message.chat_id, PRESENTERS)]
    if not own and not presenters:
        await answer(message, texts.NOBODY())
        return
    shown = await show_pictures(services, message, own) and await show_pictures(services, message, presenters)
    lines = [] if shown else [texts.NO_PICTURES_HERE()]
    if own:
        lines.append(texts.CAST(names=listed(face.name for face in own)))
    if presenters:
        lines.append(texts.PRESENTERS(names=listed(face.name for face in presenters)))
    if presenters and message.chat.type == ChatType.PRIVATE:
        lines += [texts.LINK(name=face.name, link=link_of(message.get_bot().username, face)) for face in presenters]
    await answer(message, "\n".join([*lines, texts.CAST_HOW()]), speakers([*own, *presenters]))


def link_of(username: str, face: Face) -> str:
    """Return the link that opens the bot with a presenter ready."""
    return f"https://t.me/{username}?start=as-{slug(face.name)}"
