"""Which handler answers which update, and what happens when one breaks."""

from typing import Any

import structlog
from telegram import ChatMember, Message, Update
from telegram.constants import ChatType
from telegram.error import Forbidden, TelegramError
from telegram.ext import (
    Application,
    BusinessConnectionHandler,
    CallbackQueryHandler,
    ChatMemberHandler,
    CommandHandler,
    MessageHandler,
    filters,
)

from bot.render.audience import ChatGone, MaybeSent, SendForbidden
from handlers import (
    business,
    buttons,
    captions,
    collecting,
    commands,
    data,
    editing,
    history,
    migration,
    settings,
    texts,
    usage,
)
from handlers.admin import access, broadcast, panel, trace
from handlers.cast import answers as names_answered
from handlers.cast import changing, choosing, saving, speaking
from handlers.context import Context, Services, put_services, services_of
from handlers.duet import choosing as duet_choosing
from handlers.duet import parts as duet
from handlers.permission import answers, report
from handlers.sources import is_to_us, source_of
from handlers.start import welcome
from handlers.texts.restored import LOST
from handlers.transport import answering
from handlers.transport.files import Unreachable
from handlers.transport.presence import is_gone
from handlers.transport.privately import tell_privately
from handlers.transport.restored import Restored
from handlers.transport.rights import RightsUnknown
from handlers.transport.sending import passes
from storage.chats import settle_chat
from storage.store import StorageFull, StoreAway

log = structlog.get_logger(__name__)

PRIVATE = filters.ChatType.PRIVATE


class Media(filters.MessageFilter):
    """What a portrait or a voice may be made of."""

    def filter(self, message: Message) -> bool:
        """Return whether the message is."""
        return source_of(message) is not None


SENT = (
    "text",
    "rich_message",
    "animation",
    "document",
    "paid_media",
    "sticker",
    "story",
    "checklist",
    "contact",
    "dice",
    "game",
    "poll",
    "venue",
    "location",
    "invoice",
)
"""Fields of a message that hold what a person has sent, beside photos and sounds."""


class ToUs(filters.MessageFilter):
    """What is for this bot."""

    def filter(self, message: Message) -> bool:
        """Return whether the message is."""
        return is_to_us(message)


class SentByPerson(filters.MessageFilter):
    """What a person sends, by its own field; everything else, of today or tomorrow, is a service message."""

    def filter(self, message: Message) -> bool:
        """Whether the message is one."""
        return any(getattr(message, name, None) or name in message.api_kwargs for name in SENT)


FOR_ADMINS = {
    "allow": access.allow,
    "block": access.block,
    "admin": panel.show,
    "who": panel.who,
    "trace": trace.show,
    "broadcast": broadcast.begin,
}


BUTTONS = {
    "settings": settings.on_button,
    "business": business.on_button,
    "duet": duet.on_button,
    "pair": duet_choosing.on_choice,
    "face:speak": speaking.on_button,
    "cast": changing.on_button,
    "forget": data.on_button,
    "consent": answers.on_button,
    "access": access.on_button,
    "report": report.on_button,
    "admin": panel.on_button,
    "broadcast": broadcast.on_button,
}
"""How the data of the buttons of each feature begin; all others are those of a render."""


