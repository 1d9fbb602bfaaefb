"""What somebody writes as a reply to a question for a name."""

from telegram import Message, Update
from telegram.ext import filters

from handlers.cast.changing import rename_answered
from handlers.cast.names import clean_name
from handlers.cast.naming import ask_name
from handlers.cast.saving import save_named
from handlers.commands import anything_else
from handlers.context import Context, Services, services_of
from handlers.intake import Unfit
from handlers.sources import is_ours
from handlers.texts import cast as texts
from handlers.texts.language import sentences
from handlers.transport.rights import sender_id
from storage.cast import Whose
from storage.name_questions import NameQuestion, read_name_question


class ReplyToUs(filters.MessageFilter):
    """Replies to what this bot wrote."""

    def filter(self, message: Message) -> bool:
        """Return whether a message is one."""
        return message.reply_to_message is not None and is_ours(message.reply_to_message)


async def on_words(update: Update, context: Context) -> None:
    """Take a name from whoever was asked for it; other words are answered as words are."""
    message = update.effective_message
    if message is None or message.reply_to_message is None or message.text is None:
        return
    services, number = services_of(context), message.reply_to_message.message_id
    question = await read_name_question(services.resources.database, message.chat_id, number)
    if question is not None and sender_id(message) in (question.user_id, message.chat_id):
        await _take(services, message, question)
    elif message.chat.type == message.chat.PRIVATE:
        await anything_else(update, context)


async def _take(services: Services, message: Message, question: NameQuestion) -> None:
    whose = None
    if question.portrait_sha is not None:
        whose = Whose(question.portrait_sha, question.portrait_file, question.portrait_owner_id)
    try:
        name = clean_name(message.text or "")
    except Unfit as unfit:
        text = sentences(unfit.text, texts.ANOTHER())
        await ask_name(services, message, text, question.user_id, key=question.key, of=whose)
        return
    if question.key is not None:
        await rename_answered(services, message, question.key, name)
    elif whose is not None:
        await save_named(services, message, name, whose)
