"""Talks to the vendor's service, or to a gateway that speaks as it does: every call, as one plain function each."""

import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import nullcontext
from datetime import datetime
from pathlib import Path
from typing import TypeVar
from urllib.parse import quote, urlsplit

import aiohttp
from aiohttp.abc import AbstractResolver
from aiolimiter import AsyncLimiter

from bot.dashscope import download as video_download
from bot.dashscope.addresses import IsPublic, is_public, resolver_for, session_for
from bot.dashscope.answers import Answer
from bot.dashscope.clock import ServiceClock
from bot.dashscope.errors import LostAnswer
from bot.dashscope.listing import list_all
from bot.dashscope.outcomes import Page, check_alive, grant_in, is_cancelled, page_in, task_id_in, task_in, verdict_in
from bot.dashscope.retries import RetryPolicy, repeat
from bot.dashscope.types import Body, ListedTask, Task, Verdict
from bot.dashscope.uploads import headers_for, read_policy, send_file
from bot.dashscope.wire import BrokenCallError, Wire, api_base

T = TypeVar("T")

DETECT_PATH = "services/aigc/image2video/face-detect"
SUBMIT_PATH = "services/aigc/image2video/video-synthesis"
TASKS_PATH = "tasks/{id}"
# Slower than the documented 5 and 20 a second, and evenly: the account is shared by all its keys.
CALL_PAUSE = 1 / 4.5
TASK_PAUSE = 1 / 18


class Rates:
    """How often each call is made.

    Args:
        machines: that share the account.
    """

    def __init__(self, machines: int = 1) -> None:
        self.detects, self.submits = (AsyncLimiter(1, CALL_PAUSE * machines) for _ in range(2))
        self.polls, self.cancels, self.lists = (AsyncLimiter(1, TASK_PAUSE * machines) for _ in range(3))


