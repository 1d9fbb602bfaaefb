"""The accounts at the service: each has a key, a pace, one order on its way at a time, trouble and a bill of its own.

One that refuses for what its operator has to mend is passed over while others work, and is tried again after pauses
that grow.
"""

import asyncio
import math
import time
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field

from bot.backoff import growing_pauses
from bot.dashscope.client import DashscopeClient
from bot.dashscope.errors import MODEL_GONE, AccountError
from bot.render.hosting import Hosting

LONGEST_REST = 120.0
"""Seconds before an account that was passed over is tried again, at most."""


@dataclass
class Account:
    """One account.

    Args:
        name: by which its tasks and its bill are known.
        service: calls with its key; one whose key was taken away says so to every call.
        hosting: how the service gets files: what is uploaded belongs to the account.
        first_rest: seconds before it is tried again after it has refused; they grow from there.
        submitting: held by the order that is on its way.
        shut: why it cannot be used, with what to do, by the reason, until it works again.
        worked_at: when it last did, by the monotonic clock.
        ordered_at: when it last took an order, by the same clock.
        shut_at: when it last refused for what is to be mended, by the same clock.
        chosen_at: when it was last given work, by the same clock.
    """

    name: str
    service: DashscopeClient
    hosting: Hosting
    first_rest: float = 1.0
    submitting: asyncio.Lock = field(default_factory=asyncio.Lock)
    shut: dict[str, str] = field(default_factory=dict)
    worked_at: float = -math.inf
    ordered_at: float = -math.inf
    shut_at: float = -math.inf
    chosen_at: float = -math.inf
    refuses_orders: bool = field(default=False, init=False)
    _rests: Iterator[float] | None = field(default=None, init=False, repr=False)
    _rests_until: float = field(default=-math.inf, init=False)

    def note_shut(self, error: AccountError, *, order: bool = False) -> None:
        """Note why it cannot be used.

        Args:
            order: it has refused an order; that it looks at photos does not say that it takes orders again.
        """
        self.shut[error.reason], self.shut_at = str(error), time.monotonic()
        self.refuses_orders |= order
        if self.rest == 0:
            self.rest_again()

    def note_working(self, *, order: bool = False) -> None:
        """Note that the service has taken an order, or looked at a photo: whatever was wrong is mended."""
        self.worked_at = time.monotonic()
        if order:
            self.ordered_at = self.worked_at
        if order or not self.refuses_orders:
            self.shut.clear()
            self.refuses_orders, self._rests = False, None

    def worked_since(self, ago: float, *, order: bool = False) -> bool:
        """Whether it has worked within so many seconds, as far as this machine knows.

        Args:
            order: it must have taken an order.
        """
        return (self.ordered_at if order else self.worked_at) > time.monotonic() - ago

    @property
    def rest(self) -> float:
        """Seconds before it is to be tried again."""
        return max(0.0, self._rests_until - time.monotonic())

    def is_due(self, *, looks: bool) -> bool:
        """Whether it works, as far as is known, or is to be tried again; a look does not tell that it takes orders."""
        return not self.shut or (self.rest == 0 and not (looks and self.refuses_orders))

    @property
    def lacks_model(self) -> bool:
        """Whether the model is not there for it: no waiting helps."""
        return bool(MODEL_GONE & self.shut.keys())

    def rest_again(self) -> None:
        """Let it rest, for longer than before."""
        self._rests = self._rests or growing_pauses(self.first_rest, LONGEST_REST)
        self._rests_until = time.monotonic() + next(self._rests)


class Accounts:
    """All accounts, and whose turn it is.

    Args:
        connect: makes an account of a name and a key; without a key, one whose key was taken away.
        keys: by the names of the accounts.
    """

    def __init__(self, connect: Callable[[str, str], Account], keys: Mapping[str, str]) -> None:
        self._connect = connect
        self._all = {name: connect(name, key) for name, key in keys.items()}
        self._gone: dict[str, Account] = {}

    def __iter__(self) -> Iterator[Account]:
        return iter(self._all.values())

    def __len__(self) -> int:
        return len(self._all)

    def __contains__(self, name: str) -> bool:
        return name in self._all

    def called(self, name: str) -> Account:
        """The account of a name, also where its key was taken away."""
        if name in self._all:
            return self._all[name]
        if name not in self._gone:
            self._gone[name] = self._connect(name, "")
        return self._gone[name]

    @property
    def in_trouble(self) -> list[Account]:
        """Those that cannot be used just now, among them those whose keys were taken away."""
        return [account for account in (*self, *self._gone.values()) if account.shut]

    @property
    def any_works(self) -> bool:
        """Whether one can be used, as far as is known."""
        return any(not account.shut for account in self)

    @property
    def lack_model(self) -> bool:
        """Whether none of them has the model."""
        return all(account.lacks_model for account in self)

    @property
    def next_trial(self) -> float | None:
        """Seconds until one that rests is to be tried again; None: none does."""
        return min((account.rest for account in self if account.rest), default=None)

    def for_work(self, used: Mapping[str, int] | None = None, *, looks: bool = False) -> list[Account]:
        """Those that may be given work, the one whose turn it is first: who has least of it, and has waited longest.

        One that was passed over, and has rested, is tried before them. Where none works, any may be tried.

        Args:
            used: how much work each has.
            looks: they are to look at a photo.
        """
        busy = used or {}
        found = [account for account in self if account.is_due(looks=looks)] if self.any_works else list(self)
        return sorted(found, key=lambda each: (not each.shut, busy.get(each.name, 0), each.chosen_at))

    def give_work(self, account: Account) -> None:
        """Note that an account is given work; others are not tried with it before it has answered, or rested again."""
        account.chosen_at = time.monotonic()
        if account.shut and self.any_works:
            account.rest_again()
