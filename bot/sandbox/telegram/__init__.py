"""A Telegram Bot API server of one's own: people, chats and files in memory, a bot over HTTP."""

from bot.sandbox.telegram.message import Message
from bot.sandbox.telegram.person import Person
from bot.sandbox.telegram.server import TelegramServer

__all__ = ["Message", "Person", "TelegramServer"]
