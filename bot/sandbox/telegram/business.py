"""Business accounts: a person lets the bot read and answer in the chats of their own account."""

import itertools
import secrets
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from typing import Any

from bot.sandbox.telegram.call import Call
from bot.sandbox.telegram.message import Chat, Connection, Member
from bot.sandbox.telegram.participant import Participant
from bot.sandbox.telegram.refusal import bad_request
from bot.sandbox.telegram.world import World

Handler = Callable[[World, Call], Awaitable[Any]]
_numbers = itertools.count(8_000_000_001)


@dataclass(frozen=True)
class Dialogue:
    """The chat of a business account with one customer: `customer.sends("hello", chat=dialogue)`."""

    chat: Chat


class Business:
    """An account that the bot is connected to; made by `TelegramServer.business`."""

    def __init__(self, world: World, owner: Participant) -> None:
        self._world = world
        self._owner = owner
        self.connection = Connection(secrets.token_urlsafe(12), owner.user, owner.chat.id)
        world.connections[self.connection.id] = self.connection
        owner.chat.started = True  # the bot may write to whoever connected it
        self._tell()

    def dialogue(self, customer: Participant) -> Dialogue:
        """The chat with this customer, begun if it has not been."""
        dialogues, user = self.connection.dialogues, customer.user
        if user.id not in dialogues:
            members = {one.id: Member(one) for one in (user, self._owner.user, self._world.bot)}
            dialogues[user.id] = Chat(
                next(_numbers),
                "private",
                user.first_name,
                person=user,
                members=members,
                started=True,
                connection=self.connection,
            )
        return Dialogue(dialogues[user.id])

    def ends(self) -> None:
        """Disconnect the bot."""
        self.connection.enabled = False
        self._tell()

    def _tell(self) -> None:
        self._world.feed.add("business_connection", self.connection.payload(), self.connection.owner_chat_id)


async def get_connection(world: World, call: Call) -> Any:
    """GetBusinessConnection."""
    found = world.connections.get(call.get("business_connection_id"))
    if found is None:
        raise bad_request("business connection not found")
    return found.payload()


METHODS: dict[str, Handler] = {"getBusinessConnection": get_connection}
