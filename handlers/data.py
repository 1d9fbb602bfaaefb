"""What is kept of people: `/privacy` and `/forget`."""

import re

from telegram import InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.constants import ChatType

from handlers.context import Context, Services, services_of
from handlers.permission.stickers import delete_stickers
from handlers.permission.taking_back import stop, take_back_from_others, withdraw
from handlers.texts import consent as consent_texts
from handlers.texts import data as texts
from handlers.texts.language import sentences
from handlers.transport.answering import answer, key_of
from handlers.transport.press import Press, read_press
from handlers.transport.rights import is_admin
from storage.forget import forget
from storage.renders import open_renders

PATTERN = re.compile(r"forget:(?P<what>me|chat|keep):(?P<user>-?\d{1,19})")


async def privacy(update: Update, context: Context) -> None:
    """Say what is kept, where it goes, for how long, and how to end it."""
    if update.message is not None:
        services = services_of(context)
        facts = {"faces": services.keep_faces_days, "files": services.files_notice()}
        await answer(update.message, texts.PRIVACY(n=services.keep_days, **facts))


async def ask_to_forget(update: Update, _: Context) -> None:
    """Say what would be deleted, and ask: a button deletes it."""
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
    """Forget the person, or the chat, and say how many files were deleted."""
    press = await read_press(update, PATTERN)
    if press is None:
        return
    if not await press.is_by(int(press.match["user"])):
        word = texts.NOT_YOURS()
    elif press.match["what"] == "chat" and not await press.is_by_admin():
        word = texts.ADMINS_ONLY()
    elif press.match["what"] == "keep":
        word = texts.KEPT()
        await press.show_text(word)
    else:
        word = await _forget(press, services_of(context))
    await press.say(word)


async def _forget(press: Press, services: Services) -> str:
    resources, whole_chat = services.resources, press.match["what"] == "chat"
    who = press.chat.id if whole_chat else int(press.match["user"])
    if not whole_chat:
        await withdraw(services, press.query.get_bot(), who, dict.fromkeys(("photo", "voice"), consent_texts.WITHDRAWN))
        await take_back_from_others(services, press.query.get_bot(), who)
    for render in await open_renders(resources.database, *([who] if whole_chat else [None, who])):
        await stop(services, render)
    gone = await forget(resources.database, resources.objects, resources.links, who, everywhere=not whole_chat)
    await delete_stickers(press.query.get_bot(), resources.database)
    word = texts.FORGOTTEN_FILES(n=gone.files) if gone.files else texts.FORGOTTEN_NOTHING()
    if gone.files and resources.objects.left:
        word = sentences(word, texts.FORGOTTEN_LATER())
    await press.show_text(word)
    return word
