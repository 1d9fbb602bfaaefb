"""The accounts at the service: keys, standing, rates, bills."""

import hmac
from collections import deque
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from time import monotonic
from typing import Literal

from aiohttp import web

from bot.sandbox.emo.models import LOOK_PRICE
from bot.sandbox.emo.refusal import Refusal

Standing = Literal["good", "arrears", "free_tier", "unpurchased", "model_denied", "access_denied"]

RATES = {"detect": 5, "submit": 5, "poll": 20, "list": 20, "cancel": 20, "upload": 100}
"""Calls a second, for each account."""

_STANDINGS: dict[Standing, tuple[int, str, str]] = {
    "arrears": (400, "Arrearage", "Access denied, please make sure your account is in good standing."),
    "free_tier": (403, "AllocationQuota.FreeTierOnly", "The free tier of the model has been exhausted."),
    "unpurchased": (403, "AccessDenied.Unpurchased", "Access to model denied: the service has not been activated."),
    "model_denied": (403, "Model.AccessDenied", "Model access denied."),
    "access_denied": (403, "AccessDenied", "Access denied."),
}


@dataclass(frozen=True)
class BillEntry:
    """What one call or one task cost.

    Args:
        model: that looked, or made the video.
        quantity: images, or seconds of video.
        price: CNY for one of them.
        task_id: of a video.
    """

    model: str
    quantity: Decimal
    price: Decimal
    task_id: str | None = None

    @property
    def amount(self) -> Decimal:
        """CNY."""
        return self.quantity * self.price


class Account:
    """One account, with one key.

    Args:
        number: its place among the accounts, from 0; tasks and uploads carry it.
        books: hears of every entry of its bill too.
    """

    def __init__(self, number: int, api_key: str, rates: dict[str, int], books: list[BillEntry]) -> None:
        self.number = number
        self.api_key = api_key
        self.standing: Standing = "good"
        self.rates = rates
        self.bill: list[BillEntry] = []
        self._books = books
        self._recent: dict[str, deque[float]] = {call: deque() for call in rates}

    def admit(self, call: str) -> None:
        """Let a call in, or refuse it: by the rate first, then by the standing.

        Raises:
            Refusal: 429, or what the standing says.
        """
        recent, now = self._recent[call], monotonic()
        while recent and recent[0] <= now - 1.0:
            recent.popleft()
        if len(recent) >= self.rates[call]:
            raise Refusal(429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later.")
        recent.append(now)
        if call in ("detect", "submit") and self.standing != "good":
            raise Refusal(*_STANDINGS[self.standing])

    def charge_look(self, model: str) -> None:
        """Bill one picture that was looked at."""
        self._charge(BillEntry(model, Decimal(1), LOOK_PRICE))

    def charge_video(self, model: str, task_id: str, seconds: float, price: Decimal) -> None:
        """Bill one finished video."""
        self._charge(BillEntry(model, Decimal(str(seconds)), price, task_id))

    def _charge(self, entry: BillEntry) -> None:
        self.bill.append(entry)
        self._books.append(entry)


class Accounts:
    """Every account, and the bill of all of them together."""

    def __init__(self, api_keys: Sequence[str], rates: dict[str, int] | None = None) -> None:
        self.bill: list[BillEntry] = []
        allowed = {**RATES, **(rates or {})}
        self.all = [Account(number, key, allowed, self.bill) for number, key in enumerate(api_keys)]

    def of(self, request: web.Request) -> Account:
        """The account whose key a call carries.

        Raises:
            Refusal: 401.
        """
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        for account in self.all:
            if scheme.lower() == "bearer" and hmac.compare_digest(key.strip().encode(), account.api_key.encode()):
                return account
        raise Refusal(401, "InvalidApiKey", "Invalid API-key provided.")
