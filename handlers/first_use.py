"""What becomes of files is told at the first use: once to a person, once in a group."""

import time

from telegram import Message
from telegram.constants import ChatType

from handlers.context import Desk
from handlers.transport.answering import answer
from storage.choices import read_choices, write_choices
from storage.people import read_standing, write_standing


async def tell_of_files(desk: Desk, message: Message) -> None:
    """Say where photos and voices go and for how long, unless it was said here before."""
    read = read_standing if message.chat.type == ChatType.PRIVATE else read_choices
    if (await read(desk.parts.engine, message.chat_id)).told_at is None:
        await answer(message, desk.files_notice())
        await note_told(desk, message)


async def note_told(desk: Desk, message: Message) -> None:
    """Note that it has been said here."""
    write = write_standing if message.chat.type == ChatType.PRIVATE else write_choices
    await write(desk.parts.engine, message.chat_id, told_at=time.time())
