"""`/broadcast WORDS`: a word to all chats: shown first, slow enough for Telegram, stoppable, resumed after a kill."""

import asyncio
import re
import time

import structlog
from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot, InlineKeyboardButton, InlineKeyboardMarkup, Update
from telegram.error import TelegramError

from bot.render.audience import ChatGone
from handlers.admin.panel import is_for_admin
from handlers.context import Context, Services, services_of
from handlers.texts import BUTTON_GONE
from handlers.texts import admin as texts
from handlers.texts.language import speaking
from handlers.transport.answering import answer
from handlers.transport.keyboards import in_rows
from handlers.transport.press import read_press
from handlers.transport.sending import until_sent
from storage.broadcasts import (
    DONE,
    PREVIEW,
    SENDING,
    STOPPED,
    Broadcast,
    change_broadcast,
    chats_left,
    count_left,
    new_broadcast,
    note_told,
    read_broadcast,
    sending,
)
from storage.chats import settle_chat
from storage.choices import read_choices
from storage.overview import known_chats
from storage.passing import cause_of

log = structlog.get_logger(__name__)

PATTERN = re.compile(r"broadcast:(?P<what>send|drop|stop):(?P<id>[0-9a-f]{16})")

BROADCAST = "broadcast"
"""The word to the machine that sends them."""

PAUSE = 0.1
"""Seconds between two chats: a third of what Telegram lets a bot send, so that nobody waits for an answer."""

NOTICE_SECONDS = 5.0
RETRY_SECONDS = 30.0
AT_ONCE = 50


async def begin(update: Update, context: Context) -> None:
    """Show an admin the words, and to how many chats they go."""
    message = update.message
    if not await is_for_admin(update, context) or message is None:
        return
    words = (message.text or "").partition(" ")[2].strip()
    if not words:
        await answer(message, texts.BROADCAST_HOW())
        return
    database = services_of(context).resources.database
    chats = [chat for chat in await known_chats(database) if chat != message.chat_id]
    made = await new_broadcast(database, message.chat_id, words, chats)
    row = [_button("send", made, texts.BUTTON_SEND()), _button("drop", made, texts.BUTTON_DROP())]
    await answer(message, texts.BROADCAST_PREVIEW(n=len(chats), words=words), InlineKeyboardMarkup(in_rows(row)))


def _button(what: str, broadcast: Broadcast, label: str) -> InlineKeyboardButton:
    return InlineKeyboardButton(label, callback_data=f"broadcast:{what}:{broadcast.id}")


async def on_button(update: Update, context: Context) -> None:
    """Let a broadcast go, drop it, or stop it."""
    press = await read_press(update, PATTERN)
    if press is None:
        return
    services, what = services_of(context), press.match["what"]
    known = await read_broadcast(services.resources.database, press.match["id"])
    if press.user_id not in services.access.admins:
        await press.say()
        return
    if known is None:
        await press.say(BUTTON_GONE())
        return
    change = {"send": (PREVIEW, SENDING), "drop": (PREVIEW, STOPPED), "stop": (SENDING, STOPPED)}[what]
    notice = {"notice_id": press.message.message_id} if press.message else {}
    await press.say()
    if not await change_broadcast(services.resources.database, known.id, change[0], state=change[1], **notice):
        await press.show_buttons(None)
    elif what == "send":
        services.broadcasting.set()
        await services.resources.machine.call(BROADCAST)
    elif what == "drop":
        await press.show_text(texts.BROADCAST_DROPPED())
    else:
        await _tell(services, press.query.get_bot(), known.id)


async def keep_sending(bot: Bot, services: Services) -> None:
    """Send what admins have let go, also what an earlier process did not finish, until cancelled."""
    while True:
        services.broadcasting.clear()
        try:
            for each in await sending(services.resources.database):
                await _send(bot, services, each)
        except SQLAlchemyError as error:
            log.error("a word to all waits for the database", why=cause_of(error))
            await asyncio.sleep(RETRY_SECONDS)
            continue
        await services.broadcasting.wait()


async def _send(bot: Bot, services: Services, broadcast: Broadcast) -> None:
    database, told = services.resources.database, 0.0
    while chats := await chats_left(database, broadcast.id, AT_ONCE):
        for chat_id in chats:
            if time.monotonic() - told > NOTICE_SECONDS:
                told = time.monotonic()
                await _tell(services, bot, broadcast.id)
            now = await read_broadcast(database, broadcast.id)
            if now is None or now.state != SENDING:
                return
            await note_told(database, broadcast.id, chat_id, await _send_one(bot, services, broadcast.text, chat_id))
            await asyncio.sleep(PAUSE)
    await change_broadcast(database, broadcast.id, SENDING, state=DONE)
    await _tell(services, bot, broadcast.id)


async def _send_one(bot: Bot, services: Services, text: str, chat_id: int) -> bool:
    """Send it to one chat; settle a chat that is gone."""
    try:
        await until_sent(lambda: bot.send_message(chat_id, text), longest=60)
    except ChatGone:
        await settle_chat(services.resources.database, services.resources.objects, chat_id)
        return False
    except Exception as error:
        log.info("a word to all does not reach a chat", why=str(error))
        return False
    return True


async def _tell(services: Services, bot: Bot, broadcast_id: str) -> None:
    """Show the admin how far it is, in the place of the preview."""
    now = await read_broadcast(services.resources.database, broadcast_id)
    if now is None or now.notice_id is None:
        return
    left = await count_left(services.resources.database, broadcast_id)
    with speaking((await read_choices(services.resources.database, now.admin_id)).language):
        if now.state == DONE:
            text = texts.BROADCAST_DONE(sent=now.sent, failed=now.failed)
        elif now.state == STOPPED:
            text = texts.BROADCAST_STOPPED(sent=now.sent, left=left)
        else:
            text = texts.BROADCAST_GOING(sent=now.sent, left=left, failed=now.failed)
        stop = InlineKeyboardMarkup([[_button("stop", now, texts.BUTTON_STOP())]]) if now.state == SENDING else None
    try:
        await bot.edit_message_text(text, now.admin_id, now.notice_id, reply_markup=stop)
    except TelegramError as error:
        log.info("how far a word to all is could not be shown", why=str(error))
