"""Take updates from Telegram so that none is lost and none is handled twice.

Each update is written down before Telegram is told that it arrived. One person's updates are handled one after the
other, different people's side by side. An update is marked when it is handled; what a killed process left is handled at
the next start.
"""

import asyncio
import inspect
import json
import re
import sys
import time
from collections.abc import Awaitable, Sequence
from functools import partial
from typing import Any
from urllib.parse import urlencode

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import Bot, Chat, Update, User
from telegram.error import Conflict, InvalidToken, RetryAfter, TelegramError
from telegram.ext import Application, BaseUpdateProcessor
from telegram.request import BaseRequest

from bot.backoff import growing_pauses
from bot.locks import KeyedLocks
from handlers.texts.language import speaking
from handlers.transport.patient_application import GaveUp
from handlers.transport.sending import NONSENSE, retry_seconds
from storage.choices import read_choices
from storage.inbox import Body, mark_handled, note_try, write_updates
from storage.passing import cause_of, until_written

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
AT_ONCE = 256
"""Updates that are handled at a time, without those that wait for their person's turn."""

MOST_TRIES = 5
"""Processes that may begin an update: the one that wrote it down, and four more."""

CONFLICT_TRIES, CONFLICT_PAUSE = 4, 1.0
CONFLICT_AT = "conflict_at"
"""Under which an application's data say when another bot last took the updates, by the monotonic clock."""

App = Application[Any, Any, Any, Any, Any, Any]


class TwoBots(Exception):
    """Another process takes the updates of this bot's token."""


class PerPersonProcessor(BaseUpdateProcessor):
    """Handles updates of one person in one chat in turn, others side by side, and marks each when it is done.

    Args:
        left: updates that earlier processes did not finish; each new try is counted.
        aside: matches the data of buttons that wait for no turn: what they begin takes long, and nothing else needs it.
    """

    def __init__(
        self,
        database: AsyncEngine,
        left: Sequence[tuple[Body, int]] = (),
        aside: re.Pattern[str] | None = None,
    ) -> None:
        super().__init__(sys.maxsize)  # PTB takes a slot before the person's turn: one person would take them all
        self._database = database
        self._aside = aside
        self._left = {body["update_id"] for body, _ in left}
        self._locks = KeyedLocks()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._in_hand: set[asyncio.Task[Any]] = set()
        self._taken: set[int] = set()

    def takes(self, update_id: int) -> bool:
        """Take an update in hand until it is marked; False where it is already."""
        if update_id in self._taken:
            return False
        self._taken.add(update_id)
        return True

    async def mark(self, update_id: int) -> None:
        """Mark an update as handled."""
        await until_written(partial(mark_handled, self._database, update_id))
        self._taken.discard(update_id)

    async def do_process_update(self, update: object, coroutine: Awaitable[Any]) -> None:
        """Wait for the person's turn, handle, mark."""
        task = asyncio.current_task()
        if task is None or not isinstance(update, Update):
            await coroutine
            return
        chat, person = _who(update)
        turn = update.update_id if self._is_aside(update) else (chat and chat.id, person and person.id)
        self._in_hand.add(task)
        try:
            async with self._locks.hold(turn), self._slots:
                if update.update_id in self._left:
                    await until_written(partial(note_try, self._database, update.update_id))
                try:
                    with speaking(await language_of(self._database, chat, person)):
                        await coroutine
                except Exception:
                    log.exception("an update could not be handled to its end", update=update.update_id)
                await self.mark(update.update_id)
        finally:
            self._in_hand.discard(task)
            if inspect.iscoroutine(coroutine):
                coroutine.close()  # or Python warns of one that was cancelled before its turn

    def _is_aside(self, update: Update) -> bool:
        data = update.callback_query.data if update.callback_query is not None else None
        return self._aside is not None and data is not None and self._aside.fullmatch(data) is not None

    async def cut(self) -> int:
        """Cancel the updates in hand or waiting; they stay unhandled. Return how many there were."""
        count = 0
        while self._in_hand:
            tasks = list(self._in_hand)
            count += len(tasks)
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        return count

    async def initialize(self) -> None:
        """Nothing to prepare."""

    async def shutdown(self) -> None:
        """Nothing to end."""


def _who(update: Update) -> tuple[Chat | None, User | None]:
    """Return whose turn an update is; nobody's where the library cannot tell."""
    try:
        return update.effective_chat, update.effective_user
    except Exception:
        log.exception("whose update it is cannot be read", update=update.update_id)
        return None, None


async def language_of(database: AsyncEngine, chat: Chat | None, person: User | None) -> str | None:
    """Return the language that a chat has chosen, or else the person's own."""
    own = person.language_code if person else None
    if chat is None:
        return own
    try:
        return (await read_choices(database, chat.id)).language or own
    except SQLAlchemyError:
        return own


async def resume(application: App, database: AsyncEngine, left: Sequence[tuple[Body, int]]) -> None:
    """Handle what an earlier process wrote down but did not finish; give up what many could not finish."""
    for body, tries in left:
        if tries < MOST_TRIES:
            await _queue(application, dict(body))
            continue
        log.error("an update is given up: no process came to its end", update=body["update_id"], tries=tries)
        await until_written(partial(mark_handled, database, body["update_id"]))
        if (update := read_update(application, dict(body))) is not None:
            await application.process_error(update, GaveUp())


async def take(application: App, database: AsyncEngine, bodies: Sequence[Body]) -> None:
    """Write updates down as they came, and hand to the handlers those that are neither handled nor in hand."""
    for body in await write_updates(database, bodies):
        await _queue(application, dict(body))


async def take_webhook(application: App, database: AsyncEngine, body: bytes) -> None:
    """Take one update of a webhook. Skip what is no update, or Telegram would send it for ever."""
    await take(application, database, updates_in([parse_json(body)]))


def parse_json(payload: bytes) -> object:
    """Parse JSON; return None for anything else. Log neither: it may hold people's words."""
    try:
        return json.loads(payload)
    except (ValueError, RecursionError):
        return None


def updates_in(answer: object) -> Sequence[Body]:
    """Return the updates in an answer of Telegram, as they came; log and leave out what is none."""
    if not isinstance(answer, list):
        log.error("what should be updates is none", kind=type(answer).__name__)
        return []
    found = [each for each in answer if isinstance(each, dict) and type(each.get("update_id")) is int]
    if len(found) < len(answer):
        log.error("what should be an update has no number, and is skipped", count=len(answer) - len(found))
    return found


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


async def poll(application: App, database: AsyncEngine, request: BaseRequest, newcomer: float) -> None:
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
            await take(application, database, updates)
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


async def _queue(application: App, body: dict[str, Any]) -> None:
    processor = application.update_processor
    assert isinstance(processor, PerPersonProcessor)  # noqa: S101
    if not processor.takes(body["update_id"]):
        return
    update = read_update(application, body)
    if update is None:
        await processor.mark(body["update_id"])
    else:
        await application.update_queue.put(update)


def read_update(application: App, body: dict[str, Any]) -> Update | None:
    """Return the update of a body; None for one that python-telegram-bot cannot read, now or later."""
    try:
        return Update.de_json(body, application.bot)
    except Exception:
        log.exception("an update cannot be read", update=body["update_id"])
        return None


async def stop_handling(application: App, processor: PerPersonProcessor, seconds: float) -> None:
    """Let the updates in hand come to their end, for a few seconds; then they are cut, and are still in the inbox."""
    try:
        async with asyncio.timeout(seconds):
            await application.stop()
    except TimeoutError:
        cut = await processor.cut()
        log.warning("some updates were still being handled; they are handled again at the next start", count=cut)
