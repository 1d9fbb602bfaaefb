"""Updates that were in hand when a backup was made: they may have been handled since, and are not handled again."""

from collections.abc import Sequence
from typing import Any

from telegram import Update
from telegram.constants import ChatType
from telegram.ext import Application

from handlers.transport.inbox import read_update
from storage.inbox import Body


class Restored(Exception):
    """What became of an update since the backup, nobody knows."""


async def tell_of_loss(application: Application[Any, Any, Any, Any, Any, Any], bodies: Sequence[Body]) -> None:
    """Tell each person who wrote to the bot alone, once, that an answer may be missing; a group is left in peace."""
    told: set[int] = set()
    for body in bodies:
        update = read_update(application, dict(body))
        chat = update.effective_chat if isinstance(update, Update) else None
        if chat is not None and chat.type == ChatType.PRIVATE and chat.id not in told:
            told.add(chat.id)
            await application.process_error(update, Restored())
