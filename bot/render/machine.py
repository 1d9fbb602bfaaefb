"""A process among the others that work on the same database: whether it lives, whether it leads, what it holds.

Where a machine cannot give a sign of life in time, others may think it dead. It cannot know, so it does nothing until
it can: every call outside and every statement passes `sure`. If it was given up meanwhile, all that it was doing ends
there, as if the process had been killed at that moment, and the bot starts anew in its place.
"""

import asyncio
import math
import os
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from functools import partial

import psycopg
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.locks import KeyedLocks
from storage.clock import forget, monotonic
from storage.machines import BEAT, LEASE, Company, beat, drop_claim, join, leave, take_claim
from storage.passing import PASSING, cause_of, until_written
from storage.signals import call, listen
from storage.upgrade import newest_revision

log = structlog.get_logger(__name__)

SHORT_PAUSE = 0.2
"""Seconds between two looks of somebody who waits: for a sign of life, or for what another machine holds."""

GRACE = 3.0
"""Seconds before others may give this machine up in which it begins nothing: a call that is under way is heard then."""

LONGEST_BEAT = 3 * BEAT
"""Seconds between two signs of life after which a machine has not watched the others all the time."""


class GivenUp(Exception):
    """A machine gave no sign of life for so long that others have taken up what it had in hand."""


def own_name() -> str:
    """Return host and process, by which the operator knows this machine."""
    return f"{socket.gethostname()}:{os.getpid()}"


class Machine:
    """The process that runs, alone as long as it has not joined others.

    Args:
        database: that they share; None: it is alone.
        heart: the same by connections of its own, for signs of life that wait for nobody; None: nobody else may come.
    """

    def __init__(self, database: AsyncEngine | None = None, heart: AsyncEngine | None = None) -> None:
        self.id: str | None = None
        self.company = Company()
        self.leads = asyncio.Event()
        """Set when this machine does what only one may; it does so until the end of its life."""
        self.misses: frozenset[str] = frozenset()
        """What it does not reach, as it tells the others with its signs of life."""
        self._hear: list[Callable[[Company], None]] = []
        self._database, self._heart = database, heart
        self._sure_until = math.inf
        self._steady_since = math.inf
        self._given_up = False
        self._locks = KeyedLocks()

    async def join(self, version: str) -> None:
        """Begin to live among the others."""
        assert self._database is not None  # noqa: S101
        self._steady_since = monotonic()
        self.id = await join(self._database, own_name(), version, newest_revision())
        if self._heart is None:
            self._see(Company(0, (self.id,), frozenset({version})))
        else:
            self._sure_until = self._steady_since + LEASE - GRACE
            await self._beat()

    async def leave(self) -> None:
        """End this life, so that others need not wait until it is given up."""
        forget()
        database = self._heart or self._database
        if database is not None and self.id is not None and not self._given_up:
            try:
                async with asyncio.timeout(BEAT):
                    await leave(database, self.id)
            except (TimeoutError, *PASSING) as error:
                log.warning("others will wait before they go on with what was in the works", why=cause_of(error))

    async def keep_living(self) -> None:
        """Give signs of life until cancelled.

        Raises:
            GivenUp: see there.
        """
        if self._heart is None:
            await asyncio.Event().wait()
        while True:
            await asyncio.sleep(BEAT)
            try:
                async with asyncio.timeout(LEASE):
                    await self._beat()
            except (TimeoutError, *PASSING) as error:
                if not self.is_sure:
                    log.error("no sign of life reaches the database; everything waits", why=cause_of(error))

    async def _beat(self) -> None:
        assert self._heart is not None  # noqa: S101
        assert self.id is not None  # noqa: S101
        began = monotonic()
        if began > self._sure_until - (LEASE - GRACE) + LONGEST_BEAT:
            self._steady_since = began  # the others may have met what kept this one: they are given time, too
        company = await beat(self._heart, self.id, self.misses, bury=began - self._steady_since >= LEASE)
        if company is None:
            self._given_up = True
            raise GivenUp("this process was given up for dead by others, and starts anew")
        self._sure_until = began + LEASE - GRACE
        self._see(company)

    def _see(self, company: Company) -> None:
        """Take note of who lives."""
        before, self.company = self.company.ids, company
        if before == company.ids:
            return
        if company.count > 1 or len(before) > 1:
            log.info("machines work on this database", count=company.count, leads=company.rank == 0)
        if company.rank == 0:
            self.leads.set()
        for hear in self._hear:
            hear(company)

    def tell(self, hear: Callable[[Company], None]) -> None:
        """Call somebody now, and whenever others come or go."""
        self._hear.append(hear)
        hear(self.company)

    def watch(self) -> asyncio.Event:
        """Return an event that is set now, and whenever others come or go; whoever hears of it clears it."""
        event = asyncio.Event()
        self.tell(lambda _: event.set())
        return event

    @property
    def is_sure(self) -> bool:
        """Whether nobody can have given this machine up."""
        return not self._given_up and monotonic() < self._sure_until

    async def sure(self) -> None:
        """Return when this machine surely lives.

        Raises:
            CancelledError: it was given up; whatever it was doing ends here.
        """
        while not self.is_sure:
            if self._given_up:
                raise asyncio.CancelledError
            await asyncio.sleep(SHORT_PAUSE)

    async def call(self, word: str) -> None:
        """Say a word to the other machines; they do without it where it is lost."""
        if self._database is None or self._heart is None or self.company.count == 1:
            return
        try:
            await call(self._database, word)
        except PASSING as error:
            log.info("a word to the other machines is lost", why=cause_of(error))

    async def keep_hearing(self, hear: Callable[[str], None]) -> None:
        """Hear the words of the machines, this one's too, until cancelled."""
        if self._heart is None:
            return
        while True:
            try:
                await listen(self._heart, hear)
            except (*PASSING, psycopg.Error) as error:
                log.info("the other machines are not heard just now", why=cause_of(error))
            await asyncio.sleep(BEAT)

    def share(self, of: int) -> int:
        """Return this machine's share of so many."""
        return of // self.company.count + (self.company.rank < of % self.company.count)

    async def as_leader(self, work: Callable[[], Awaitable[None]]) -> None:
        """Do what only one may, from when this machine leads."""
        await self.leads.wait()
        await work()

    @asynccontextmanager
    async def hold(self, key: str) -> AsyncIterator[None]:
        """Do something that only one may do at a time, here or on another machine."""
        async with self._locks.hold(key):
            if self._heart is None or self._database is None or self.id is None:
                yield
                return
            take, drop = (partial(do, self._database, key, self.id) for do in (take_claim, drop_claim))
            while not await until_written(take):  # noqa: ASYNC110 - who lets go of it is another process
                await asyncio.sleep(SHORT_PAUSE)
            try:
                yield
            finally:
                await until_written(drop)
