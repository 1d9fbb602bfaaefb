"""Every call to a stand-in as the page shows it: what was asked, what was answered, how long it took."""

import json
from typing import Any

from aiohttp import web

from bot.sandbox.emo import EmoServer
from bot.sandbox.faults import Answered
from bot.sandbox.page.steps import Steps
from bot.sandbox.telegram import TelegramServer
from bot.sandbox.telegram.server import SHOWN

QUIET = ("getUpdates",)
LONGEST_TEXT, MOST_ITEMS = 400, 12


class Exchanges:
    """Writes each call into the world's log as an `exchange`, and tells `steps` of it.

    `asked` is the model that a look or a submit named last: the bot's engine, as far as it can be seen from outside.
    """

    def __init__(self, telegram: TelegramServer, emo: EmoServer | None, steps: Steps) -> None:
        self._log = telegram.world.log
        self._steps = steps
        self.asked: str | None = None
        self._ears = [(telegram.faults, self._hear_telegram)]
        if emo is not None:
            self._ears.append((emo.faults, self._hear_emo))
        for faults, ear in self._ears:
            faults.listeners.append(ear)

    async def close(self, _: web.Application) -> None:
        """Hear no more."""
        while self._ears:
            faults, ear = self._ears.pop()
            faults.listeners.remove(ear)

    async def _hear_telegram(self, answered: Answered) -> None:
        if answered.call in QUIET and answered.fault is None and answered.response.status == 200:
            return
        params = answered.request.get(SHOWN, {})
        if answered.call == "file":
            params = {"path": answered.request.match_info["path"]}
        self._write("telegram", answered, params)

    async def _hear_emo(self, answered: Answered) -> None:
        request = answered.request
        params: Any = {name: request.match_info[name] for name in request.match_info}
        if request.query and answered.call in ("list", "upload"):
            params |= dict(request.query)
        cut = answered.fault is not None and answered.fault.drop is not None
        if request.content_type == "application/json" and not cut:
            params |= read_json(await request.read()) or {}
        if answered.call in ("detect", "probe", "submit") and isinstance(params.get("model"), str):
            self.asked = params["model"]
        self._write("emo", answered, params)

    def _write(self, side: str, answered: Answered, params: dict[str, Any]) -> None:
        response = answered.response
        answer = read_json(getattr(response, "body", None))
        cut = answered.fault is not None and answered.fault.drop is not None
        event = self._log.add(
            "exchange",
            side=side,
            call=answered.call,
            params=brief(params),
            answer=brief(answer),
            status=None if cut else response.status,
            milliseconds=round(answered.seconds * 1000, 1),
            fault=answered.fault is not None,
        )
        self._steps.note(event, params, answer)


def read_json(body: Any) -> Any:
    """What a body says; None when it is no JSON."""
    if not isinstance(body, bytes | bytearray) or not body:
        return None
    try:
        return json.loads(body)
    except ValueError:
        return None


def brief(value: Any) -> Any:
    """A value without signatures and with nothing long in it."""
    match value:
        case dict():
            return {name: brief(one) for name, one in value.items()}
        case list():
            rest = [f"… {len(value) - MOST_ITEMS} more"] if len(value) > MOST_ITEMS else []
            return [brief(one) for one in value[:MOST_ITEMS]] + rest
        case str() if value.startswith(("http://", "https://")):
            return bare(value)
        case str() if len(value) > LONGEST_TEXT:
            return value[:LONGEST_TEXT] + "…"
        case _:
            return value


def bare(url: str) -> str:
    """A link without what makes it work: its query, where the signature is."""
    path, mark, _ = url.partition("?")
    return path + ("?…" if mark else "")
