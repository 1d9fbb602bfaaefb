"""Faults that a stand-in can be told to make, and watchers that hear of each call before and after its work."""

import asyncio
import json
import time
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from typing import Any, Literal

from aiohttp import web

Watcher = Callable[[web.Request], Awaitable[None] | None]
Moment = Literal["before", "after"]


@dataclass
class Fault:
    """What goes wrong with the next calls of one name.

    Args:
        call: the stand-in's name of the call, such as `sendVideo` or `submit`; `*` for any.
        times: how many calls it hits; -1 until it is removed.
        delay: seconds of waiting before anything else.
        status: answer this HTTP status with `body`, and do no work. A body that is text is a page.
        rewrite: do the work, and answer what this makes of the answer's JSON object.
        drop: cut the connection instead of answering: `before` the work, or `after` it (the answer is swallowed).
    """

    call: str
    times: int = 1
    delay: float = 0.0
    status: int | None = None
    body: dict[str, Any] | str = field(default_factory=dict)
    rewrite: Callable[[dict[str, Any]], dict[str, Any]] | None = None
    drop: Moment | None = None


@dataclass(frozen=True)
class Answered:
    """A call that has been answered, or cut.

    Args:
        seconds: from its arrival to its answer.
        fault: what was made of it, None when it went well.
    """

    call: str
    request: web.Request
    response: web.StreamResponse
    seconds: float
    fault: Fault | None


class Faults:
    """The faults and watchers of one stand-in; `listeners` hear of each call with its answer, also of a faulty one."""

    def __init__(self) -> None:
        self.planned: list[Fault] = []
        self.listeners: list[Callable[[Answered], Awaitable[None]]] = []
        self._watchers: list[tuple[str, Moment, Watcher]] = []

    def add(self, fault: Fault) -> Fault:
        """Plan a fault. The oldest one that fits a call is used first."""
        self.planned.append(fault)
        return fault

    def clear(self) -> None:
        """Forget every planned fault; watchers stay."""
        self.planned.clear()

    def watch(self, call: str, when: Moment, watcher: Watcher) -> None:
        """Call `watcher` with the request when a call of this name arrives, or is done but not answered yet."""
        self._watchers.append((call, when, watcher))

    async def answer(
        self, call: str, request: web.Request, work: Callable[[], Awaitable[web.StreamResponse]]
    ) -> web.StreamResponse:
        """Answer one call: with its work, or with what the planned fault says."""
        begun = time.monotonic()
        await self._tell(call, "before", request)
        fault = self._take(call)
        response = await self._respond(call, request, work, fault)
        for listener in self.listeners:
            await listener(Answered(call, request, response, time.monotonic() - begun, fault))
        return response

    async def _respond(
        self, call: str, request: web.Request, work: Callable[[], Awaitable[web.StreamResponse]], fault: Fault | None
    ) -> web.StreamResponse:
        if fault is None:
            response = await work()
            await self._tell(call, "after", request)
            return response
        if fault.delay:
            await asyncio.sleep(fault.delay)
        if fault.drop == "before":
            return cut(request)
        if fault.status is not None:
            if isinstance(fault.body, str):
                return web.Response(text=fault.body, status=fault.status, content_type="text/html")
            return web.json_response(fault.body, status=fault.status)
        response = await work()
        await self._tell(call, "after", request)
        if fault.rewrite is not None and isinstance(response, web.Response) and response.text:
            return web.json_response(fault.rewrite(json.loads(response.text)), status=response.status)
        return cut(request) if fault.drop == "after" else response

    def _take(self, call: str) -> Fault | None:
        for fault in self.planned:
            if fault.call in (call, "*") and fault.times != 0:
                fault.times -= 1 if fault.times > 0 else 0
                return fault
        return None

    async def _tell(self, call: str, when: Moment, request: web.Request) -> None:
        for name, moment, watcher in list(self._watchers):
            if name in (call, "*") and moment == when:
                outcome = watcher(request)
                if outcome is not None:
                    await outcome


def cut(request: web.Request) -> web.StreamResponse:
    """Close the caller's connection without an answer."""
    if request.transport is not None:
        request.transport.abort()
    return web.Response()
