"""/report: tell who runs the chat of a video that should not exist; a button removes it, with all made of it."""

import re
from collections.abc import Sequence

import structlog
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.constants import ChatType

from handlers.admin.telling import tell_admins
from handlers.context import Context, services_of
from handlers.permission.taking_back import end_uses
from handlers.permission.wish import name_of_sender
from handlers.texts import BUTTON_GONE
from handlers.texts import consent as texts
from handlers.texts.language import sentences
from handlers.transport.answering import answer
from handlers.transport.press import read_press
from storage.forget import renders_where, same_videos
from storage.formats import formats_of
from storage.renders import read_render
from storage.showings import shown_by
from storage.stickers import doom_stickers

log = structlog.get_logger(__name__)

PATTERN = re.compile(r"report:(?P<id>[0-9a-f]{1,32})")


async def report(update: Update, context: Context) -> None:
    """Show the report in the chat, as a reply to the video, with the button for its admins; tell the bot's own, too."""
    message = update.message
    if message is None:
        return
    services, video = services_of(context), message.reply_to_message
    shown = await shown_by(services.resources.database, message.chat_id, video.message_id) if video else []
    if video is None or not shown:
        await answer(message, sentences(texts.REPORT_HOW(), services.whom_to_ask()))
        return
    log.warning("a video was reported", renders=shown)
    private = message.chat.type == ChatType.PRIVATE
    words = texts.REPORTED_HERE() if private else texts.REPORTED(name=name_of_sender(message))
    await answer(message, sentences(words, services.whom_to_ask()), _remove_button(shown), to=video)
    await tell_admins(
        *(context.bot, services, lambda: texts.REPORTED(name=name_of_sender(message)), lambda: _remove_button(shown)),
        besides=[message.chat_id],
    )


def _remove_button(shown: Sequence[str]) -> InlineKeyboardMarkup:
    return InlineKeyboardMarkup([[InlineKeyboardButton(texts.REMOVE(), callback_data=f"report:{shown[0]}")]])


async def on_button(update: Update, context: Context) -> None:
    """Remove a video wherever it stands in this chat: its messages, formats, files and history."""
    press = await read_press(update, PATTERN)
    if press is None:
        return
    services = services_of(context)
    database = services.resources.database
    render = await read_render(database, press.match["id"])
    by_operator = press.user_id in services.access.admins
    if render is None or not (by_operator or render.chat_id == press.chat.id):
        word = BUTTON_GONE()
    elif not (by_operator or await press.is_by_admin()):
        word = texts.ADMINS_REMOVE()
    else:
        where = same_videos(render)
        ids = [each.id for each in await renders_where(database, where)]
        await doom_stickers(database, await formats_of(database, ids, "sticker"))
        await end_uses(services, context.bot, where, words=texts.REMOVED_FOR)
        word = texts.REMOVED()
        await press.show_text(word)
    await press.say(word)
