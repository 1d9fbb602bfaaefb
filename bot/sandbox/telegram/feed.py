"""The updates that wait for the bot, and how it fetches them by long poll."""

import asyncio
from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.telegram.events import Log
from bot.sandbox.telegram.refusal import conflict

# Kinds that a bot is given only when it asks for them by name.
ASKED_FOR = ("chat_member", "message_reaction", "message_reaction_count")


@dataclass
class Webhook:
    """Where updates are posted to, and how it went."""

    url: str
    secret: str | None = field(default=None, repr=False)
    max_connections: int = 40
    last_error: tuple[int, str] | None = None
    certificate: bool = False


@dataclass
class Feed:
    """Updates in order, each kept until it is confirmed.

    Args:
        allowed: kinds that the bot asked for; empty for the usual ones.
    """

    log: Log
    next_id: int = 500_000_001
    waiting: list[dict[str, Any]] = field(default_factory=list)
    allowed: list[str] = field(default_factory=list)
    webhook: Webhook | None = None
    closing: bool = False
    _changed: asyncio.Event = field(default_factory=asyncio.Event)
    _poll: int = 0
    _again: set[int] = field(default_factory=set)

    def add(self, kind: str, body: dict[str, Any], chat_id: int | None) -> dict[str, Any] | None:
        """Queue an update; None when the bot did not ask for this kind."""
        if kind not in self.allowed if self.allowed else kind in ASKED_FOR:
            return None
        update = {"update_id": self.next_id, kind: body}
        self.next_id += 1
        self.push(update, chat_id)
        return update

    def push(self, update: dict[str, Any], chat_id: int | None = None) -> None:
        """Queue an update as it is, also one that was delivered before."""
        self.waiting.append(update)
        self.log.add("update", chat_id, update=update)
        self.wake()

    def push_again(self, update: dict[str, Any]) -> None:
        """Queue an update that was confirmed already: it is given out once more, whatever the offset."""
        copied = dict(update)
        self._again.add(id(copied))
        self.push(copied)

    def done(self, update: dict[str, Any]) -> None:
        """Forget an update that has been taken."""
        self.waiting = [one for one in self.waiting if one is not update]
        self._again.discard(id(update))

    def wake(self) -> None:
        """Let all who wait look again."""
        self._changed.set()
        self._changed = asyncio.Event()

    def changed(self) -> asyncio.Event:
        """Set at the next change."""
        return self._changed

    async def poll(self, offset: int, limit: int, timeout: float) -> list[dict[str, Any]]:  # noqa: ASYNC109
        """The next updates; waits for one. An offset confirms all before it; a negative one keeps only the last ones.

        Raises:
            Refusal: a webhook is set, or somebody else began to poll.
        """
        if self.webhook is not None:
            raise conflict(
                "can't use getUpdates method while webhook is active; use deleteWebhook to delete the webhook first"
            )
        self._poll += 1
        mine = self._poll
        self.wake()
        if offset < 0:
            self.waiting = self.waiting[offset:]
        elif offset > 0:
            self.waiting = [one for one in self.waiting if one["update_id"] >= offset or id(one) in self._again]
        deadline = asyncio.get_running_loop().time() + min(max(timeout, 0), 50)
        while not self.waiting and not self.closing:
            left = deadline - asyncio.get_running_loop().time()
            if left <= 0:
                break
            try:
                await asyncio.wait_for(self._changed.wait(), left)
            except TimeoutError:
                break
            if mine != self._poll:
                raise conflict(
                    "terminated by other getUpdates request; make sure that only one bot instance is running"
                )
            if self.webhook is not None:
                raise conflict("terminated by setWebhook request")
        given = self.waiting[:limit]
        self._again -= {id(update) for update in given}
        return given
