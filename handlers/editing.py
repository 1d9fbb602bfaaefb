"""A photo or a caption that is edited within a minute of being sent counts as sent anew, until a video is ordered."""

from datetime import timedelta

from telegram import Message, Update

from handlers.captions import command_in, on_caption
from handlers.collecting import origin_of, take_message
from handlers.context import Context, services_of
from handlers.sources import is_to_us, source_of
from handlers.transport.answering import key_of
from storage.situation import Situation

FRESH = timedelta(minutes=1)


async def on_edit(update: Update, context: Context) -> None:
    """Take an edited message again within a minute; ignore all other edits."""
    message = update.edited_message
    if message is None or source_of(message) is None or not _is_fresh(message):
        return
    services = services_of(context)
    if _is_ordered(await services.situation(key_of(message), origin_of(message)), message):
        return
    if command_in(message) is not None:
        await on_caption(update, context)
    elif is_to_us(message):
        await take_message(services, message)


def _is_fresh(message: Message) -> bool:
    return message.edit_date is not None and message.edit_date - message.date <= FRESH


def _is_ordered(situation: Situation, message: Message) -> bool:
    """Return whether a render has been begun by the message, or with its photo."""
    draft = situation.draft
    return situation.begun is not None or (draft.portrait_used and draft.portrait_message_id == message.message_id)
