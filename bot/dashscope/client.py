"""Talks to the vendor's service, or to a gateway that speaks as it does: every call, as one plain function each."""

from collections.abc import Awaitable, Callable
from contextlib import nullcontext
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlsplit

import aiohttp
import stamina
from aiohttp.abc import AbstractResolver
from aiolimiter import AsyncLimiter

from bot.dashscope import download as video_download
from bot.dashscope.addresses import IsPublic, is_public, resolver_for, session_for
from bot.dashscope.answers import (
    Answer,
    read_list,
    read_task,
    read_task_id,
    read_verdict,
    write_time,
)
from bot.dashscope.errors import (
    AccountError,
    AccountReason,
    DashscopeError,
    ListUnsupported,
    LostAnswer,
    ServiceError,
)
from bot.dashscope.refusals import error_of_answer, maybe_taken
from bot.dashscope.types import Body, ListedTask, Task, Verdict
from bot.dashscope.uploads import headers_for, read_policy, send_file
from bot.dashscope.wire import BrokenCallError, Wire, api_base

T = TypeVar("T")

DETECT_PATH = "services/aigc/image2video/face-detect"
SUBMIT_PATH = "services/aigc/image2video/video-synthesis"
LONGEST_LIST = timedelta(hours=24)
PAGE_SIZE = 100
MOST_PAGES = 200
ALIVE = (200, 400, 422)  # by these a model says that a field of a look is missing
# Slower than the documented 5 and 20 a second, and evenly: the account is shared by all its keys.
DETECT_PAUSE = SUBMIT_PAUSE = 1 / 4.5
TASK_PAUSE = 1 / 18


@dataclass(frozen=True)
class RetryPolicy:
    """How long a call that may be repeated is repeated.

    Args:
        attempts: tries in all.
        seconds: no new try after this time.
        first_pause: seconds before the second try; doubles then, with as much jitter again.
        longest_pause: seconds.
    """

    attempts: int = 6
    seconds: float = 20.0
    first_pause: float = 0.5
    longest_pause: float = 6.0


