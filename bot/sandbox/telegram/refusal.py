"""What the API says when it does not do as told."""

from typing import Any


class Refusal(Exception):
    """An answer with `ok: false`.

    Args:
        code: the HTTP status, also `error_code`.
        description: the text in the API's own words, with its prefix (`Bad Request: …`).
        parameters: `retry_after` or `migrate_to_chat_id`.
    """

    def __init__(self, code: int, description: str, **parameters: int) -> None:
        super().__init__(description)
        self.code = code
        self.description = description
        self.parameters = parameters

    def payload(self) -> dict[str, Any]:
        """The body of the answer."""
        body: dict[str, Any] = {"ok": False, "error_code": self.code, "description": self.description}
        if self.parameters:
            body["parameters"] = self.parameters
        return body


def bad_request(text: str, **parameters: int) -> Refusal:
    """400."""
    return Refusal(400, f"Bad Request: {text}", **parameters)


def forbidden(text: str) -> Refusal:
    """403."""
    return Refusal(403, f"Forbidden: {text}")


def conflict(text: str) -> Refusal:
    """409."""
    return Refusal(409, f"Conflict: {text}")


def flooded(seconds: int) -> Refusal:
    """429: try again after so many seconds."""
    return Refusal(429, f"Too Many Requests: retry after {seconds}", retry_after=seconds)


def too_large() -> Refusal:
    """413: more bytes than a bot may upload."""
    return Refusal(413, "Request Entity Too Large")
