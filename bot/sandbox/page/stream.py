"""What happens, as Server-Sent Events; whoever was away goes on where they were, by `Last-Event-ID`."""

import asyncio
import json
import time
from collections.abc import Callable
from contextlib import suppress
from typing import Any

from aiohttp import web

from bot.sandbox.page.view import show_message
from bot.sandbox.telegram.events import Event, Log

LOOK = 0.25
"""Seconds between two looks at what is not an event: progress, switches, people, what the bot has not taken."""
HEARTBEAT = 15.0


class Stream:
    """Tells every page that is open.

    Args:
        log: of the sandbox's Telegram.
        world: names this run, so that a page of an earlier one starts anew.
        looks: what to look at, by the name of its event; told when it has changed.
    """

    def __init__(self, log: Log, world: str, looks: dict[str, Callable[[], Any]]) -> None:
        self._log = log
        self._world = world
        self._looks = looks
        self._closing = False

    async def close(self, _: web.Application) -> None:
        """End every stream."""
        self._closing = True

    async def follow(self, request: web.Request) -> web.StreamResponse:
        """GET /events?world=…&after=N."""
        response = web.StreamResponse(headers={"Content-Type": "text/event-stream", "Cache-Control": "no-store"})
        await response.prepare(request)
        after = self._begin(request)
        with suppress(ConnectionResetError):
            await response.write(b"retry: 1000\n\n")
            if after is None:
                await response.write(b"event: reload\ndata: {}\n\n")
            else:
                await self._tell(response, after)
        return response

    def _begin(self, request: web.Request) -> int | None:
        """The last event that the page has seen; None when it has to start anew."""
        text = request.headers.get("Last-Event-ID") or request.query.get("after", "")
        after = int(text) if text.isascii() and text.isdigit() else -1
        kept = self._log.first_kept - 1 <= after <= self._log.last
        return after if kept and request.query.get("world") == self._world else None

    async def _tell(self, response: web.StreamResponse, after: int) -> None:
        told: dict[str, str] = {}
        spoke = 0.0
        while not self._closing:
            lines = []
            for event in self._log.since(after):
                after = event.number
                shown = show_event(event)
                if shown is not None:
                    lines.append(f"id: {event.number}\nevent: {shown[0]}\ndata: {json.dumps(shown[1])}\n\n")
            for name, look in self._looks.items():
                now = json.dumps(look())
                if told.get(name) != now:
                    told[name] = now
                    lines.append(f"event: {name}\ndata: {now}\n\n")
            if not lines and time.monotonic() - spoke > HEARTBEAT:
                lines.append(": still here\n\n")
            if lines:
                spoke = time.monotonic()
                await response.write("".join(lines).encode())
            if after >= self._log.last:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._log.changed(), LOOK)


def show_event(event: Event) -> tuple[str, dict[str, Any]] | None:
    """The name and the data of an event; None for one that the page does not show."""
    message = event.message
    match event.kind:
        case "new" | "edited" if message is not None:
            return "message", {"new": event.kind == "new", "message": show_message(message)}
        case "deleted" if message is not None:
            return "deleted", {"chat": event.chat_id, "id": message.id}
        case "reaction" if message is not None:
            emoji = [one.get("emoji", "★") for one in event.data["reaction"]]
            return "reaction", {"chat": event.chat_id, "id": message.id, "emoji": emoji}
        case "action":
            return "action", {"chat": event.chat_id, "thread": event.data["thread_id"], "action": event.data["action"]}
        case "exchange":
            return "exchange", show_exchange(event)
        case _:
            return None


def show_exchange(event: Event) -> dict[str, Any]:
    """A call to a stand-in."""
    return {"number": event.number, "at": event.at} | event.data
