"""Answering a message: where, to whom, and what is asked back."""

from typing import Any

import structlog
from telegram import ForceReply, InlineKeyboardMarkup, Message, MessageEntity, User
from telegram.constants import ChatType, MessageLimit
from telegram.error import TelegramError

from bot.render.audience import MaybeSent, SendForbidden
from handlers.texts.language import isolated
from handlers.transport.rights import sender_id
from handlers.transport.sending import until_sent
from storage.drafts import DraftKey

log = structlog.get_logger(__name__)


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


async def answer_with_picture(
    message: Message,
    picture: bytes | None,
    text: str,
    buttons: InlineKeyboardMarkup | None = None,
    without: str | None = None,
) -> Message:
    """Answer with a picture above the words; with the words alone where there is none, or the chat takes none.

    Words that are too long for a caption come behind the picture.

    Args:
        without: said before the words where the chat takes no pictures.
    """
    fits = _length(text) <= MessageLimit.CAPTION_LENGTH
    said: dict[str, Any] = {"caption": text, "reply_markup": buttons} if fits else {}
    if picture is not None:
        try:
            sent = await until_sent(
                lambda: message.reply_photo(
                    picture, do_quote=quotes(message), allow_sending_without_reply=True, **said
                ),
                longest=60,
            )
        except (SendForbidden, MaybeSent, TelegramError) as error:
            log.info("a picture did not go out, only its words", why=str(error))
            if without is not None and isinstance(error, SendForbidden):
                text = f"{without}\n{text}"
        else:
            if fits:
                return sent
    return await answer(message, text, buttons)


def quotes(message: Message) -> bool:
    """Return whether an answer quotes what it answers: in a group, and where it is about one file of several."""
    return message.chat.type != ChatType.PRIVATE or message.effective_attachment is not None


async def ask(message: Message, text: str, person: User | None = None, *, words: bool = False) -> Message:
    """Answer with a question for a photo or a voice; in a group, where only replies reach the bot, ask for a reply.

    Args:
        person: who is asked, where they wrote nothing that can be answered: in a group they are called by name.
        words: the answer is a word, which in a private chat must be a reply, too, so that it is known as one.
    """
    is_private = message.chat.type == ChatType.PRIVATE
    if is_private and not words:
        return await answer(message, text)
    called = [] if person is None or is_private else [_call(person)]
    said = f"{isolated(person.first_name)}: {text}" if person is not None and called else text
    reply = ForceReply(selective=not is_private)  # a client that is alone with us need not find out whom it is for
    quoted = {"do_quote": True, "allow_sending_without_reply": True}
    return await until_sent(
        lambda: message.reply_text(said, entities=called or None, reply_markup=reply, **quoted),  # type: ignore[arg-type]
        longest=60,
        may_repeat=True,
    )


def _call(person: User) -> MessageEntity:
    """Return what makes the name of a person, at the beginning of a text, call them."""
    length = _length(person.first_name)
    before = isolated(person.first_name).index(person.first_name)
    return MessageEntity(MessageEntity.TEXT_MENTION, before, length, user=person)


def _length(text: str) -> int:
    """Return how long a text is, as Telegram counts: in units of UTF-16."""
    return len(text.encode("utf-16-le")) // 2


def thread_of(message: Message) -> int:
    """Return the topic of a message; 0 outside topics, below zero for a person's who writes to a channel."""
    if message.direct_messages_topic is not None:
        return -message.direct_messages_topic.topic_id
    return (message.message_thread_id if message.is_topic_message else None) or 0


def key_of(message: Message) -> DraftKey:
    """Whose draft a message belongs to."""
    return DraftKey(message.chat_id, sender_id(message), thread_of(message))
