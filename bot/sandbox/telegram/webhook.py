"""Posts updates to the bot's webhook: in order within a chat, chats side by side, each until it is taken."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from typing import Any

import aiohttp

from bot.sandbox.telegram.feed import Feed, Webhook

SECRET_HEADER = "X-Telegram-Bot-Api-Secret-Token"  # noqa: S105 - the name of a header
Reply = Callable[[dict[str, Any]], Awaitable[None]]


class Postman:
    """The delivery of one server's updates.

    Args:
        feed: where updates wait.
        reply: called with the body of an answer that is itself a call of a method.
        pause: seconds before a refused update is tried again; doubles up to 16 times as long.
    """

    def __init__(self, feed: Feed, reply: Reply, pause: float = 0.2) -> None:
        self.pause = pause
        self._feed = feed
        self._reply = reply
        self._lanes: dict[int, asyncio.Task[None]] = {}

    async def run(self) -> None:
        """Deliver until cancelled."""
        async with aiohttp.ClientSession(timeout=aiohttp.ClientTimeout(total=60)) as session:
            try:
                while True:
                    changed = self._feed.changed()
                    self._start(session)
                    await changed.wait()
            finally:
                for task in self._lanes.values():
                    task.cancel()
                await asyncio.gather(*self._lanes.values(), return_exceptions=True)

    def _start(self, session: aiohttp.ClientSession) -> None:
        hook = self._feed.webhook
        if hook is None:
            return
        for update in self._feed.waiting:
            lane = lane_of(update)
            if lane not in self._lanes and len(self._lanes) < hook.max_connections:
                self._lanes[lane] = asyncio.create_task(self._deliver(session, hook, update, lane))

    async def _deliver(self, session: aiohttp.ClientSession, hook: Webhook, update: dict[str, Any], lane: int) -> None:
        pause = self.pause
        try:
            while self._feed.webhook is hook and not await self._post(session, hook, update):
                await asyncio.sleep(pause)
                pause = min(pause * 2, self.pause * 16)
        finally:
            del self._lanes[lane]
            self._feed.wake()

    async def _post(self, session: aiohttp.ClientSession, hook: Webhook, update: dict[str, Any]) -> bool:
        headers = {SECRET_HEADER: hook.secret} if hook.secret else {}
        try:
            async with session.post(hook.url, json=update, headers=headers) as answer:
                if answer.status // 100 != 2:
                    hook.last_error = (
                        int(time.time()),
                        f"Wrong response from the webhook: {answer.status} {answer.reason}",
                    )
                    self._feed.log.add("webhook", update_id=update["update_id"], status=answer.status)
                    return False
                body = await answer.json() if answer.content_type == "application/json" else None
        except (aiohttp.ClientError, TimeoutError, OSError, ValueError) as error:
            hook.last_error = (int(time.time()), f"Connection failed: {type(error).__name__}")
            self._feed.log.add("webhook", update_id=update["update_id"], status=0)
            return False
        self._feed.done(update)
        self._feed.log.add("webhook", update_id=update["update_id"], status=200)
        if isinstance(body, dict) and "method" in body:
            await self._reply(body)
        return True


def lane_of(update: dict[str, Any]) -> int:
    """The chat that an update belongs to, else its sender: updates of one lane keep their order."""
    body: dict[str, Any] = next((value for name, value in update.items() if name != "update_id"), {})
    chat = body.get("chat") or body.get("message", {}).get("chat") or body.get("from") or body.get("user")
    return int(chat["id"]) if chat else 0
