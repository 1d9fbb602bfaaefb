"""Slots: how many renders may be at the service at once, and who has left theirs while the account is shut."""

import asyncio
from collections.abc import Callable

from storage.renders import Render


class Slots:
    """So many slots, one for each chat; who stands aside comes back in turn, before anybody new.

    Args:
        at_once: how many there are.
        wake: lets a render by its id look again whether it can come back.
    """

    def __init__(self, at_once: int = 1, wake: Callable[[str], None] = lambda _: None) -> None:
        self.changed = asyncio.Event()
        """Set when somebody new may have a slot."""
        self._at_once = at_once
        self._wake = wake
        self._held: dict[str, int] = {}
        """Ids of the renders that have a slot, and their chats; an earlier video that is sent again needs none."""
        self._aside: dict[str, int] = {}
        self._returning: dict[str, int] = {}
        """Those aside that want their slot back, in turn."""

    @property
    def chats(self) -> set[int]:
        """That have a render in a slot."""
        return set(self._held.values())

    @property
    def has_room(self) -> bool:
        """Whether somebody new may have a slot."""
        return len(self._held) < self._at_once and self._next() is None

    def take(self, render: Render) -> None:
        """Give a slot to a render; to one that has work at the service after a restart, whatever the number."""
        self._held[render.id] = render.chat_id

    def set_aside(self, render: Render) -> None:
        """Note that a render must come back to a slot before it goes on."""
        self._aside[render.id] = render.chat_id

    def step_aside(self, render: Render) -> None:
        """Let others have the slot of a render that can do nothing at the service; without one, nothing happens."""
        if self._held.pop(render.id, None) is not None:
            self.set_aside(render)
            self._pass_on()

    def come_back(self, render: Render) -> bool:
        """Whether a render is not aside, or not any more; else it is woken when it may be its turn."""
        if render.id not in self._aside:
            return True
        if len(self._held) >= self._at_once or render.chat_id in self.chats:
            self._returning[render.id] = render.chat_id
            return False
        del self._aside[render.id]
        self._returning.pop(render.id, None)
        self.take(render)
        self._pass_on()
        return True

    def free(self, render_id: str) -> None:
        """Forget a render, and let another one have its slot, if it still has one."""
        aside = self._aside.pop(render_id, None)
        self._returning.pop(render_id, None)
        if self._held.pop(render_id, None) is not None or aside is not None:
            self._pass_on()

    def _next(self) -> str | None:
        chats = self.chats
        return next((render_id for render_id, chat in self._returning.items() if chat not in chats), None)

    def _pass_on(self) -> None:
        if len(self._held) >= self._at_once:
            return
        returning = self._next()
        if returning is None:
            self.changed.set()
        else:
            self._wake(returning)
