"""One answer of the service, whatever a gateway has wrapped it in."""

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from bot.dashscope.values import clean, read_number, read_text

Fields = dict[str, Any]

WRAPPERS = ("output", "data", "result")
"""Names under which an answer lies within another one."""

MOST_LAYERS = 8
FINE = frozenset({"0", "200", "ok", "success", "succeeded"})
"""What gateways write as the `code` and `message` of an answer that is no error."""


@dataclass(frozen=True)
class Answer:
    """One answer of the service.

    Args:
        http_status: the HTTP status.
        fields: the body's JSON object; None when the body is anything else.
    """

    http_status: int
    fields: Fields | None

    @property
    def status(self) -> int:
        """The HTTP status, or the one that a gateway writes as `code` into an answer that it sends with 200."""
        code = read_number(self._envelope("code")) if self.http_status < 300 else None
        return int(code) if code is not None and 400 <= code < 600 else self.http_status

    @property
    def is_200(self) -> bool:
        """Whether the call was answered as one that went well, which is what is billed."""
        return self.http_status in (200, 201, 202)

    @property
    def layers(self) -> list[Fields]:
        """The objects that may hold what was asked for: the vendor's `output`, then the whole, then what it wraps."""
        if self.fields is None:
            return []
        found = [self.fields]
        for layer in found:
            found += [
                each for each in _wrapped(layer) if len(found) < MOST_LAYERS and all(each is not f for f in found)
            ]
        output = self.fields.get("output")
        return sorted(found, key=lambda layer: layer is not output)

    @property
    def code(self) -> str | None:
        """The code of the error; None where there is none, or one that means success."""
        code = self._envelope("code") or self._error("type")
        return None if code is None or code.lower() in FINE else clean(code)

    @property
    def message(self) -> str | None:
        """The text of the error, without links and length."""
        names = ("message", "msg", "fail_reason", "error")
        text = next((text for name in names if (text := self._envelope(name))), None)
        return None if text is None or text.lower() in FINE else clean(text)

    def first(self, *names: str) -> Any:
        """Return the first value that one of these names has in the layers; None: there is none."""
        return next((layer[name] for layer in self.layers for name in names if layer.get(name) is not None), None)

    def _envelope(self, name: str) -> str | None:
        """Return what the error says of itself, or the outermost layer that says it of the whole."""
        layers = self.layers
        texts = (read_text(layer.get(name)) for layer in sorted(layers, key=lambda layer: layer is not self.fields))
        return self._error(name) or next((text for text in texts if text and text.lower() not in FINE), None)

    def _error(self, name: str) -> str | None:
        errors = (layer.get("error") for layer in self.layers)
        return next((read_text(error.get(name)) for error in errors if isinstance(error, dict)), None)


def _wrapped(layer: Fields) -> Iterator[Fields]:
    for name in WRAPPERS:
        inner = layer.get(name)
        if isinstance(inner, list) and len(inner) == 1:
            inner = inner[0]
        if isinstance(inner, dict):
            yield inner


def read_answer(status: int, body: bytes) -> Answer:
    """Return what a body says; one that is no JSON object gives an answer without fields."""
    try:
        fields = json.loads(body)
    except (ValueError, RecursionError):
        fields = None
    return Answer(status, fields if isinstance(fields, dict) else None)
