"""Answering a message: where, to whom, and what is asked back."""

from telegram import ForceReply, InlineKeyboardMarkup, Message
from telegram.constants import ChatType

from handlers.transport.rights import sender_id
from handlers.transport.sending import until_sent
from storage.drafts import DraftKey


async def answer(
    message: Message, text: str, buttons: InlineKeyboardMarkup | None = None, to: Message | None = None
) -> Message:
    """Answer a message, or another one of its chat and topic, also when it has been deleted meanwhile."""
    answered, quote = to or message, to is not None or quotes(message)
    return await until_sent(
        lambda: answered.reply_text(text, reply_markup=buttons, do_quote=quote, allow_sending_without_reply=True),
        longest=60,
        may_repeat=True,
    )


def quotes(message: Message) -> bool:
    """Return whether an answer quotes what it answers: in a group, and where it is about one file of several."""
    return message.chat.type != ChatType.PRIVATE or message.effective_attachment is not None


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
    thread = message.message_thread_id if message.is_topic_message else None
    if message.direct_messages_topic is not None:
        thread = -message.direct_messages_topic.topic_id  # a person's, who writes to a channel
    return DraftKey(message.chat_id, sender_id(message), thread or 0)