def register(application: Application[Any, Any, Any, Any, Any, Any], services: Services) -> None:
    """Hand the updates of an application to the handlers."""
    put_services(application, services)
    known = {
        "start": welcome.start,
        "help": commands.help_,
        "new": commands.new,
        "status": commands.status,
        "cancel": commands.cancel,
        "talk": commands.talk,
        "settings": settings.show,
        "history": history.show,
        "privacy": data.privacy,
        "forget": data.ask_to_forget,
        "optout": answers.optout,
        "optin": answers.optin,
        "report": report.report,
        "save": saving.save,
        "as": choosing.as_,
        "duet": duet_choosing.begin,
        "cast": choosing.show,
        "rename": changing.rename,
        "remove": changing.remove,
        "usage": usage.show,
        **FOR_ADMINS,
    }
    application.add_handler(BusinessConnectionHandler(business.on_connection))
    # First: a customer reads only what the agent approved.
    application.add_handler(MessageHandler(filters.UpdateType.BUSINESS_MESSAGES, business.on_message))
    application.add_handler(MessageHandler(filters.UpdateType.EDITED_MESSAGE, editing.on_edit))
    application.add_handler(MessageHandler(captions.CaptionCommand(), captions.on_caption))
    for name, handler in known.items():
        application.add_handler(CommandHandler(name, handler))
    for beginning, on_press in BUTTONS.items():
        application.add_handler(CallbackQueryHandler(on_press, pattern=rf"^{beginning}:"))
    application.add_handler(CallbackQueryHandler(buttons.on_button))
    application.add_handler(MessageHandler(filters.StatusUpdate.MIGRATE, migration.on_migration))
    application.add_handler(ChatMemberHandler(on_membership, ChatMemberHandler.MY_CHAT_MEMBER))
    application.add_handler(MessageHandler(Media() & ToUs(), collecting.on_media))
    application.add_handler(MessageHandler(PRIVATE & filters.COMMAND, commands.unknown_command))
    words = filters.TEXT & ~filters.COMMAND & names_answered.ReplyToUs()
    application.add_handler(MessageHandler(words, names_answered.on_words))
    application.add_handler(MessageHandler(PRIVATE & SentByPerson(), commands.anything_else))
    application.add_error_handler(on_error)


async def on_membership(update: Update, context: Context) -> None:
    """Delete what belongs to a chat that blocked or removed the bot."""
    change = update.my_chat_member
    if change is not None and change.new_chat_member.status in (ChatMember.BANNED, ChatMember.LEFT):
        resources = services_of(context).resources
        if not await is_gone(context.bot, change.chat.id):
            log.info("a chat is said to have let the bot go, and has not, or has taken it back")
            return
        removed = await settle_chat(resources.database, resources.objects, change.chat.id)
        log.info("a chat let the bot go", files_removed=removed, private=change.chat.type == ChatType.PRIVATE)


async def on_error(update: object, context: Context) -> None:
    """Log what broke, and tell the person."""
    error = context.error
    if isinstance(error, ChatGone | Forbidden):
        log.info("nobody is there to be answered any more")
        return
    if isinstance(error, SendForbidden):
        log.info("a chat takes no words", why=str(error))
        if isinstance(update, Update) and update.effective_chat is not None and update.effective_user is not None:
            await tell_privately(context.bot, update.effective_user.id, update.effective_chat.id, error.barrier)
        return
    if isinstance(error, MaybeSent):
        log.warning("Telegram did not say whether an answer arrived", why=str(error))
        return
    if isinstance(error, Unreachable):
        log.warning("Telegram did not hand a file over", why=str(error))
        text = texts.FILE_UNREACHABLE()
    elif isinstance(error, StoreAway):
        log.error("files cannot be reached", why=str(error))
        text = texts.FILES_AWAY()
    elif isinstance(error, StorageFull):
        log.error("no room for another file", why=str(error))
        text = texts.NO_ROOM()
    elif isinstance(error, Restored):
        text = LOST()
    elif isinstance(error, RightsUnknown):
        log.warning("Telegram does not tell who runs a chat", why=str(error))
        text = texts.RIGHTS_UNKNOWN()
    elif isinstance(error, TelegramError) and passes(error):
        log.warning("Telegram did not take an answer", why=str(error))
        text = texts.TELEGRAM_TROUBLE()
    else:
        log.error("a handler broke", exc_info=error)
        text = texts.WENT_WRONG()
    # Never tell a customer of a business account: they read only what the agent approved.
    if isinstance(update, Update) and update.effective_message is not None and update.business_message is None:
        try:
            await answering.answer(update.effective_message, text)
        except Exception as failure:
            log.warning("the person could not be told", why=str(failure))
