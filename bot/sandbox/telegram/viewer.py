"""What a person sees of their chats with the bot, waited for: `await alice.sees_video()`."""

import re
from collections.abc import Callable
from typing import Any

from bot.sandbox.telegram.business import Dialogue
from bot.sandbox.telegram.events import Event
from bot.sandbox.telegram.group import Group
from bot.sandbox.telegram.message import Chat, Message
from bot.sandbox.telegram.transcript import write_transcript
from bot.sandbox.telegram.world import World

What = str | Callable[[Message], bool]


class Viewer:
    """Somebody who looks at chats; what was seen once is not seen again."""

    def __init__(self, world: World, chat: Chat) -> None:
        if chat.person is None:
            raise ValueError("a person has a private chat")
        self.world = world
        self.chat = chat
        self.user = chat.person
        self._seen: dict[int, int] = {}

    def __repr__(self) -> str:
        return f"{type(self).__name__}({self.user.first_name})"

    async def sees(self, what: What, *, chat: Group | Dialogue | None = None, timeout: float = 60.0) -> Message:  # noqa: ASYNC109
        """Wait for something that the bot sends or edits, after what was seen last in this chat.

        Args:
            what: a regular expression to find in the text or caption, or a function of the message.
            chat: a group; the private chat when not given.
            timeout: seconds.

        Returns:
            the message as it was when it fitted.

        Raises:
            AssertionError: it did not come; the text shows the chat.
        """
        fits = what if callable(what) else says(what)
        place = (chat or self).chat

        def right(event: Event) -> bool:
            return event.message is not None and self._is_said(event, place) and bool(fits(event.message))

        event = await self._wait(right, place, timeout, what)
        if event.message is None:
            raise AssertionError("an event of a message has the message")
        return event.message

    async def sees_video(self, *, chat: Group | Dialogue | None = None, timeout: float = 90.0) -> Message:  # noqa: ASYNC109
        """Wait for a video of the bot."""
        return await self.sees(is_video, chat=chat, timeout=timeout)

    async def sees_action(self, action: str, *, chat: Group | Dialogue | None = None, timeout: float = 60.0) -> None:  # noqa: ASYNC109
        """Wait for "typing", "record_video" … of the bot."""
        place = (chat or self).chat
        await self._wait(
            lambda event: event.kind == "action" and event.chat_id == place.id and event.data["action"] == action,
            place,
            timeout,
            action,
        )

    async def sees_nothing(self, *, chat: Group | Dialogue | None = None, seconds: float = 0.3) -> None:
        """Look for a while; raises AssertionError if the bot sends or edits anything in this chat."""
        place = (chat or self).chat
        try:
            await self._wait(lambda event: self._is_said(event, place), place, seconds, "anything")
        except AssertionError:
            return
        raise AssertionError(f"{self.user.first_name} was to see nothing\n{self._transcript(place)}")

    async def sees_gone(self, message: Message, *, timeout: float = 60.0) -> None:  # noqa: ASYNC109
        """Wait until a message is deleted."""
        if message.id in message.chat.messages:
            await self._wait(
                lambda event: event.kind == "deleted" and event.message is not None and event.message.id == message.id,
                message.chat,
                timeout,
                f"#{message.id} deleted",
            )

    async def _wait(self, fits: Callable[[Event], bool], place: Chat, timeout: float, what: Any) -> Event:  # noqa: ASYNC109
        try:
            event = await self.world.log.first(fits, self._seen.get(place.id, 0), timeout)
        except TimeoutError:
            wanted = getattr(what, "__name__", what)
            raise AssertionError(
                f"{self.user.first_name} did not see {wanted!r} in {timeout:g} s\n{self._transcript(place)}"
            ) from None
        self._seen[place.id] = event.number
        return event

    def _is_said(self, event: Event, place: Chat) -> bool:
        """Whether the bot has just sent or edited something there."""
        message = event.message
        if event.chat_id != place.id or event.kind not in ("new", "edited") or message is None:
            return False
        return message.sender.id == self.world.bot.id

    def _transcript(self, chat: Chat) -> str:
        return write_transcript(self.world, chat)


def says(pattern: str) -> Callable[[Message], bool]:
    """Whether a pattern is found in a message's text or caption."""
    search = re.compile(pattern, re.DOTALL).search
    return lambda message: search(message.text) is not None


def is_video(message: Message) -> bool:
    """Whether there is a video in it."""
    return message.media == "video"
