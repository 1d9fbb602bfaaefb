"""Reads the service's answers: whatever their exact shape, into our values."""

import json
import math
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone
from typing import Any

from bot.dashscope.errors import clean
from bot.dashscope.types import Box, ListedTask, Task, Verdict

SERVICE_ZONE = timezone(timedelta(hours=8))
"""The service writes and reads times in UTC+8 without saying so."""

Fields = dict[str, Any]


@dataclass(frozen=True)
class Answer:
    """One answer of the service.

    Args:
        status: the HTTP status.
        fields: the body's JSON object; None when the body is anything else.
    """

    status: int
    fields: Fields | None

    @property
    def output(self) -> Fields:
        """What the call brought; the body itself where a gateway leaves the wrapping out."""
        fields = self.fields or {}
        return fields["output"] if isinstance(fields.get("output"), dict) else fields

    @property
    def code(self) -> str | None:
        """The code of the error envelope."""
        return self._envelope("code")

    @property
    def message(self) -> str | None:
        """The text of the error envelope."""
        return self._envelope("message")

    def _envelope(self, name: str) -> str | None:
        fields = self.fields or {}
        if isinstance(fields.get("error"), dict):
            fields = fields["error"]
        return _text(fields.get(name))


def read_answer(status: int, body: bytes) -> Answer:
    """Never fails: a body that is no JSON object gives an answer without fields."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        fields = None
    return Answer(status, fields if isinstance(fields, dict) else None)


def read_verdict(answer: Answer, *, boxes: bool = True) -> Verdict | None:
    """None when the answer is no verdict.

    Args:
        boxes: one that passes a portrait without them is none.
    """
    output = answer.output
    face, ext = _box(output.get("face_bbox")), _box(output.get("ext_bbox"))
    passed = _flag(output.get("check_pass"))
    code = _text(output.get("code")) or answer.code
    message = _text(output.get("message")) or answer.message
    if passed is None:
        passed = False if _is_refusal(code) else (True if face and ext else None)
    if passed is None or (passed and boxes and not (face and ext)):
        return None
    if passed:
        return Verdict(True, face, ext)
    code, message = (clean(text) if text else None for text in (code, message))
    return Verdict(False, code=code, message=message, billed=answer.status == 200)


def read_task_id(answer: Answer) -> str | None:
    """The id of a task that was taken, None when the answer names none."""
    return _text(answer.output.get("task_id"))


def read_task(task_id: str, answer: Answer) -> Task | None:
    """None when the answer tells no state."""
    output = answer.output
    state = _state(output.get("task_status"))
    if state is None:
        return None
    usage = (answer.fields or {}).get("usage")
    usage = usage if isinstance(usage, dict) else {}
    code, message = _text(output.get("code")), _text(output.get("message"))
    return Task(
        task_id=task_id,
        state=state,
        video_url=_video_url(output),
        code=clean(code) if code else None,
        message=clean(message) if message else None,
        video_seconds=_seconds(usage),
        video_ratio=_text(usage.get("video_ratio")),
        submitted_at=read_time(output.get("submit_time")),
        scheduled_at=read_time(output.get("scheduled_time")),
        ended_at=read_time(output.get("end_time")),
    )


def read_list(answer: Answer) -> tuple[list[ListedTask], int] | None:
    """One page of tasks and the number of pages; None when the answer is no list."""
    holder: Fields | None = next((part for part in (answer.fields, answer.output) if part and "data" in part), None)
    if holder is None or not isinstance(holder["data"], list):
        return None
    pages = _number(holder.get("total_page"))
    return list(_listed(holder["data"])), int(pages) if pages is not None else 1


def read_time(value: object) -> datetime | None:
    """A moment in UTC from the service's stamp (UTC+8), an ISO stamp or milliseconds since 1970."""
    number = _number(value)
    try:
        if number is not None:
            return datetime.fromtimestamp(number / 1000, UTC)
        if not isinstance(value, str):
            return None
        moment = datetime.fromisoformat(value.strip())
        return (moment if moment.tzinfo else moment.replace(tzinfo=SERVICE_ZONE)).astimezone(UTC)
    except (ValueError, OverflowError, OSError):
        return None


def write_time(moment: datetime) -> str:
    """The stamp that the list of tasks takes: `YYYYMMDDhhmmss` in UTC+8."""
    return moment.astimezone(SERVICE_ZONE).strftime("%Y%m%d%H%M%S")


def _seconds(usage: Fields) -> float | None:
    """How long the video is that was made, which is what is billed; never less than nothing."""
    for name in ("video_duration", "duration"):
        seconds = _number(usage.get(name))
        if seconds is not None and seconds > 0:
            return seconds
    return None


def _listed(rows: Iterable[object]) -> Iterable[ListedTask]:
    for row in rows:
        if not isinstance(row, dict):
            continue
        task_id = _text(row.get("task_id"))
        if task_id:
            state = _state(row.get("status")) or _state(row.get("task_status")) or ""
            created = read_time(row.get("gmt_create")) or read_time(row.get("submit_time"))
            yield ListedTask(task_id, state, created, _text(row.get("model_name")))


def _video_url(output: Fields) -> str | None:
    results = output.get("results")
    places = [*results] if isinstance(results, list) else [results]
    for place in [*places, output]:
        if isinstance(place, str):
            place = {"url": place}
        if not isinstance(place, dict):
            continue
        for name in ("video_url", "url"):
            url = _text(place.get(name))
            if url and url.lower().startswith(("http://", "https://")):
                return url
    return None


def _state(value: object) -> str | None:
    word = _text(value)
    return {"CANCELLED": "CANCELED"}.get(word.upper(), clean(word.upper())) if word else None


def _is_refusal(code: str | None) -> bool:
    return code is not None and code.startswith("InvalidFile.")


def _box(value: object) -> Box | None:
    if not isinstance(value, list) or len(value) != 4:
        return None
    edges = [_number(edge) for edge in value]
    if any(edge is None for edge in edges):
        return None
    return Box(*(round(edge) for edge in edges if edge is not None))


def _number(value: object) -> float | None:
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None


def _flag(value: object) -> bool | None:
    if isinstance(value, str):
        return {"true": True, "false": False}.get(value.strip().lower())
    return bool(value) if isinstance(value, bool | int) else None


def _text(value: object) -> str | None:
    if isinstance(value, int) and not isinstance(value, bool):
        value = str(value)
    if not isinstance(value, str):
        return None
    return value.encode("utf-8", "replace").decode().strip() or None
