"""Taking back: end everything that others made or keep of a face or a voice, and tell them kindly."""

from collections.abc import Mapping

import structlog
from telegram import Bot, ReplyParameters
from telegram.error import TelegramError

from bot.render.audience import ChatGone, FileIdDead, MaybeSent, SendForbidden
from handlers.context import Services
from handlers.permission.stickers import delete_stickers
from handlers.texts import consent as texts
from handlers.texts.language import Text, speaking
from handlers.transport.sending import until_sent
from storage.choices import read_choices
from storage.consents import withdraw_questions
from storage.forget import Bereft, Where, find_bereft, of_others, renders_where, take_back
from storage.renders import Render
from storage.showings import shown_in

log = structlog.get_logger(__name__)

REFUSED = (TelegramError, ChatGone, SendForbidden, MaybeSent, FileIdDead)


async def take_back_from_others(services: Services, bot: Bot, owner_id: int) -> int:
    """End what others made or keep of somebody's face or voice; return how many videos, faces and files that was."""
    return await end_uses(services, bot, of_others(owner_id), owner_id)


async def end_uses(
    services: Services, bot: Bot, where: Where, owner_id: int | None = None, words: Text = texts.TAKEN_BACK
) -> int:
    """End uses: in the works, kept and shown; tell who loses something. Return how many rows and files went.

    Args:
        where: which.
        owner_id: whose photos and voices leave the drafts of others.
        words: for who loses something.
    """
    resources = services.resources
    bereft, going = await find_bereft(resources.database, where), await renders_where(resources.database, where)
    shown = await shown_in(resources.database, [render.id for render in going])
    for render in going:
        await stop(services, render)
    gone = await take_back(
        resources.database, resources.objects, resources.links, where, [owner_id] if owner_id else []
    )
    for chat_id, number in shown:
        await _delete(bot, chat_id, number)
    await delete_stickers(bot, resources.database)
    for person in bereft:
        await _tell(services, bot, person, words)
    return gone.rows


async def withdraw(services: Services, bot: Bot, owner_id: int, words: Mapping[str, Text]) -> None:
    """Let questions that somebody has not answered say that they are settled; who asked sees it there.

    Args:
        words: that take the place of a question, by what it is about.
    """
    asked: dict[tuple[int, int], str] = {}
    for consent in await withdraw_questions(services.resources.database, owner_id):
        if consent.message_id is not None:
            place = consent.chat_id, consent.message_id
            asked[place] = "photo" if "photo" in (consent.kind, asked.get(place)) else "voice"
    for (chat_id, message_id), kind in asked.items():
        with speaking((await read_choices(services.resources.database, chat_id)).language or "en"):
            text = words[kind]()
        try:
            await until_sent(lambda: bot.edit_message_text(text, chat_id, message_id), longest=30)  # noqa: B023
        except REFUSED as error:
            log.info("a question stays in its chat", why=str(error))


async def stop(services: Services, render: Render) -> None:
    """Take the card of an open render away, and let it notice that it is over."""
    if not render.ended:
        await services.cards.clear(render)
        await services.workflows.wake(render.id)


async def _delete(bot: Bot, chat_id: int, number: int) -> None:
    """Delete a message that shows it; Telegram lets bots do so for two days, and admins longer."""
    try:
        await until_sent(lambda: bot.delete_message(chat_id, number), longest=30, may_repeat=True)
    except REFUSED as error:
        log.info("a video that was taken back stays in its chat", why=str(error))


async def _tell(services: Services, bot: Bot, person: Bereft, words: Text) -> None:
    language = (await read_choices(services.resources.database, person.chat_id)).language or person.language
    with speaking(language):
        text = words()
    reply = ReplyParameters(person.message_id, allow_sending_without_reply=True) if person.message_id else None
    thread_id = person.thread_id if person.thread_id > 0 else None
    try:
        await until_sent(
            lambda: bot.send_message(person.chat_id, text, message_thread_id=thread_id, reply_parameters=reply),
            longest=30,
        )
    except REFUSED as error:
        log.info("somebody could not be told that a face was taken back", why=str(error))
