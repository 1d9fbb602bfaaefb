"""A pressed button, and the bot's answer to it."""

from collections.abc import Generator
from dataclasses import dataclass
from typing import Any

from bot.sandbox.telegram.events import Event
from bot.sandbox.telegram.message import Message, User
from bot.sandbox.telegram.world import Query, World


@dataclass(frozen=True)
class PressAnswer:
    """What the client shows after a press: a text at the top, or in a box when `alert`."""

    text: str | None
    alert: bool
    url: str | None


@dataclass(frozen=True)
class Press:
    """A press that waits for its answer: `await alice.presses(card, "Cancel")`."""

    world: World
    query: Query
    since: int

    def __await__(self) -> Generator[Any, None, PressAnswer]:
        return self.answer().__await__()

    async def answer(self, timeout: float = 60.0) -> PressAnswer:  # noqa: ASYNC109
        """The bot's answer; raises AssertionError when none comes in time."""

        def mine(event: Event) -> bool:
            return event.kind == "pressed" and event.data["query"] == self.query.id

        try:
            event = await self.world.log.first(mine, self.since, timeout)
        except TimeoutError:
            raise AssertionError(f"the bot did not answer the press in {timeout:g} s") from None
        said = event.data["answer"]
        return PressAnswer(said["text"], bool(said["show_alert"]), said["url"])


def press(world: World, user: User, message: Message, data: str) -> Press:
    """Tell the bot that somebody pressed a button with this `callback_data` under a message."""
    query = world.new_query()
    body = {
        "id": query.id,
        "from": user.payload(),
        "message": message.chat.messages[message.id].payload(),
        "chat_instance": str(message.chat.id * 31 + 7),
        "data": data,
    }
    since = world.log.last
    world.feed.add("callback_query", body, message.chat.id)
    return Press(world, query, since)
