"""The library's application, which handles an update again where the database went away under it."""

import asyncio
from typing import Any

import structlog
from telegram import Update
from telegram.ext import Application

from bot.backoff import growing_pauses
from storage.passing import PASSING, cause_of

log = structlog.get_logger(__name__)

AGAIN_PAUSE, LONGEST_AGAIN_PAUSE = 0.2, 30.0
"""Seconds before an update is handled again whose handler lost the database."""

MOST_TRIES = 5
"""Times that the database may go away under one update."""


class GaveUp(Exception):
    """An update was begun many times, and never finished."""


class PatientApplication(Application[Any, Any, Any, Any, Any, Any]):
    """Handles an update again where the database went away under it, and says nothing of that to anybody."""

    async def process_update(self, update: object) -> None:
        """Handle an update; what its handler has done by then it finds done, as after a kill."""
        for tries, pause in enumerate(growing_pauses(AGAIN_PAUSE, LONGEST_AGAIN_PAUSE), start=1):
            try:
                await super().process_update(update)
            except PASSING as error:
                if tries == MOST_TRIES:
                    log.error("an update is given up: the database did not take it", why=cause_of(error), tries=tries)
                    await self.process_error(update, GaveUp())
                    return
                log.warning("the database went away under an update; it is handled again", why=cause_of(error))
                await asyncio.sleep(pause)
            else:
                return

    async def process_error(self, update: object, error: Exception, job: Any = None, coroutine: Any = None) -> bool:
        """Tell of an error, unless it is one of a database that will be back."""
        if isinstance(error, PASSING) and isinstance(update, Update):
            raise error
        return await super().process_error(update, error, job, coroutine)
