"""Take updates from Telegram so that none is lost and none is handled twice.

Each update is written down before Telegram is told that it arrived. One person's updates are handled one after the
other, different people's side by side. An update is marked when it is handled; what a machine has left that is gone,
another one handles, or the same one at its next start.
"""

import asyncio
import inspect
import json
import re
import sys
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from functools import partial
from typing import Any

import structlog
from sqlalchemy.exc import SQLAlchemyError
from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import Chat, Update, User
from telegram.ext import Application, BaseUpdateProcessor

from bot.locks import KeyedLocks
from bot.render.machine import Machine
from handlers.texts.language import speaking
from handlers.transport.patient_application import GaveUp
from storage.choices import read_choices
from storage.inbox import Body, mark_handled, note_try, take_left, take_turn_left, turn_of, write_updates
from storage.passing import until_written

log = structlog.get_logger(__name__)

AT_ONCE = 256
"""Updates that are handled at a time, without those that wait for their person's turn."""

MOST_TRIES = 5
"""Machines that may begin an update: the one that wrote it down, and four more."""

SWEEP_SECONDS = 5.0
"""Between two looks for updates that are in nobody's hand; there is one at once when a machine comes or goes."""

App = Application[Any, Any, Any, Any, Any, Any]


class PerPersonProcessor(BaseUpdateProcessor):
    """Handles updates of one person in one chat in turn, others side by side, and marks each when it is done.

    Args:
        machine: this one's id; None: there is no other.
        aside: matches the data of buttons that wait for no turn: what they begin takes long, and nothing else needs it.
    """

    def __init__(self, database: AsyncEngine, machine: str | None = None, aside: re.Pattern[str] | None = None) -> None:
        super().__init__(sys.maxsize)  # PTB takes a slot before the person's turn: one person would take them all
        self.database, self.machine = database, machine
        self.follow: Callable[[str], Awaitable[None]] | None = None
        """Called with a turn of which others have left updates in this machine's hand."""
        self._aside = aside
        self._left: set[int] = set()
        self._locks = KeyedLocks()
        self._slots = asyncio.Semaphore(AT_ONCE)
        self._in_hand: set[asyncio.Task[Any]] = set()
        self._taken: dict[int, str] = {}

    def takes(self, body: Body, *, left: bool = False) -> bool:
        """Take an update in hand until it is marked; False where it is already.

        Args:
            left: another machine may have begun it; the new try is counted.
        """
        if body["update_id"] in self._taken:
            return False
        self._taken[body["update_id"]] = turn_of(body)
        if left:
            self._left.add(body["update_id"])
        return True

    async def mark(self, update_id: int) -> None:
        """Mark an update as handled; go on with those of the same turn that came to other machines meanwhile."""
        turn = self._taken.get(update_id, "")
        more = await until_written(partial(mark_handled, self.database, update_id, turn))
        self._taken.pop(update_id, None)
        self._left.discard(update_id)
        if more and self.follow is not None:
            await self.follow(turn)

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
                    await until_written(partial(note_try, self.database, update.update_id))
                try:
                    with speaking(await language_of(self.database, chat, person)):
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


async def resume(application: App) -> None:
    """Handle what machines wrote down that are gone, and did not finish; give up what many could not finish."""
    processor = _processor(application)
    left = await until_written(partial(take_left, processor.database, processor.machine or ""))
    await _go_on(application, left)


async def keep_resuming(application: App, machine: Machine) -> None:
    """Look for what others have left, as long as there are others, until cancelled."""
    moved = machine.watch()
    while True:
        with suppress(TimeoutError):
            async with asyncio.timeout(SWEEP_SECONDS if machine.company.count > 1 else None):
                await moved.wait()
        moved.clear()
        try:
            await resume(application)
        except Exception:  # whatever it was: without this, somebody would wait for ever
            log.exception("what others have left could not be taken")


async def follow(application: App, turn: str) -> None:
    """Handle the updates of one turn that came to other machines while this one was busy with it."""
    processor = _processor(application)
    take = partial(take_turn_left, processor.database, turn, processor.machine or "")
    await _go_on(application, await until_written(take))


async def _go_on(application: App, left: Sequence[tuple[Body, int]]) -> None:
    for body, tries in left:
        if tries < MOST_TRIES:
            await _queue(application, dict(body), left=True)
            continue
        log.error("an update is given up: no machine came to its end", update=body["update_id"], tries=tries)
        await _processor(application).mark(body["update_id"])
        if (update := read_update(application, dict(body))) is not None:
            await application.process_error(update, GaveUp())


async def take(application: App, bodies: Sequence[Body]) -> None:
    """Write updates down as they came, and hand to the handlers those that are this machine's to handle."""
    processor = _processor(application)
    for body in await write_updates(processor.database, bodies, processor.machine):
        await _queue(application, dict(body))


async def take_webhook(application: App, body: bytes) -> None:
    """Take one update of a webhook. Skip what is no update, or Telegram would send it for ever."""
    await take(application, updates_in([parse_json(body)]))


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


async def _queue(application: App, body: dict[str, Any], *, left: bool = False) -> None:
    processor = _processor(application)
    if not processor.takes(body, left=left):
        return
    update = read_update(application, body)
    if update is None:
        await processor.mark(body["update_id"])
    else:
        await application.update_queue.put(update)


def _processor(application: App) -> PerPersonProcessor:
    processor = application.update_processor
    assert isinstance(processor, PerPersonProcessor)  # noqa: S101
    return processor


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
