"""Turns: each free slot goes to the render that is next, one for each chat, and by turns between chats."""

import asyncio
import time
from collections.abc import Awaitable, Callable

import structlog

from bot.render.resources import Resources
from bot.render.slots import Slots
from storage.passing import PASSING, cause_of
from storage.queue import begin_render, next_in_queue
from storage.switches import PAUSED, is_on

log = structlog.get_logger(__name__)

CHATS_KEPT = 1000
LOOK_AGAIN_SECONDS = 1.0
"""Until the next look at the queue when the database did not answer."""

TURN = "turn"
"""The word between machines that somebody may have a turn."""


class Turns:
    """Gives the slots of one machine to those that wait.

    Args:
        launch: begins the workflow of a render that has its turn.
    """

    def __init__(self, resources: Resources, slots: Slots, launch: Callable[[str], Awaitable[None]]) -> None:
        self._resources = resources
        self._slots = slots
        self._launch = launch
        self._me = resources.machine.id or ""
        self._asked = False
        """Whether somebody waits of whom the other machines have not heard."""
        self._last: dict[int, float] = {}
        """When each chat had its last turn, in the order of these; of the latest `CHATS_KEPT`."""

    def ask(self) -> None:
        """Note that somebody waits: they have a turn here, or on another machine that has a slot free."""
        self._asked = True
        self._slots.changed.set()

    async def keep_giving(self) -> None:
        """Give every free slot to who is next, whenever something has changed, until cancelled."""
        while True:
            await self._until_changed()
            try:
                await self.give()
            except Exception as error:  # whatever it was: without this task, nobody would have a turn any more
                why, known = cause_of(error), isinstance(error, PASSING)
                log.error("no turn could be given", why=why, again_in=LOOK_AGAIN_SECONDS, exc_info=not known)
                await asyncio.sleep(LOOK_AGAIN_SECONDS)
                self.ask()

    async def give(self) -> None:
        """Give every free slot to who is next; let the other machines hear of those who are left."""
        self._slots.changed.clear()
        left, self._asked = self._asked, False
        while self._slots.has_room and (left := await self._give_one()):
            pass
        if left:
            await self._resources.machine.call(TURN)

    async def _until_changed(self) -> None:
        """Wait until somebody may have a slot, also because an account is to be tried again."""
        while not self._slots.changed.is_set():
            try:
                async with asyncio.timeout(self._resources.accounts.next_trial):
                    await self._slots.changed.wait()
            except TimeoutError:
                self._slots.pass_on()

    async def _give_one(self) -> bool:
        """Begin the next render, if one waits that may begin; returns whether to look again."""
        found, others = await next_in_queue(self._resources.database, self._slots.chats, self._last, self._me)
        if found is None or await is_on(self._resources.database, PAUSED):
            return False  # whoever resumes says that something has changed
        render = await begin_render(self._resources.database, found.id, self._me, in_turn_of=found.chat_id)
        if render is None:
            return True  # it was cancelled, or another machine was quicker; its chat may have another one
        self._slots.take(render)
        self._last.pop(render.chat_id, None)
        self._last[render.chat_id] = time.monotonic()
        if len(self._last) > CHATS_KEPT:
            del self._last[next(iter(self._last))]
        await self._launch(render.id)
        return others
