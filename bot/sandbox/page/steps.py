"""The way of each render as it can be seen from outside: detect, submit, poll, video, sendVideo."""

from dataclasses import dataclass, field
from typing import Any

from bot.sandbox.telegram.events import Event

NAMES = ("detect", "submit", "poll", "video", "sendVideo")


@dataclass
class Step:
    """How often a call was made for one task, when and how long at last, and whether that went well."""

    times: int = 0
    at: float = 0.0
    milliseconds: float = 0.0
    ok: bool = False

    def count(self, event: Event) -> None:
        """Count one more call."""
        self.times += 1
        self.at, self.milliseconds = event.at, event.data["milliseconds"]
        self.ok = event.data["status"] == 200


@dataclass
class Way:
    """The steps of one task."""

    steps: dict[str, Step] = field(default_factory=lambda: {name: Step() for name in NAMES})


class Steps:
    """Finds out which task a call was for.

    A detect belongs to the submits that carry its boxes, or that name its model where looks have none; a sendVideo to
    the oldest task whose video was fetched and not sent yet. That is a guess when several end at the same moment, and
    good enough to be looked at.
    """

    def __init__(self) -> None:
        self.ways: dict[str, Way] = {}
        self._detects: list[tuple[Any, Step]] = []
        self._failed: dict[str, int] = {"detect": 0, "submit": 0}

    def note(self, event: Event, params: dict[str, Any], answer: Any) -> None:
        """Hear of a call."""
        call, ok = event.data["call"], event.data["status"] == 200
        if call in self._failed and not ok:
            self._failed[call] += 1
            return
        output = answer.get("output", {}) if isinstance(answer, dict) else {}
        if call == "detect":
            step = Step(self._take_failed("detect"))
            step.count(event)
            step.ok = bool(output.get("check_pass"))
            seen = output.get("ext_bbox") or str(params.get("model")).removesuffix("-detect")
            self._detects = [*self._detects[-50:], (seen, step)]
        elif call == "submit":
            self._begin(event, params, output)
        elif call in ("poll", "video"):
            way = self.ways.get(str(params.get("task_id")))
            if way is not None:
                way.steps[call].count(event)
        elif call == "sendVideo":
            self._sent(event)

    def _begin(self, event: Event, params: dict[str, Any], output: dict[str, Any]) -> None:
        way = self.ways.setdefault(str(output.get("task_id")), Way())
        asked = params.get("input", {}).get("ext_bbox") or params.get("model")
        found = [step for seen, step in self._detects if seen == asked and step.ok]
        if found:
            way.steps["detect"] = found[-1]
        way.steps["submit"].times = self._take_failed("submit")
        way.steps["submit"].count(event)

    def _sent(self, event: Event) -> None:
        for way in self.ways.values():
            if way.steps["video"].ok and not way.steps["sendVideo"].ok:
                way.steps["sendVideo"].count(event)
                return

    def _take_failed(self, call: str) -> int:
        failed, self._failed[call] = self._failed[call], 0
        return failed
