"""The commands, and a helpful line for everything that is neither a command nor a photo nor a voice."""

from telegram import Update

from handlers import texts
from handlers.cancelling import cancel_render
from handlers.collecting import take_message
from handlers.context import Context, services_of
from handlers.texts.language import sentences
from handlers.transport.answering import answer, key_of
from storage.drafts import delete_draft, drop_voice, read_draft
from storage.duets import drop_waiting_duet
from storage.renders import open_renders


async def help_(update: Update, _: Context) -> None:
    """Say how to use it."""
    if update.effective_message is not None:
        await answer(update.effective_message, texts.HELP())


async def new(update: Update, context: Context) -> None:
    """Forget what the person has sent so far."""
    message = update.effective_message
    if message is not None:
        database, key = services_of(context).resources.database, key_of(message)
        await delete_draft(database, key)
        await drop_waiting_duet(database, key)
        await answer(message, texts.NEW_STARTED())


async def status(update: Update, context: Context) -> None:
    """Say what is in the works, and what is missing for more."""
    message = update.effective_message
    if message is None:
        return
    services, key = services_of(context), key_of(message)
    renders = await open_renders(services.resources.database, key.chat_id, key.user_id)
    lines = [texts.STATUS_WORK(), *[f"– {await services.cards.describe(render)}" for render in renders]]
    draft = await read_draft(services.resources.database, key)
    if draft.portrait_sha:
        missing = texts.STATUS_PHOTO()
    elif draft.voice_sha:
        missing = texts.STATUS_VOICE()
    else:
        missing = texts.STATUS_NEITHER()
    await answer(message, "\n".join([*(lines if renders else [texts.STATUS_IDLE()]), missing]))


async def cancel(update: Update, context: Context) -> None:
    """Stop the person's renders here; if there are none, forget their voice or their duet. The photo stays."""
    message = update.effective_message
    if message is None:
        return
    services, key = services_of(context), key_of(message)
    renders = await open_renders(services.resources.database, key.chat_id, key.user_id)
    if renders:
        try:
            await answer(message, texts.CANCELLING())  # before a card says that it has stopped
        finally:
            for render in renders:
                await cancel_render(services, render)
        return
    database = services.resources.database
    draft = await read_draft(database, key)
    if await drop_waiting_duet(database, key):
        text = texts.DUET_DROPPED()
    elif draft.voice_sha is not None:
        await drop_voice(database, key, draft.voice_sha)
        text = texts.VOICE_DROPPED()
    else:
        text = texts.NOTHING_TO_CANCEL()
    await answer(message, sentences(text, (texts.STATUS_PHOTO if draft.portrait_sha else texts.STATUS_NEITHER)()))


async def unknown_command(update: Update, _: Context) -> None:
    """Point to the commands that there are."""
    if update.effective_message is not None:
        await answer(update.effective_message, texts.UNKNOWN_COMMAND())


async def anything_else(update: Update, context: Context) -> None:
    """Say what would be useful now."""
    message = update.effective_message
    if message is None:
        return
    draft = await read_draft(services_of(context).resources.database, key_of(message))
    if not message.text:
        named = next((text for what, text in texts.NO_USE_OF.items() if getattr(message, what)), texts.NO_USE)
        await answer(message, named())
    elif draft.portrait_sha:
        await answer(message, texts.TEXT_WITH_PHOTO())
    else:
        await answer(message, texts.TEXT_WITH_VOICE() if draft.voice_sha else texts.SEND_PHOTO_OR_VOICE())


async def talk(update: Update, context: Context) -> None:
    """Take the photo or the voice with the command or that it replies to; without either, ask for them."""
    if update.effective_message is not None:
        await take_message(services_of(context), update.effective_message)
