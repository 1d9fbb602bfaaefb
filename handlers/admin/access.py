"""Access: a newcomer asks, the admins answer on a card; they also allow and block by an id or a forwarded message."""

import re

from telegram import (
    InlineKeyboardButton,
    InlineKeyboardMarkup,
    Message,
    MessageOriginChannel,
    MessageOriginChat,
    MessageOriginUser,
    Update,
)
from telegram.constants import ChatType

from handlers.admin.telling import tell, tell_admins
from handlers.commands import unknown_command
from handlers.context import Context, Services, services_of
from handlers.texts import access as texts
from handlers.texts.language import speaking, spoken
from handlers.transport.answering import answer
from handlers.transport.naming import name_of
from handlers.transport.press import Press, read_press
from storage.access import ALLOWED, ASKED, BLOCKED, REFUSED, ask_for_access, read_access, write_access

PATTERN = re.compile(
    r"access:(?:ask|(?P<answer>allow|group|no|block):(?P<user>\d{1,19}):(?P<chat>-?\d{1,19}):(?P<language>[a-z]{2}))"
)
STATES = {"allow": ALLOWED, "group": ALLOWED, "no": REFUSED, "block": BLOCKED}


async def on_button(update: Update, context: Context) -> None:
    """Bring a newcomer's wish to the admins, or an admin's answer to the newcomer."""
    press = await read_press(update, PATTERN)
    if press is None:
        return
    services = services_of(context)
    if press.match["answer"] is None:
        await _ask(services, press)
    elif press.user_id in services.access.admins:
        await _decide(services, press)
    else:
        await press.say()


async def _ask(services: Services, press: Press) -> None:
    """Send each admin a card, once for each newcomer."""
    if not services.access.admins:
        await press.say(texts.NOBODY_TO_ASK(), alert=True)
        return
    if not await ask_for_access(services.resources.database, services.resources.money.book.mark(press.user_id)):
        await press.say(texts.DENIED["access_asked"]())
        return
    name, language = press.query.from_user.full_name, spoken()

    def card() -> str:
        if press.chat.type == ChatType.PRIVATE:
            return texts.CARD(name=name, user=press.user_id)
        return texts.CARD_IN_GROUP(name=name, user=press.user_id, chat=press.chat.title, group=press.chat.id)

    await tell_admins(press.query.get_bot(), services, card, lambda: _answers(press, language))
    await press.say(texts.ASKED(), alert=True)
    await press.show_text(texts.DENIED["access_asked"]())


def _answers(press: Press, language: str) -> InlineKeyboardMarkup:
    labels = {"allow": texts.BUTTON_ALLOW, "no": texts.BUTTON_NO, "block": texts.BUTTON_BLOCK}
    if press.chat.type != ChatType.PRIVATE:
        labels = {"allow": texts.BUTTON_ALLOW, "group": texts.BUTTON_ALLOW_GROUP, **labels}
    place = f"{press.user_id}:{press.chat.id}:{language}"
    buttons = [InlineKeyboardButton(text(), callback_data=f"access:{what}:{place}") for what, text in labels.items()]
    return InlineKeyboardMarkup([buttons[start : start + 2] for start in range(0, len(buttons), 2)])


async def _decide(services: Services, press: Press) -> None:
    """Write down what an admin answers, show it on the card, and tell the newcomer."""
    said, user, chat = press.match["answer"], int(press.match["user"]), int(press.match["chat"])
    database, book = services.resources.database, services.resources.money.book
    who = chat if said == "group" else user
    if await read_access(database, book.mark(user)) != ASKED:
        await press.say(texts.SETTLED())
        await press.show_buttons(None)
        return
    await write_access(database, book.mark(user), None if said == "group" else STATES[said])
    if said == "group":
        await write_access(database, book.mark(who), ALLOWED)
    await press.say()
    await press.show_text(texts.DECIDED[said](name=await name_of(press.query.get_bot(), user)))
    if said in texts.TOLD:
        with speaking(press.match["language"]):
            await tell(press.query.get_bot(), chat, texts.TOLD[said]())


async def allow(update: Update, context: Context) -> None:
    """Let a person or a chat use the bot."""
    await _by_hand(update, context, ALLOWED)


async def block(update: Update, context: Context) -> None:
    """Let a person or a chat use the bot no more."""
    await _by_hand(update, context, BLOCKED)


async def _by_hand(update: Update, context: Context, state: str) -> None:
    services, message = services_of(context), update.message
    if message is None or message.chat_id not in services.access.admins:
        if message is not None and message.chat.type == ChatType.PRIVATE:
            await unknown_command(update, context)
        return
    who = _whom(message, " ".join(context.args or []))
    if who is None:
        await answer(message, texts.HIDDEN() if message.reply_to_message else texts.WHOM())
        return
    book = services.resources.money.book
    await write_access(services.resources.database, book.mark(who), state)
    await answer(message, (texts.ALLOWED if state == ALLOWED else texts.BLOCKED)(id=who))


def _whom(message: Message, words: str) -> int | None:
    """Return the id behind the command, or of who wrote the message that it replies to."""
    if re.fullmatch(r"-?\d{1,19}", words):
        return int(words)
    match message.reply_to_message and message.reply_to_message.forward_origin:
        case MessageOriginUser(sender_user=user):
            return user.id
        case MessageOriginChat(sender_chat=chat) | MessageOriginChannel(chat=chat):
            return chat.id
    return None
