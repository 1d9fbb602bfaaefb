"""Commands in captions: `/talk`, `/save NAME` or `/as NAME` below a photo or a voice."""

from telegram import Message, MessageEntity, Update
from telegram.ext import filters

from handlers import commands
from handlers.cast import choosing, saving
from handlers.context import Context

CAPTIONED = {"talk": commands.talk, "save": saving.save, "as": choosing.as_}


class CaptionCommand(filters.MessageFilter):
    """Captions that begin with one of these commands to this bot."""

    def filter(self, message: Message) -> bool:
        """Return whether a message has such a caption."""
        return command_in(message) is not None


def command_in(message: Message) -> str | None:
    """Return the name of the command to this bot that a caption begins with, if it is one of these."""
    first = next(iter(message.caption_entities), None)
    if first is None or first.type != MessageEntity.BOT_COMMAND or first.offset != 0 or message.caption is None:
        return None
    name, _, bot = message.caption[1 : first.length].lower().partition("@")
    to_us = not bot or bot == message.get_bot().username.lower()
    return name if to_us and name in CAPTIONED else None


async def on_caption(update: Update, context: Context) -> None:
    """Carry out the command of a caption with the file above it."""
    message = update.effective_message
    if message is None or message.caption is None or (name := command_in(message)) is None:
        return
    context.args = message.caption.split()[1:]
    await CAPTIONED[name](update, context)
