"""Answering a message: where, to whom, and what is asked back."""

from telegram import ForceReply, InlineKeyboardMarkup, Message
from telegram.constants import ChatType

from handlers.sending import until_sent
from storage.drafts import DraftKey


async def answer(message: Message, text: str, buttons: InlineKeyboardMarkup | None = None) -> Message:
    """Reply to a message, also when it has been deleted meanwhile."""
    return await until_sent(
        lambda: message.reply_text(text, reply_markup=buttons, do_quote=True, allow_sending_without_reply=True),
        longest=60,
        may_repeat=True,
    )


async def ask(message: Message, text: str) -> Message:
    """Answer with a question for a photo or a voice; in a group, where only replies reach the bot, ask for a reply."""
    if message.chat.type == ChatType.PRIVATE:
        return await answer(message, text)
    reply = ForceReply(selective=True)
    return await until_sent(
        lambda: message.reply_text(text, reply_markup=reply, do_quote=True, allow_sending_without_reply=True),
        longest=60,
        may_repeat=True,
    )


def key_of(message: Message) -> DraftKey:
    """Whose draft a message belongs to."""
    person = message.from_user
    thread = message.message_thread_id if message.is_topic_message else None
    return DraftKey(message.chat_id, person.id if person else 0, thread or 0)