class DashscopeClient:
    """The service at one address, for one account; what is said in its calls is the engines'.

    Args:
        session: whose connections are used; the client never closes it.
        base_url: such as `https://dashscope.aliyuncs.com` or `https://HOST/qwen`; `/api/v1` is added where it lacks.
        api_key: stays in here: no repr, log or error shows it. Without one, only videos can be fetched.
        timeout: seconds for one try.
        retry_policy: how long poll, cancel, list and download repeat throttled and broken tries.
        tasks_path: where a task is polled, from the host's root, with `{id}`; None: as the vendor has it.
        is_public: of an IP address; a public service's videos are fetched from such only.
        resolver: of names; the machine's own where there is none.
        sure: passed before each call that costs: a process that others may think dead makes none.
        clock: tells the Unix time that we go by.

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
        tasks_path: str | None = None,
        is_public: IsPublic = is_public,
        resolver: AbstractResolver | None = None,
        sure: Callable[[], Awaitable[None]] | None = None,
        clock: Callable[[], float] = time.time,
    ) -> None:
        self._sure = sure
        limits = aiohttp.ClientTimeout(total=timeout, sock_connect=min(10.0, timeout))
        self._wire = Wire(session, api_base(base_url), api_key, limits, ServiceClock(clock))
        self._seconds = timeout
        self._retry_policy = retry_policy or RetryPolicy()
        self._tasks_path = tasks_path or TASKS_PATH
        self._is_public, self._resolver = is_public, resolver
        self._rates = Rates()

    def share(self, machines: int) -> None:
        """Call so much more rarely that so many machines, this one among them, keep the account's rates together."""
        self._rates = Rates(machines)

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
            UnclearAnswer: it has looked, and does not say what it saw.
            DashscopeError: the service, the account, the link or the content stands in the way; never a refused face.
        """
        answer = await self._pay(self._rates.detects, DETECT_PATH, body)
        return verdict_in(answer, self._wire.secret, boxes=boxes)

    async def _pay(self, rate: AsyncLimiter, path: str, body: Body, headers: Mapping[str, str] | None = None) -> Answer:
        """Make a call that costs, once.

        Raises:
            LostAnswer: the service may have heard it.
            ServiceError: it has not.
        """
        async with rate:
            if self._sure is not None:
                await self._sure()
            try:
                return await self._wire.call("POST", path, body=body, headers={**(headers or {}), **headers_for(body)})
            except BrokenCallError as broken:
                if broken.sent:
                    raise LostAnswer(broken.message) from None
                raise

    async def probe(self, body: Body) -> None:
        """See that the account has a model, by a look without a portrait: one that lives answers that it is missing.

        Nothing is looked at, so nothing is billed.

        Raises:
            AccountError: it is not there, or not for this account.
            ServiceError: the service does not say.
        """

        async def attempt() -> None:
            async with self._rates.detects:
                answer = await self._wire.call("POST", DETECT_PATH, body=body)
            check_alive(answer, self._wire.secret)

        await self.repeat("probe", attempt)

    async def submit(self, body: Body) -> str:
        """Hand in one task and return its id. Tries once: what may have been accepted is never sent again.

        Raises:
            LostAnswer: the task may have been taken.
            ServiceError: it was not taken; safe to send again.
            DashscopeError: it was refused.
        """
        answer = await self._pay(self._rates.submits, SUBMIT_PATH, body, {"X-DashScope-Async": "enable"})
        return task_id_in(answer, self._wire.secret)

    async def upload(self, model: str, path: Path, name: str) -> str:
        """Put a file into the service's temporary storage, where a model can read it; returns its `oss://` name.

        Args:
            name: of the file there; its extension is that of its real container.

        Raises:
            ServiceError: the storage is in trouble; try again.
            AccountError: there is no such storage here.
        """
        answer = await self._wire.call("GET", "uploads", query={"action": "getPolicy", "model": model})
        policy = read_policy(grant_in(answer, self._wire.secret))
        return await send_file(self._wire.session, policy, path, name, self._wire.timeout)

    async def poll(self, task_id: str) -> Task:
        """See how a task is doing. A forgotten one has the state UNKNOWN.

        A poll names no model, so that it tells nothing of one: a task outlives its model. What cannot be read, or says
        no, tells nothing of the task either.

        Raises:
            ServiceError: the service does not say now.
            AccountError: the operator must mend something before it does.
        """

        async def attempt() -> Task:
            async with self._rates.polls:
                answer = await self._wire.call("GET", self._tasks_path.format(id=quote(task_id, safe="")))
            return task_in(task_id, answer, self._wire.secret)

        return await self.repeat("poll", attempt)

    async def cancel(self, task_id: str) -> bool:
        """Take a task back while it is PENDING. False: it is not pending any more, or cannot be taken back here."""
        tries = 0

        async def attempt() -> bool:
            nonlocal tries
            tries += 1
            async with self._rates.cancels:
                path = f"{self._tasks_path.format(id=quote(task_id, safe=''))}/cancel"
                answer = await self._wire.call("POST", path)
            return is_cancelled(answer, self._wire.secret)

        cancelled = await self.repeat("cancel", attempt)
        if not cancelled and tries > 1:
            # An earlier try, whose answer was lost, may be what ended it.
            return (await self.poll(task_id)).state == "CANCELED"
        return cancelled

    async def list_tasks(self, model: str, since: datetime, until: datetime) -> list[ListedTask]:
        """Return every task of a model that the account submitted between two aware moments, from all pages.

        Raises:
            ListUnsupported: there is no list here.
        """

        async def ask(query: Mapping[str, str]) -> Page:
            async def attempt() -> Page:
                async with self._rates.lists:
                    answer = await self._wire.call("GET", "tasks/", query=query)
                return page_in(answer, self._wire.secret)

            return await self.repeat("list", attempt)

        return await list_all(model, since, until, ask)

    async def download(self, url: str, target: Path, max_bytes: int) -> None:
        """Copy a finished video to a file, which appears only when it is whole; see `bot.dashscope.download`."""
        guard = await resolver_for(self._wire.base, self._is_public, self._resolver)
        async with session_for(guard) if guard else nullcontext(self._wire.session) as session:

            async def attempt() -> None:
                limits = {"longest_silence": self._seconds}
                await video_download.download(session, url, target, max_bytes, guard=guard, **limits)

            await self.repeat("download", attempt)

    async def repeat(self, name: str, attempt: Callable[[], Awaitable[T]]) -> T:
        """Make tries of a call until one is not in the service's way, as often as this client is told to."""
        return await repeat(self._retry_policy, name, attempt)
