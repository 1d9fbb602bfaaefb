"""Carries one call to the service and its answer back, without a word about what they mean."""

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urljoin, urlsplit

import aiohttp
from yarl import URL

from bot.dashscope.answers import Answer, read_answer
from bot.dashscope.causes import cause_in_words
from bot.dashscope.clock import ServiceClock
from bot.dashscope.errors import AccountError, AccountReason, KeyGone, ServiceError

LONGEST_ANSWER = 4 * 1024 * 1024


class BrokenCallError(ServiceError):
    """A call without an answer; `sent` when the service may have seen it."""

    def __init__(self, message: str = "", *, sent: bool = True) -> None:
        super().__init__(message)
        self.sent = sent


def api_base(base_url: str) -> str:
    """Return the address up to and with `/api/v1`, from a base with or without it.

    Raises:
        ValueError: it is no http address.
    """
    text = base_url.strip().split("?")[0].split("#")[0].rstrip("/")
    parts = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname:
        raise ValueError("the address of the service must begin with http:// or https://")
    return text if parts.path.endswith("/api/v1") else f"{text}/api/v1"


@dataclass(frozen=True)
class Wire:
    """The way to the service.

    Args:
        session: whose connections are used.
        base: the address up to and with `/api/v1`.
        secret: the API key; in no repr. Empty: it was taken away.
        timeout: for one request.
        clock: the service's, as its answers tell.
    """

    session: aiohttp.ClientSession = field(repr=False)
    base: str = field(repr=False)  # may hold a gateway's password
    secret: str = field(repr=False)
    timeout: aiohttp.ClientTimeout
    clock: ServiceClock = field(default_factory=ServiceClock)

    async def call(
        self,
        method: str,
        path: str,
        *,
        body: object = None,
        query: Mapping[str, str] | None = None,
        headers: Mapping[str, str] | None = None,
    ) -> Answer:
        """Send one request and read its answer, whatever its status.

        Args:
            path: after the base, or from the host's root where it begins with a slash.

        Raises:
            BrokenCallError: no answer came.
            AccountError: the address leads nowhere.
            KeyGone: there is no key.
        """
        if not self.secret:
            raise KeyGone
        url = URL(urljoin(f"{self.base}/", path), encoded=True).update_query(query or {})
        kept = {"Authorization": f"Bearer {self.secret}", **(headers or {})}
        sent: dict[str, Any] = {"headers": kept, "timeout": self.timeout, "allow_redirects": False}
        if body is not None:
            sent["data"] = json.dumps(body).encode()
            kept["Content-Type"] = "application/json"
        try:
            for _ in range(3):
                async with self.session.request(method, url, **sent) as response:
                    self.clock.hear(response.headers.get("Date"))
                    onward = _onward(url, response)
                    if onward is None:
                        return await _read(response)
                    url = onward
        except (aiohttp.ClientConnectorError, aiohttp.ConnectionTimeoutError, aiohttp.InvalidURL) as error:
            raise BrokenCallError(f"The service cannot be reached: {cause_in_words(error)}.", sent=False) from None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            raise BrokenCallError(f"The service broke off: {cause_in_words(error)}.", sent=True) from None
        raise AccountError("It sends us elsewhere and back.", reason=AccountReason.ADDRESS)


def _onward(url: URL, response: aiohttp.ClientResponse) -> URL | None:
    """Return where a gateway wants the same call, such as with a slash at the end; never another host with our key."""
    if response.status not in (301, 302, 307, 308):
        return None
    onward = URL(urljoin(str(url), response.headers.get("Location", "")), encoded=True)
    safe = onward.host == url.host and (onward.scheme == url.scheme or onward.scheme == "https")
    return onward if safe and onward != url else None


async def _read(response: aiohttp.ClientResponse) -> Answer:
    body = bytearray()
    async for chunk in response.content.iter_chunked(64 * 1024):
        body += chunk
        if len(body) > LONGEST_ANSWER:
            return Answer(response.status, None)
    return read_answer(response.status, bytes(body))
