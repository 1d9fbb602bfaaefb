"""Answering a message: where, to whom, and what is asked back."""

from telegram import ForceReply, InlineKeyboardMarkup, Message
from telegram.constants import ChatType

from handlers.transport.rights import sender_id
from handlers.transport.sending import until_sent
from storage.drafts import DraftKey


async def answer(
    message: Message, text: str, buttons: InlineKeyboardMarkup | None = None, to: Message | None = None
) -> Message:
    """Reply to a message, or to another one of its chat and topic, also when it has been deleted meanwhile."""
    return await until_sent(
        lambda: (to or message).reply_text(text, reply_markup=buttons, do_quote=True, allow_sending_without_reply=True),
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
    thread = message.message_thread_id if message.is_topic_message else None
    if message.direct_messages_topic is not None:
        thread = -message.direct_messages_topic.topic_id  # a person's, who writes to a channel
    return DraftKey(message.chat_id, sender_id(message), thread or 0)
