"""A press of a button: who pressed what, and where, and how to answer it."""

import re
from collections.abc import Awaitable
from dataclasses import dataclass

import structlog
from telegram import CallbackQuery, Chat, InlineKeyboardMarkup, Message, Update
from telegram.constants import CallbackQueryLimit, ChatType
from telegram.error import TelegramError

from handlers.texts import BUTTON_GONE
from handlers.transport.answering import answer, ask, thread_of
from handlers.transport.rights import RightsUnknown, is_admin
from storage.drafts import DraftKey

log = structlog.get_logger(__name__)

LONGEST_SAID = CallbackQueryLimit.ANSWER_CALLBACK_QUERY_TEXT_LENGTH


@dataclass(frozen=True)
class Press:
    """A press of a button.

    Its toast and the change of its buttons are a courtesy: where Telegram does not take them, the work is done all the
    same, and the log says so.

    Args:
        match: the button's data, as the pattern of its feature reads it.
        chat: where the button stands.
    """

    query: CallbackQuery
    match: re.Match[str]
    chat: Chat

    @property
    def user_id(self) -> int:
        """Who pressed it."""
        return self.query.from_user.id

    @property
    def message(self) -> Message | None:
        """The message that the button belongs to; None where Telegram does not show its content any more."""
        message = self.query.message
        return message if isinstance(message, Message) and message.is_accessible else None

    @property
    def origin(self) -> str:
        """The origin of the render that it begins: the same one however often it is handled."""
        return f"button:{self.query.id}"

    async def is_by(self, asker_id: int) -> bool:
        """Return whether whoever asked for this pressed it; what was asked in the name of a chat, its admins may press.

        A member who posts as a channel presses as a person. Telegram tells a bot who runs a channel only where it is
        in there itself; where it does not tell, any member may press, for nobody could.
        """
        if self.user_id == asker_id:
            return True
        if asker_id == self.chat.id:
            return await self.is_by_admin()
        if asker_id > 0:
            return False
        try:
            return await is_admin(self.query.get_bot(), Chat(asker_id, ChatType.CHANNEL), self.user_id)
        except RightsUnknown:
            return True

    async def is_by_admin(self) -> bool:
        """Return whether somebody pressed it who runs this chat."""
        return await is_admin(self.query.get_bot(), self.chat, self.user_id)

    async def say(self, text: str | None = None, *, alert: bool = False) -> None:
        """Say something at the top of the chat, or in a box to be closed; with no text, only end the waiting."""
        if text is not None and len(text) > LONGEST_SAID:
            text = f"{text[: LONGEST_SAID - 1]}…"
        await self._try(self.query.answer(text, show_alert=alert))

    async def show_buttons(self, buttons: InlineKeyboardMarkup | None) -> None:
        """Put other buttons in the place of these, or none."""
        await self._try(self.query.edit_message_reply_markup(buttons))

    async def show_text(self, text: str, buttons: InlineKeyboardMarkup | None = None) -> None:
        """Put another text in the place of this one, with these buttons or none."""
        await self._try(self.query.edit_message_text(text, reply_markup=buttons))

    async def reply(self, text: str, buttons: InlineKeyboardMarkup | None = None) -> None:
        """Answer in the chat, as a reply to the message with the button."""
        if isinstance(self.query.message, Message):  # also one without its content, as python-telegram-bot reads it
            await answer(self.query.message, text, buttons)

    @property
    def key(self) -> DraftKey:
        """Whose draft it is about: that of who pressed it, where the button stands."""
        message = self.query.message
        return DraftKey(self.chat.id, self.user_id, thread_of(message) if isinstance(message, Message) else 0)

    async def ask(self, text: str, *, words: bool = False) -> Message | None:
        """Ask who pressed it for a message, see `answering.ask`; None where nothing is left to be answered."""
        message = self.query.message
        if not isinstance(message, Message):
            return None
        return await ask(message, text, self.query.from_user, words=words)

    async def _try(self, call: Awaitable[object]) -> None:
        try:
            await call
        except TelegramError as error:
            log.info("Telegram does not take the answer to a press", data=self.query.data, why=str(error))


async def read_press(update: Update, pattern: re.Pattern[str]) -> Press | None:
    """Read the press of a button; of one that is not known any more, say so."""
    query = update.callback_query
    if query is None:
        return None
    match = pattern.fullmatch(query.data or "")
    if match is None or query.message is None:
        try:
            await query.answer(BUTTON_GONE())
        except TelegramError as error:
            log.info("a press could not be answered", why=str(error))
        return None
    return Press(query, match, query.message.chat)
