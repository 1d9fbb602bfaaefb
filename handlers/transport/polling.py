"""Ask Telegram for updates, and confirm none before it is written down."""

import asyncio
import json
import time
from collections.abc import Sequence
from urllib.parse import urlencode

import structlog
from sqlalchemy.exc import SQLAlchemyError
from telegram import Bot
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError
from telegram.request import BaseRequest

from bot.backoff import growing_pauses
from handlers.transport.inbox import App, parse_json, take, updates_in
from handlers.transport.sending import NONSENSE, retry_seconds
from storage.inbox import Body
from storage.passing import cause_of

log = structlog.get_logger(__name__)

ALLOWED_UPDATES = [
    "message",
    "edited_message",
    "callback_query",
    "my_chat_member",
    "business_connection",
    "business_message",
]
POLL_SECONDS = 30
CONFLICT_TRIES, CONFLICT_PAUSE = 4, 1.0
CONFLICT_AT = "conflict_at"
"""Under which an application's data say when another bot last took the updates, by the monotonic clock."""


class TwoBots(Exception):
    """Another process takes the updates of this bot's token."""


async def get_updates(bot: Bot, request: BaseRequest, offset: int) -> Sequence[Body]:
    """Ask for updates, and leave them unparsed: one that the library cannot read must not stop the others.

    Raises:
        TelegramError: there is no answer, or a refusal.
    """
    asked = {"offset": offset, "timeout": POLL_SECONDS, "allowed_updates": json.dumps(ALLOWED_UPDATES)}
    address = f"{bot.base_url}/getUpdates?{urlencode(asked)}"
    payload = await request.retrieve(address, read_timeout=POLL_SECONDS + 10)
    answer = parse_json(payload)
    given = answer.get("result") if isinstance(answer, dict) else None
    found = updates_in(given)
    if not found and given != []:
        raise TelegramError(NONSENSE)
    return found


async def poll(application: App, request: BaseRequest, newcomer: float) -> None:
    """Ask Telegram for updates until cancelled. Each question confirms that the last answer is written down.

    Args:
        request: a connection of its own, for a question stands open for half a minute.
        newcomer: seconds of polling after which this bot stays, and another one that begins to poll is to give up.

    Raises:
        TwoBots: another process polls with the same token, and did so first.
        InvalidToken: Telegram does not know the token.
    """
    offset, conflicts, began = 0, 0, time.monotonic()
    pauses = growing_pauses(1.0, 30.0)
    while True:
        pause = next(pauses)
        try:
            updates = await get_updates(application.bot, request, offset)
            await take(application, updates)
        except RetryAfter as error:
            pause = retry_seconds(error)
        except Conflict as error:
            application.bot_data[CONFLICT_AT] = time.monotonic()
            conflicts += 1  # right after a restart the old process's question may still be open
            if conflicts >= CONFLICT_TRIES and time.monotonic() - began < newcomer:
                raise TwoBots(
                    "another bot takes the updates of this token, or a webhook is set: stop that, and start this again"
                ) from error
            log.error("another bot takes the updates of this token, or a webhook is set: stop that", count=conflicts)
            await asyncio.sleep(CONFLICT_PAUSE)
            continue
        except InvalidToken:
            raise
        except TelegramError as error:
            log.warning("Telegram cannot be reached", why=str(error), again_in=round(pause, 1))
        except SQLAlchemyError as error:
            log.error("updates cannot be written down", why=cause_of(error), again_in=round(pause, 1))
        except Exception:
            log.exception("updates cannot be taken; this must not end the bot", again_in=round(pause, 1))
        else:
            offset = max((update["update_id"] + 1 for update in updates), default=offset)
            pauses = growing_pauses(1.0, 30.0)
            continue
        await asyncio.sleep(pause)
