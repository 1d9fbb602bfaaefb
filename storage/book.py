"""How what is spent and used is written down: by keyed hashes of people and chats, on the operator's days.

The hashes let `/forget` delete all that names somebody, and still give nobody a fresh day.
"""

from dataclasses import dataclass, field
from datetime import datetime, tzinfo
from decimal import ROUND_CEILING, Decimal

from storage.clock import unix_now
from storage.keyed_hash import KeyedHash

UNITS = 10**9
"""Of a CNY: small enough for any price, and a budget of billions fits into a column."""


@dataclass(frozen=True)
class Payer:
    """Who something is counted against, as hashes.

    Args:
        person: None: somebody who speaks in the name of a chat, an anonymous admin or a channel; the chat counts.
        chat: where it is asked for.
    """

    person: str | None
    chat: str


@dataclass(frozen=True)
class Book:
    """What makes a hash of an id, and a day of a moment.

    Args:
        hashed: with a secret of this bot's.
        zone: the operator's; None: the machine's.
    """

    hashed: KeyedHash = field(default_factory=KeyedHash)
    zone: tzinfo | None = None

    def mark(self, who: int) -> str:
        """Return the hash of a person's or a chat's id."""
        return self.hashed("payer", who)

    def payer(self, chat_id: int, user_id: int) -> Payer:
        """Return who pays for what somebody asks for in a chat."""
        return Payer(self.mark(user_id) if user_id > 0 else None, self.mark(chat_id))

    def day(self, at: float | None = None) -> str:
        """Return the day of a Unix time, now if none is given, such as `2026-11-26`."""
        return datetime.fromtimestamp(unix_now() if at is None else at, self.zone).date().isoformat()


def month_of(day: str) -> str:
    """Return the month of a day, such as `2026-11`."""
    return day[:7]


def units(amount: Decimal) -> int:
    """Return an amount of CNY in billionths, rounded up."""
    return int((amount * UNITS).to_integral_value(ROUND_CEILING))


def money(count: int) -> Decimal:
    """Return billionths of a CNY as CNY."""
    return Decimal(count) / UNITS