class DashscopeClient:
    """The service at one address, for one account; what is said in its calls is the engines'.

    Args:
        session: whose connections are used; the client never closes it.
        base_url: such as `https://dashscope.aliyuncs.com` or `https://HOST/qwen`; `/api/v1` is added where it lacks.
        api_key: stays in here: no repr, log or error shows it.
        timeout: seconds for one try.
        retry_policy: how long poll, cancel, list and download repeat throttled and broken tries.
        is_public: of an IP address; a public service's videos are fetched from such only.
        resolver: of names; the machine's own where there is none.

    Raises:
        ValueError: the base is no http address.
    """

    def __init__(
        self,
        session: aiohttp.ClientSession,
        base_url: str,
        api_key: str,
        *,
        timeout: float = 30.0,
        retry_policy: RetryPolicy | None = None,
        is_public: IsPublic = is_public,
        resolver: AbstractResolver | None = None,
    ) -> None:
        limits = aiohttp.ClientTimeout(total=timeout, sock_connect=min(10.0, timeout))
        self._wire = Wire(session, api_base(base_url), api_key, limits)
        self._seconds = timeout
        self._retry_policy = retry_policy or RetryPolicy()
        self._is_public, self._resolver = is_public, resolver
        self._detects = AsyncLimiter(1, DETECT_PAUSE)
        self._submits = AsyncLimiter(1, SUBMIT_PAUSE)
        self._polls = AsyncLimiter(1, TASK_PAUSE)
        self._cancels = AsyncLimiter(1, TASK_PAUSE)
        self._lists = AsyncLimiter(1, TASK_PAUSE)

    @property
    def clock_ahead(self) -> float:
        """Seconds that the service's clock is ahead of ours, by its last answer."""
        return self._wire.clock.ahead

    def __repr__(self) -> str:
        parts = urlsplit(self._wire.base)
        return f"DashscopeClient({parts.scheme}://{parts.hostname}{parts.path})"

    async def detect(self, body: Body, *, boxes: bool) -> Verdict:
        """Ask whether a portrait can be animated. Billed for each look, refusals too, so it tries once.

        Args:
            body: of the call.
            boxes: whether a verdict that passes brings boxes.

        Raises:
            LostAnswer: the service may have looked, and be paid for it.
            DashscopeError: the service, the account, the link or the content stands in the way; never a refused face.
        """
        async with self._detects:
            try:
                answer = await self._wire.call("POST", DETECT_PATH, body=body, headers=headers_for(body))
            except BrokenCallError as broken:
                if broken.sent:
                    raise LostAnswer(broken.message) from None
                raise
        verdict = read_verdict(answer, boxes=boxes)
        if verdict is not None and (answer.status == 200 or (verdict.code or "").startswith("InvalidFile.")):
            return verdict
        error = self._error(answer)
        if answer.fields is None:
            raise LostAnswer(error.message, status=answer.status)
        raise error

    async def probe(self, body: Body) -> None:
        """See that the account has a model, by a look without a portrait: one that lives answers that it is missing.

        Nothing is looked at, so nothing is billed.

        Raises:
            AccountError: it is not there, or not for this account.
            ServiceError: the service does not say.
        """

        async def attempt() -> None:
            async with self._detects:
                answer = await self._wire.call("POST", DETECT_PATH, body=body)
            error = self._error(answer)
            if isinstance(error, AccountError | ServiceError):
                raise error
            if answer.status not in ALIVE or answer.fields is None:
                raise ServiceError("The service's answer cannot be read.", code=answer.code, status=answer.status)

        await self.repeat("probe", attempt)

    async def submit(self, body: Body) -> str:
        """Hand in one task and return its id. Tries once: what may have been accepted is never sent again.

        Raises:
            LostAnswer: the task may have been taken.
            ServiceError: it was not taken; safe to send again.
            DashscopeError: it was refused.
        """
        async with self._submits:
            try:
                answer = await self._wire.call(
                    "POST",
                    SUBMIT_PATH,
                    body=body,
                    headers={"X-DashScope-Async": "enable", **headers_for(body)},
                )
            except BrokenCallError as broken:
                if broken.sent:
                    raise LostAnswer(broken.message) from None
                raise
        task_id = read_task_id(answer)
        if answer.status in (200, 201, 202) and task_id:
            return task_id
        error = self._error(answer)
        if maybe_taken(answer, error):
            raise LostAnswer(error.message, code=answer.code, status=answer.status)
        raise error

    async def upload(self, model: str, path: Path, name: str) -> str:
        """Put a file into the service's temporary storage, where a model can read it; returns its `oss://` name.

        Args:
            name: of the file there; its extension is that of its real container.

        Raises:
            ServiceError: the storage is in trouble; try again.
            AccountError: there is no such storage here.
        """
        answer = await self._wire.call("GET", "uploads", query={"action": "getPolicy", "model": model})
        granted = (answer.fields or {}).get("data")
        if answer.status != 200 or not isinstance(granted, dict):
            error = self._error(answer)
            gone = isinstance(error, AccountError) and error.model_gone
            if answer.status in (404, 405, 501) and not gone:
                raise AccountError("There is none.", reason=AccountReason.UPLOADS, status=answer.status)
            raise error
        return await send_file(self._wire.session, read_policy(granted), path, name, self._wire.timeout)

    async def poll(self, task_id: str) -> Task:
        """See how a task is doing. A forgotten one has the state UNKNOWN.

        A poll names no model, so that it tells nothing of one: a task outlives its model.
        """

        async def attempt() -> Task:
            async with self._polls:
                answer = await self._wire.call("GET", f"tasks/{quote(task_id, safe='')}")
            task = read_task(task_id, answer) if answer.status == 200 else None
            if task is not None:
                return task
            error = self._error(answer)
            if answer.status == 404 or (isinstance(error, AccountError) and error.model_gone):
                raise ServiceError("The service does not find the task now.", code=answer.code, status=answer.status)
            raise error

        return await self.repeat("poll", attempt)

    async def cancel(self, task_id: str) -> bool:
        """Take a task back while it is PENDING. False: it is not pending any more."""
        tries = 0

        async def attempt() -> bool:
            nonlocal tries
            tries += 1
            async with self._cancels:
                answer = await self._wire.call("POST", f"tasks/{quote(task_id, safe='')}/cancel")
            if answer.status == 200 and answer.code is None:
                return True
            if answer.code == "UnsupportedOperation":
                return False
            raise self._error(answer)

        cancelled = await self.repeat("cancel", attempt)
        if not cancelled and tries > 1:
            # An earlier try, whose answer was lost, may be what ended it.
            return (await self.poll(task_id)).state == "CANCELED"
        return cancelled

    async def list_tasks(self, model: str, since: datetime, until: datetime) -> list[ListedTask]:
        """Every task of a model that the account submitted between two aware moments, from all pages.

        Raises:
            ListUnsupported: there is no list here.
        """
        found: dict[str, ListedTask] = {}
        start = since.astimezone(UTC).replace(microsecond=0)
        end = until.astimezone(UTC).replace(microsecond=0) + timedelta(seconds=1)
        while start < end:
            stop = min(start + LONGEST_LIST, end)
            for page in range(1, MOST_PAGES + 1):
                rows, pages = await self._page(model, start, stop, page)
                found.update((row.task_id, row) for row in rows)
                if not rows or page >= pages:
                    break
            start = stop
        return list(found.values())

    async def download(self, url: str, target: Path, max_bytes: int) -> None:
        """Copy a finished video to a file, which appears only when it is whole; see `bot.dashscope.download`."""
        guard = await resolver_for(self._wire.base, self._is_public, self._resolver)
        async with session_for(guard) if guard else nullcontext(self._wire.session) as session:

            async def attempt() -> None:
                limits = {"longest_silence": self._seconds}
                await video_download.download(session, url, target, max_bytes, guard=guard, **limits)

            await self.repeat("download", attempt)

    async def _page(self, model: str, start: datetime, stop: datetime, page: int) -> tuple[list[ListedTask], int]:
        query = {
            "start_time": write_time(start),
            "end_time": write_time(stop),
            "model_name": model,
            "page_no": str(page),
            "page_size": str(PAGE_SIZE),
        }

        async def attempt() -> tuple[list[ListedTask], int]:
            async with self._lists:
                answer = await self._wire.call("GET", "tasks/", query=query)
            rows = read_list(answer) if answer.status == 200 else None
            if rows is not None:
                return rows
            if answer.status in (404, 405, 501) or (
                answer.status == 200 and answer.fields is not None and not answer.code
            ):
                raise ListUnsupported("There is no list of tasks here.", code=answer.code, status=answer.status)
            raise self._error(answer)

        return await self.repeat("list", attempt)

    async def repeat(self, name: str, attempt: Callable[[], Awaitable[T]]) -> T:
        """Make tries of a call until one is not in the service's way, as often as this client is told to."""
        retry_policy = self._retry_policy
        tries = stamina.retry_context(
            on=ServiceError,
            attempts=retry_policy.attempts,
            timeout=retry_policy.seconds,
            wait_initial=retry_policy.first_pause,
            wait_max=retry_policy.longest_pause,
            wait_jitter=retry_policy.first_pause,
        ).with_name(f"dashscope {name}", (), {})
        async for one in tries:
            with one:
                return await attempt()
        raise AssertionError("unreachable: the last try returns or raises")

    def _error(self, answer: Answer) -> DashscopeError:
        return error_of_answer(answer, self._wire.secret)
