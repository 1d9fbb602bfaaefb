"""Switches for what may go wrong outside, so that anyone can see the bot recover."""

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any

from aiohttp import web

from bot.sandbox.emo import EMO, EmoServer
from bot.sandbox.faults import Fault, Faults
from bot.sandbox.page.forms import Fields, answer_with
from bot.sandbox.telegram import TelegramServer

Restart = Callable[[], Awaitable[None]]
"""Kills the bot and starts it again; returns once it is back."""

BROKEN = {"code": "InternalError", "message": "An internal error has occurred.", "request_id": "sandbox"}
BUSY = {
    "code": "Throttling.RateQuota",
    "message": "Requests rate limit exceeded, please try again later.",
    "request_id": "sandbox",
}
FLOOD_SECONDS = 2
FLOOD = {
    "ok": False,
    "error_code": 429,
    "description": f"Too Many Requests: retry after {FLOOD_SECONDS}",
    "parameters": {"retry_after": FLOOD_SECONDS},
}
SPOKEN = ("sendMessage", "sendVideo", "editMessageText", "sendPhoto", "sendVoice", "sendDocument", "copyMessage")
TITLES = {
    "retired": ("EMO is retired", "Its models refuse new photos and tasks (403). S2V lives on."),
    "slow": ("The service is slow", "Every call to it takes two seconds more."),
    "throttled": ("The service throttles", "It answers the next three calls with “too many requests” (429)."),
    "failing": ("The service fails twice", "It answers the next two calls with an internal error (500)."),
    "held": ("The queue stands still", "Tasks wait until this is turned off."),
    "arrears": ("The account is in arrears", "New photos and tasks are refused until the bill is paid."),
    "lost": ("The service’s answer is lost", "It takes the next task, and the line breaks before the bot hears so."),
    "unheard": ("Telegram’s answer is lost", "The bot’s next video arrives, and the line breaks before it hears so."),
    "flood": ("Telegram floods", "The bot’s next message of each kind has to wait two seconds (429)."),
    "restart": ("Restart the bot", "It is killed in the middle of its work, starts again, and goes on where it was."),
}
OF_TELEGRAM = ("unheard", "flood")


@dataclass
class Switches:
    """The switches that are on, with the faults that they planned.

    Args:
        restart: kills the bot and starts it again; None where that cannot be done from here.
    """

    telegram: TelegramServer
    emo: EmoServer | None
    restart: Restart | None = None
    planned: dict[str, list[Fault]] = field(default_factory=dict)
    held: bool = False
    restarting: asyncio.Future[None] | None = None

    def routes(self) -> list[web.RouteDef]:
        """Where the page turns them."""
        return [web.post("/api/switch", answer_with(self._turn))]

    def shown(self) -> list[dict[str, Any]]:
        """Every switch as it stands; `left` counts the calls that are still to be hit."""
        rows = []
        for name, (title, text) in TITLES.items():
            if not self.has(name):
                continue
            left = sum(fault.times for fault in self.planned.get(name, []) if fault.times > 0)
            rows.append({"name": name, "title": title, "text": text, "on": self.is_on(name), "left": left})
        return rows

    def has(self, name: str) -> bool:
        """Whether there is such a switch here."""
        if name == "restart":
            return self.restart is not None
        return name in OF_TELEGRAM or (name in TITLES and self.emo is not None)

    def is_on(self, name: str) -> bool:
        """Whether a switch is on; one that counts calls turns itself off."""
        if name == "held":
            return self.held
        if name == "restart":
            return self.restarting is not None and not self.restarting.done()
        if name == "retired":
            return self.emo is not None and self.emo.models.lives[EMO.name] != "alive"
        if name == "arrears":
            return self.emo is not None and self.emo.account != "good"
        return any(fault.times != 0 for fault in self.planned.get(name, []))

    async def _turn(self, fields: Fields) -> None:
        name, on = str(fields["name"]), bool(fields["on"])
        if not self.has(name):
            raise ValueError("there is no such switch")
        if name == "restart":
            if self.restart is not None and on and not self.is_on(name):
                self.restarting = asyncio.ensure_future(self.restart())
        elif self.emo is not None and name == "held":
            self.held = on
            (self.emo.hold if on else self.emo.release)()
        elif self.emo is not None and name == "arrears":
            self.emo.account = "arrears" if on else "good"
        elif self.emo is not None and name == "retired":
            self.emo.models.retire(EMO, "retired" if on else "alive")
        else:
            faults = self.telegram.faults if name in OF_TELEGRAM or self.emo is None else self.emo.faults
            forget(faults, self.planned.pop(name, []))
            if on:
                self.planned[name] = plan(name)
                # The one that never ends comes last: the first that fits a call is the one it meets.
                faults.planned[:0] = [fault for fault in self.planned[name] if fault.times > 0]
                faults.planned += [fault for fault in self.planned[name] if fault.times < 0]


def plan(name: str) -> list[Fault]:
    """The faults of a switch."""
    match name:
        case "slow":
            return [Fault("*", times=-1, delay=2.0)]
        case "throttled":
            return [Fault("*", times=3, status=429, body=BUSY)]
        case "failing":
            return [Fault("*", times=2, status=500, body=BROKEN)]
        case "lost":
            return [Fault("submit", drop="after")]
        case "unheard":
            return [Fault("sendVideo", drop="after")]
        case _:
            return [Fault(method, times=1, status=429, body=FLOOD) for method in SPOKEN]


def forget(faults: Faults, planned: list[Fault]) -> None:
    """Take back faults that were planned; they are told apart by identity."""
    faults.planned[:] = [one for one in faults.planned if not any(one is mine for mine in planned)]
