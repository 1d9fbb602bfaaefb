"""The account at the service: its key, its standing, its rates, its bill."""

import hmac
from collections import deque
from dataclasses import dataclass
from decimal import Decimal
from time import monotonic
from typing import Literal

from aiohttp import web

from bot.sandbox.emo.refusal import Refusal

Standing = Literal["good", "arrears", "free_tier", "unpurchased", "model_denied", "access_denied"]

RATES = {"detect": 5, "submit": 5, "poll": 20, "list": 20, "cancel": 20, "upload": 20}
"""Calls a second, per account."""
DETECT_PRICE = Decimal("0.004")
VIDEO_PRICES = {"1:1": Decimal("0.08"), "3:4": Decimal("0.16")}
"""CNY for an image, and for a second of video."""

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
        model: `emo-detect-v1` or `emo-v1`.
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
    """One account; every key of it shares its rates."""

    def __init__(self, api_key: str, rates: dict[str, int] | None = None) -> None:
        self.api_key = api_key
        self.standing: Standing = "good"
        self.rates = {**RATES, **(rates or {})}
        self.bill: list[BillEntry] = []
        self._recent: dict[str, deque[float]] = {call: deque() for call in self.rates}

    def admit(self, call: str, request: web.Request) -> None:
        """Let a call in, or refuse it: the key first, then the rate, then the standing.

        Raises:
            Refusal: 401, 429, or what the standing says.
        """
        scheme, _, key = request.headers.get("Authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not hmac.compare_digest(key.strip().encode(), self.api_key.encode()):
            raise Refusal(401, "InvalidApiKey", "Invalid API-key provided.")
        recent, now = self._recent[call], monotonic()
        while recent and recent[0] <= now - 1.0:
            recent.popleft()
        if len(recent) >= self.rates[call]:
            raise Refusal(429, "Throttling.RateQuota", "Requests rate limit exceeded, please try again later.")
        recent.append(now)
        if call in ("detect", "submit") and self.standing != "good":
            raise Refusal(*_STANDINGS[self.standing])

    def charge_image(self) -> None:
        """Bill one detect."""
        self.bill.append(BillEntry("emo-detect-v1", Decimal(1), DETECT_PRICE))

    def charge_video(self, task_id: str, seconds: float, ratio: str) -> None:
        """Bill one finished video."""
        self.bill.append(BillEntry("emo-v1", Decimal(str(seconds)), VIDEO_PRICES[ratio], task_id))
