"""What becomes of files is told at the first use: once to a person, once in a group."""

import time

from telegram import Message
from telegram.constants import ChatType

from handlers.context import Services
from handlers.transport.answering import answer
from storage.choices import read_choices, write_choices
from storage.people import read_preferences, write_preferences


async def tell_of_files(services: Services, message: Message) -> None:
    """Say where photos and voices go and for how long, unless it was said here before."""
    read = read_preferences if message.chat.type == ChatType.PRIVATE else read_choices
    if (await read(services.parts.database, message.chat_id)).told_at is None:
        await answer(message, services.files_notice())
        await note_told(services, message)


async def note_told(services: Services, message: Message) -> None:
    """Note that it has been said here."""
    write = write_preferences if message.chat.type == ChatType.PRIVATE else write_choices
    await write(services.parts.database, message.chat_id, told_at=time.time())
