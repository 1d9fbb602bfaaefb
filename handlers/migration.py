"""A group that becomes a supergroup gets another id: move everything that is kept of it."""

from telegram import Update

from handlers.context import Context, services_of
from storage.chats import move_chat


async def on_migration(update: Update, context: Context) -> None:
    """Move a chat's rows at whichever of the two service messages comes first."""
    message = update.message
    if message is None:
        return
    resources = services_of(context).resources
    database, book = resources.database, resources.money.book
    if message.migrate_to_chat_id is not None:
        await move_chat(database, book, message.chat_id, message.migrate_to_chat_id)
    elif message.migrate_from_chat_id is not None:
        await move_chat(database, book, message.migrate_from_chat_id, message.chat_id)
