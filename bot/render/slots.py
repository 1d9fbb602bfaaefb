"""Slots: how many renders may be at the service at once, and who has left theirs while the account is shut."""

import asyncio
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass

from bot.render.accounts import Account, Accounts
from storage.renders import Render


@dataclass(frozen=True)
class Held:
    """A slot: whose chat has it, and of which account it is."""

    chat_id: int
    account: str


class Slots:
    """So many slots of each account, one for each chat; who stands aside comes back in turn, before anybody new.

    Args:
        at_once: how many each account has.
        wake: lets a render by its id look again whether it can come back.
    """

    def __init__(self, accounts: Accounts, at_once: int = 1, wake: Callable[[str], None] = lambda _: None) -> None:
        self.changed = asyncio.Event()
        """Set when somebody new may have a slot."""
        self._accounts = accounts
        self._at_once = at_once
        self._wake = wake
        self._held: dict[str, Held] = {}
        """By the ids of the renders that have a slot; an earlier video that is sent again needs none."""
        self._aside: dict[str, int] = {}
        """Ids of renders, and their chats."""
        self._returning: dict[str, int] = {}
        """Those aside that want their slot back, in turn."""

    def resize(self, at_once: int) -> None:
        """Have so many slots from now on; who has one keeps it."""
        self._at_once = at_once
        self.pass_on()

    @property
    def chats(self) -> set[int]:
        """That have a render in a slot."""
        return {held.chat_id for held in self._held.values()}

    @property
    def has_room(self) -> bool:
        """Whether somebody new may have a slot."""
        return bool(self._free()) and self._next() is None

    def account_of(self, render_id: str) -> str | None:
        """The name of the account whose slot a render has, if it has one."""
        held = self._held.get(render_id)
        return held.account if held else None

    def take(self, render: Render, account: str | None = None) -> None:
        """Give a slot to a render, whatever the number.

        Args:
            account: that has its task; None: any, by turns.
        """
        if account is None:
            found = (self._free() or self._accounts.for_work(self._used))[0]
            self._accounts.give_work(found)
            account = found.name
        self._held[render.id] = Held(render.chat_id, account)

    def move(self, render: Render, account: str) -> None:
        """Let a render that has a slot have one of the account that has its task."""
        held = self._held.get(render.id)
        if held is not None and held.account != account:
            self._held[render.id] = Held(render.chat_id, account)
            self.pass_on()

    def set_aside(self, render: Render) -> None:
        """Note that a render must come back to a slot before it goes on."""
        self._aside[render.id] = render.chat_id

    def step_aside(self, render: Render) -> None:
        """Let others have the slot of a render that can do nothing at the service; without one, nothing happens."""
        if self._held.pop(render.id, None) is not None:
            self.set_aside(render)
            self.pass_on()

    def come_back(self, render: Render) -> bool:
        """Whether a render is not aside, or not any more; else it is woken when it may be its turn."""
        if render.id not in self._aside:
            return True
        if not self._free() or render.chat_id in self.chats:
            self._returning[render.id] = render.chat_id
            return False
        del self._aside[render.id]
        self._returning.pop(render.id, None)
        self.take(render)
        self.pass_on()
        return True

    def free(self, render_id: str) -> None:
        """Forget a render, and let another one have its slot, if it still has one."""
        aside = self._aside.pop(render_id, None)
        self._returning.pop(render_id, None)
        if self._held.pop(render_id, None) is not None or aside is not None:
            self.pass_on()

    def pass_on(self) -> None:
        """See who may have a slot that is free now."""
        if not self._free():
            return
        returning = self._next()
        if returning is None:
            self.changed.set()
        else:
            self._wake(returning)

    @property
    def _used(self) -> Counter[str]:
        return Counter(held.account for held in self._held.values())

    def _free(self) -> list[Account]:
        """The accounts that have a slot free, the one whose turn it is first."""
        used = self._used
        return [account for account in self._accounts.for_work(used) if used[account.name] < self._at_once]

    def _next(self) -> str | None:
        chats = self.chats
        return next((render_id for render_id, chat in self._returning.items() if chat not in chats), None)
