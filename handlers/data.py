"""What is kept of people: seen again, explained, and forgotten."""

import contextlib
import re
from datetime import UTC, datetime

from babel.dates import format_datetime
from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Message, Update
from telegram.constants import ChatType
from telegram.error import TelegramError

from handlers.context import Context, services_of
from handlers.texts import BUTTON_GONE, clock
from handlers.texts import data as texts
from handlers.texts.language import spoken
from handlers.transport.answering import answer, key_of
from handlers.transport.rights import is_admin
from storage.forget import forget
from storage.renders import delivered_renders, open_renders

MOST_VIDEOS = 8
PATTERN = re.compile(r"forget:(?P<what>me|chat|keep):(?P<user>-?\d{1,19})")


async def history(update: Update, context: Context) -> None:
    """List the person's last videos here, each with a button to get it again."""
    message = update.message
    if message is None:
        return
    key = key_of(message)
    videos = await delivered_renders(services_of(context).parts.database, key.chat_id, key.user_id, MOST_VIDEOS)
    if not videos:
        await answer(message, texts.HISTORY_EMPTY())
        return
    lines, buttons = [texts.HISTORY()], []
    for number, render in enumerate(videos, start=1):
        when = format_datetime(datetime.fromtimestamp(render.created_at, UTC), "short", locale=spoken())
        lines.append(texts.HISTORY_LINE(number=number, when=when, length=clock(render.video_seconds or 0)))
        buttons.append(InlineKeyboardButton(str(number), callback_data=f"render:{render.id}:get"))
    rows = [buttons[start : start + 4] for start in range(0, len(buttons), 4)]
    await answer(message, "\n".join(lines), InlineKeyboardMarkup(rows))


async def privacy(update: Update, context: Context) -> None:
    """Say what is kept, where it goes, for how long, and how to end it."""
    if update.message is not None:
        services = services_of(context)
        await answer(update.message, texts.PRIVACY(n=services.keep_days, files=services.files_notice()))


async def ask_to_forget(update: Update, _: Context) -> None:
    """Say what would go; nothing goes before the button is pressed."""
    message = update.message
    if message is None:
        return
    user_id, lines = key_of(message).user_id, [texts.FORGET_ME()]
    rows = [[InlineKeyboardButton(texts.FORGET_ME_BUTTON(), callback_data=f"forget:me:{user_id}")]]
    if message.chat.type != ChatType.PRIVATE and await is_admin(message.get_bot(), message.chat, user_id):
        lines.append(texts.FORGET_CHAT())
        rows.append([InlineKeyboardButton(texts.FORGET_CHAT_BUTTON(), callback_data=f"forget:chat:{user_id}")])
    rows.append([InlineKeyboardButton(texts.KEEP_BUTTON(), callback_data=f"forget:keep:{user_id}")])
    await answer(message, "\n\n".join(lines), InlineKeyboardMarkup(rows))


async def on_button(update: Update, context: Context) -> None:
    """Forget the person, or the chat, and say how much went."""
    query = update.callback_query
    if query is None:
        return
    match = PATTERN.fullmatch(query.data or "")
    if match is None or not isinstance(query.message, Message):
        word = BUTTON_GONE()
    elif not await _may_press(query.message, query.from_user.id, int(match["user"])):
        word = texts.NOT_YOURS()
    elif match["what"] == "chat" and not await is_admin(query.get_bot(), query.message.chat, query.from_user.id):
        word = texts.ADMINS_ONLY()
    elif match["what"] == "keep":
        word = texts.KEPT()
        with contextlib.suppress(TelegramError):
            await query.edit_message_text(word)
    else:
        word = await _forget(query.message, context, int(match["user"]), match["what"] == "chat")
    with contextlib.suppress(TelegramError):
        await query.answer(word)


async def _may_press(message: Message, presser: int, asked: int) -> bool:
    return presser == asked or (asked == message.chat_id and await is_admin(message.get_bot(), message.chat, presser))


async def _forget(message: Message, context: Context, user_id: int, whole_chat: bool) -> str:
    services, parts = services_of(context), services_of(context).parts
    who = message.chat_id if whole_chat else user_id
    for render in await open_renders(parts.database, *([who] if whole_chat else [None, who])):
        await services.cards.clear(render)
        parts.pauses.wake(render.id)
    gone = await forget(parts.database, parts.objects, parts.links, who, everywhere=not whole_chat)
    word = texts.FORGOTTEN_FILES(n=gone.files) if gone.files else texts.FORGOTTEN_NOTHING()
    with contextlib.suppress(TelegramError):
        await message.edit_text(word)
    return word
