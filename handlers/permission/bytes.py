"""What a file's own bytes say: that somebody refused it, or something that looks like it, under another name."""

from telegram import Message

from bot.gates.denial import Denial
from bot.gates.permission import Use, check_permission
from handlers.context import Services
from handlers.permission.asking import ask_about_look
from handlers.permission.looks import look_of
from handlers.permission.wish import wish_of_message
from handlers.sources import Source
from handlers.texts import consent as texts
from handlers.transport.answering import answer
from storage.objects import Object
from storage.refusals import has_likenesses
from storage.situation import Situation


async def may_use_bytes(
    services: Services, situation: Situation, source: Source, message: Message, kept: Object
) -> bool:
    """Return whether a file may be used that was fetched, before it goes to a service; tell those who may not."""
    resources = services.resources
    use = Use("voice" if kept.kind == "voice" else "photo", source.file.unique_id, source.owner_id, kept.sha)
    async with resources.database.connect() as connection:
        denied = (await check_permission(connection, resources.keyed, situation.key, False, [use])).get(use)
    if denied is not None:
        await answer(message, (texts.OPTED_OUT if denied is Denial.OPTED_OUT else texts.SAID_NO)[use.kind]())
        return False
    if use.kind == "voice" or not await has_likenesses(resources.database):
        return True
    async with resources.objects.reading(kept) as path:
        likeness = await look_of(path)
    return likeness is None or await ask_about_look(services, wish_of_message(message), use, likeness)
