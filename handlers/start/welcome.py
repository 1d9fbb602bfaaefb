"""`/start`: an example, what to send, and two faces to begin with; or the presenter whose link was followed."""

import structlog
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.constants import ChatType
from telegram.error import TelegramError

from bot.render.audience import MaybeSent, SendForbidden
from handlers import texts
from handlers.cast.offering import speak_button
from handlers.cast.speaking import start_as
from handlers.context import Context, Services, services_of
from handlers.first_use import tell_of_files
from handlers.gates import tell_access
from handlers.texts.cast import START_UNKNOWN
from handlers.transport.answering import answer, key_of
from storage.cast import PRESENTERS, faces

log = structlog.get_logger(__name__)

READY_FACES = 2
"""Presenters that a newcomer is shown; `/cast` shows all."""


async def start(update: Update, context: Context) -> None:
    """Say what the bot does, or begin with the presenter whose link was followed."""
    message = update.effective_message
    if message is None:
        return
    services, payload = services_of(context), " ".join(context.args or [])
    asked_for = payload.startswith("as-")
    if asked_for and await start_as(services, message, payload):
        return
    await _welcome(services, message, [START_UNKNOWN()] if asked_for else [])
    await tell_of_files(services, await services.situation(key_of(message)), message)
    if services.access.mode != "open":
        await tell_access(services, message)


async def _welcome(services: Services, message: Message, lines: list[str]) -> None:
    lines.append(texts.WELCOME(seconds=round(services.resources.longest_voice)))
    buttons: list[list[InlineKeyboardButton]] = []
    if message.chat.type == ChatType.PRIVATE:
        known = await faces(services.resources.database, PRESENTERS)
        buttons = [[speak_button(face)] for face in known[:READY_FACES]]
    if buttons:
        lines.append(texts.WELCOME_FACES())
    keyboard = InlineKeyboardMarkup(buttons) if buttons else None
    if not await _show_example(services, message, lines, keyboard):
        await answer(message, "\n\n".join(lines), keyboard)


async def _show_example(
    services: Services, message: Message, lines: list[str], keyboard: InlineKeyboardMarkup | None
) -> bool:
    """Answer with the example above the words; return False where there is none, or it does not go out."""
    example = services.example
    if example is None or message.chat.type != ChatType.PRIVATE:
        return False
    said = texts.EXAMPLE_BY_PUPPET if example.by_puppet else texts.EXAMPLE
    try:
        return await example.reply(services.resources, message, "\n\n".join([*lines, said()]), keyboard)
    except (SendForbidden, MaybeSent, TelegramError) as error:
        log.warning("the example did not go out", why=str(error))
        return False
