"""How the service says no."""

import uuid
from datetime import UTC, datetime, timedelta, timezone

from aiohttp import web

SERVICE_ZONE = timezone(timedelta(hours=8))


class Refusal(Exception):
    """A documented no: an HTTP answer when a call is refused, a FAILED task when a task is."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(f"{status} {code}: {message}")
        self.status = status
        self.code = code
        self.message = message

    def response(self) -> web.Response:
        """The error envelope."""
        body = {"code": self.code, "message": self.message, "request_id": str(uuid.uuid4())}
        return web.json_response(body, status=self.status)


def invalid(message: str) -> Refusal:
    """The refusal of a parameter."""
    return Refusal(400, "InvalidParameter", message)


def stamp(moment: datetime) -> str:
    """A moment as tasks tell it: UTC+8, milliseconds, no zone."""
    return moment.astimezone(SERVICE_ZONE).strftime("%Y-%m-%d %H:%M:%S.%f")[:-3]


def read_stamp(text: str) -> datetime:
    """A moment from `YYYYMMDDhhmmss` in UTC+8, as the list of tasks takes it."""
    try:
        return datetime.strptime(text, "%Y%m%d%H%M%S").replace(tzinfo=SERVICE_ZONE).astimezone(UTC)
    except ValueError:
        raise invalid("The time must be YYYYMMDDhhmmss.") from None
