"""Whether this machine reaches what it works with beside the database.

One that has lost its way to Telegram still gives signs of life, so nobody would take up what it has in hand, and where
it leads, nobody would ask for updates. So each machine looks, and says with its signs of life what it misses. One that
misses for long what another one reaches ends its life in order, and does not begin another one before it is of use.
Where nobody reaches it, all wait: to hand over would help nobody.
"""

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass

import aiohttp
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine
from yarl import URL

from bot.render.machine import GivenUp, Machine, own_name
from storage.clock import monotonic
from storage.cut_off import forget_cut_off, note_cut_off
from storage.machines import reached_by_others

log = structlog.get_logger(__name__)

ANSWER_SECONDS = 10.0
"""For which an answer is waited for, whatever it says: that one comes is all that counts."""


class CutOff(GivenUp):
    """A machine misses what others reach, and leaves what it had in hand to them."""


@dataclass(frozen=True)
class Way:
    """A way out.

    Args:
        name: of what it leads to, for the operator.
        address: of which the host is asked, for nothing.
        proxy: that leads there.
    """

    name: str
    address: str
    proxy: str | None = None


class Reach:
    """What can be reached, as this machine has seen it last."""

    def __init__(self, ways: Sequence[Way]) -> None:
        self._ways = ways
        self._behind_since: dict[str, float] = {}
        self.misses: frozenset[str] = frozenset()
        """What did not answer at the last look."""

    async def look(self) -> None:
        """Ask everything at once."""
        limit = aiohttp.ClientTimeout(total=ANSWER_SECONDS)
        async with aiohttp.ClientSession(timeout=limit, cookie_jar=aiohttp.DummyCookieJar()) as session:
            answers = await asyncio.gather(*(_answers(session, way) for way in self._ways))
        self.misses = frozenset(way.name for way, is_there in zip(self._ways, answers, strict=True) if not is_there)

    def compare(self, others: frozenset[str], longest: float) -> frozenset[str]:
        """Return what others have reached for so many seconds at each look, and this machine has not.

        Args:
            others: what of all that is missed others reach now: whoever has just found it again is not ahead for long.
        """
        now, before = monotonic(), self._behind_since
        self._behind_since = {name: before.get(name, now) for name in others}
        return frozenset(name for name, since in self._behind_since.items() if now - since >= longest)


async def _answers(session: aiohttp.ClientSession, way: Way) -> bool:
    """Return whether anything comes back from a host; a certificate that is not liked came from there, too."""
    try:
        async with session.get(URL(way.address).origin(), proxy=way.proxy, allow_redirects=False):
            return True
    except aiohttp.ClientSSLError:
        return True
    except (aiohttp.ClientError, TimeoutError, OSError, ValueError):
        return False


async def stay_in_reach(machine: Machine, reach: Reach, pause: float, longest: float) -> None:
    """Look now and then, as long as there are other machines, until cancelled.

    Args:
        pause: seconds between two looks.
        longest: seconds for which something may be missed while another machine reaches it.

    Raises:
        CutOff: it was missed for longer.
    """
    while True:
        await asyncio.sleep(pause)
        if machine.company.count > 1:
            await reach.look()
        machine.misses = reach.misses
        if lost := reach.compare(machine.company.others_reach(reach.misses), longest):
            names = " and ".join(sorted(lost))
            raise CutOff(f"{names} cannot be reached from here; other machines reach it, and go on with everything")


async def wait_for_a_way(database: AsyncEngine, reach: Reach, pause: float) -> None:
    """Return when this machine reaches all that a machine that lives does; say meanwhile what it waits for."""
    name = own_name()
    told: frozenset[str] = frozenset()
    while True:
        await reach.look()
        lost = await reached_by_others(database, reach.misses)
        if not lost:
            await forget_cut_off(database, name)
            return
        await note_cut_off(database, name, lost)
        if lost != told:
            log.error("other machines work; this one joins them when it reaches what they do", missing=sorted(lost))
            told = lost
        await asyncio.sleep(pause)
