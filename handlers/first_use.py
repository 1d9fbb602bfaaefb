"""Say at the first use what becomes of files: once to a person, once in a group."""

from telegram import Message
from telegram.constants import ChatType

from handlers.context import Services
from handlers.transport.answering import answer
from storage.choices import write_choices
from storage.clock import unix_now
from storage.people import write_preferences
from storage.situation import Situation


async def tell_of_files(services: Services, situation: Situation, message: Message) -> None:
    """Say where photos and voices go and for how long, unless it was said here before."""
    told_at = situation.person.told_at if situation.key.is_private else situation.choices.told_at
    if told_at is None:
        await answer(message, services.files_notice())
        await note_told(services, message)


async def note_told(services: Services, message: Message) -> None:
    """Note that it has been said here."""
    write = write_preferences if message.chat.type == ChatType.PRIVATE else write_choices
    await write(services.resources.database, message.chat_id, told_at=unix_now())
