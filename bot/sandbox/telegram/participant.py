"""Whoever has an account, as far as groups and business accounts know them."""

from typing import Protocol

from bot.sandbox.telegram.message import Chat, User


class Participant(Protocol):
    """Somebody with an account and a private chat with the bot, such as a `Person`."""

    @property
    def user(self) -> User:
        """The account."""

    @property
    def chat(self) -> Chat:
        """The private chat with the bot."""
