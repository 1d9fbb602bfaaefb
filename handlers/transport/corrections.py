"""Calls that Telegram wants otherwise are made so: to the chat that a group became, without a lost reply or topic.

What is refused so has not been sent. Done here, at the one place that all calls pass, it holds for every word and
every file.
"""

from collections.abc import Awaitable, Callable
from typing import Any

import structlog
from telegram.error import BadRequest, ChatMigrated
from telegram.ext import BaseRateLimiter

from handlers.transport.refusals import Means, is_refusal
from storage.passing import PASSING, cause_of

log = structlog.get_logger(__name__)

REPLY, TOPIC = "reply_parameters", "message_thread_id"


class Corrections(BaseRateLimiter[int]):
    """Corrects calls, by python-telegram-bot's seam for limits, and leaves the limits themselves to another one.

    Args:
        limits: keeps the bot within Telegram's limits.
        on_move: hears of a group that has become a supergroup: its old id, and its new one.
    """

    def __init__(self, limits: BaseRateLimiter[int], on_move: Callable[[int, int], Awaitable[None]]) -> None:
        self._limits = limits
        self._on_move = on_move

    async def initialize(self) -> None:
        """Prepare the limits."""
        await self._limits.initialize()

    async def shutdown(self) -> None:
        """End the limits."""
        await self._limits.shutdown()

    async def process_request(
        self,
        callback: Callable[..., Any],
        args: Any,  # noqa: ARG002 - the call and its data, which may be another one then
        kwargs: dict[str, Any],
        endpoint: str,
        data: dict[str, Any],
        rate_limit_args: int | None,
    ) -> Any:
        """Make a call, and once more as Telegram wants it."""
        data, moved = name_topic(endpoint, data), False
        while True:
            try:
                return await self._limits.process_request(
                    callback, (endpoint, data), kwargs, endpoint, data, rate_limit_args
                )
            except ChatMigrated as error:
                if moved or not isinstance(data.get("chat_id"), int):
                    raise
                moved = True
                await self._note_move(data["chat_id"], error.new_chat_id)
                if "message_id" in data:  # the supergroup counts anew: by that number it has another message, or none
                    raise BadRequest("message not found: the group has become a supergroup") from error
                data = _without(data, REPLY) | {"chat_id": error.new_chat_id}
            except BadRequest as error:
                if is_refusal(error, Means.REPLY_GONE) and may_go_without_reply(data):
                    data = _without(data, REPLY)
                elif is_refusal(error, Means.TOPIC_GONE) and data.get(TOPIC):
                    data = _without(data, TOPIC)
                else:
                    raise
                log.info("what a message belongs to is gone; sending it without", call=endpoint, why=str(error))

    async def _note_move(self, old: int, new: int) -> None:
        log.info("a group has become a supergroup", old=old, new=new)
        try:
            await self._on_move(old, new)
        except PASSING as error:  # the next call hears of it again
            log.error("what is kept of a group could not be moved", why=cause_of(error))


def may_go_without_reply(data: dict[str, Any]) -> bool:
    """Whether a call is a reply, and would rather be none than not be made."""
    return bool(getattr(data.get(REPLY), "allow_sending_without_reply", False))


def name_topic(endpoint: str, data: dict[str, Any]) -> dict[str, Any]:
    """Call a topic of a channel's direct messages by the name that it has at Telegram; here its number is below 0."""
    topic = data.get(TOPIC)
    if topic is None or topic >= 0:
        return data
    named = {} if endpoint == "sendChatAction" else {"direct_messages_topic_id": -topic}
    return _without(data, TOPIC) | named


def _without(data: dict[str, Any], gone: str) -> dict[str, Any]:
    return {name: value for name, value in data.items() if name != gone}
