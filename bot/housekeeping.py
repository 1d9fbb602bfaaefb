"""Letting go of what is old: files, finished renders, handled updates, expired links; and what was counted.

Where the disk gets full, files go before their time.
"""

import asyncio
from datetime import timedelta

import structlog

from bot.render.ordering import let_questions_go
from bot.render.resources import Resources
from bot.render.workflow import Workflows
from storage.book import month_of
from storage.broadcasts import forget_old_broadcasts
from storage.business import forget_old_replies
from storage.cast import forget_unused_faces
from storage.clock import unix_now
from storage.consents import forget_old_consents
from storage.counts import forget_old_counts
from storage.cut_off import forget_old_cut_off
from storage.drafts import forget_old_drafts
from storage.duets import forget_old_duets
from storage.formats import forget_old_formats
from storage.inbox import forget_old_updates
from storage.name_questions import forget_old_name_questions
from storage.objects import Objects
from storage.passing import PASSING, cause_of
from storage.renders import forget_old_renders
from storage.reservations import forget_old_reservations
from storage.showings import forget_old_showings
from storage.sightings import forget_old_sightings
from storage.store import StoreAway
from storage.strange_tasks import forget_strange_tasks
from storage.verdicts import forget_old_verdicts

log = structlog.get_logger(__name__)

HOUSEKEEPING_SECONDS, SOON_SECONDS = 3600.0, 60.0
COUNTS_KEPT = timedelta(days=62)
"""Longer than any budget's month; the ledger keeps the sums."""

VERDICTS_KEPT = timedelta(days=90)
"""A photo that comes again after so long is looked at, and paid, again."""
QUESTIONS_KEPT = timedelta(days=1)
"""How long a video waits for somebody's yes to its price."""

COPIES_SECONDS = 60.0
ROOM_SECONDS = 60.0
LEAST_KEPT, FACES = timedelta(days=1), timedelta(days=30)
"""What was used within a day stays, however full the disk is, and a saved face within a month."""


async def keep_house(resources: Resources, workflows: Workflows, days: int, faces_days: int, free_bytes: int) -> None:
    """Let go of what is old every hour, and see to it every minute that the disk has room.

    Args:
        days: how long files and finished renders are kept after their last use, where there is room.
        faces_days: the same of the faces that chats have saved.
        free_bytes: of the disk, that are to stay free.
    """
    async with asyncio.TaskGroup() as both:
        both.create_task(_keep_tidy(resources, workflows, days, faces_days))
        both.create_task(_keep_room(resources, workflows, days, free_bytes))


async def keep_copies(objects: Objects) -> None:
    """See every minute, on each machine, that what was deleted is gone from it, and from a bucket that was away."""
    while True:
        await asyncio.sleep(COPIES_SECONDS)
        try:
            await objects.tidy()
        except PASSING as error:
            log.warning("copies could not be compared with the database", why=cause_of(error))
        except Exception:
            log.exception("tidying copies broke; it is tried again in a minute")


async def _keep_tidy(resources: Resources, workflows: Workflows, days: int, faces_days: int) -> None:
    database = resources.database
    while True:
        try:
            now = unix_now()
            old = now - timedelta(days=days).total_seconds()
            await forget_old_updates(database)
            await forget_old_consents(database, old)
            await forget_old_sightings(database, old)
            await forget_old_showings(database, old)
            await forget_old_name_questions(database, old)
            await forget_old_formats(database, old)
            await forget_old_replies(database, old)
            await forget_old_broadcasts(database, old)
            ended = resources.money.book.day(now - COUNTS_KEPT.total_seconds())
            await forget_old_counts(database, month_of(ended))
            await forget_old_reservations(database, ended)
            await forget_old_verdicts(database, now - VERDICTS_KEPT.total_seconds())
            await forget_strange_tasks(database, old)
            await forget_old_cut_off(database)
            await let_questions_go(resources, now - QUESTIONS_KEPT.total_seconds())
            await forget_unused_faces(database, now - timedelta(days=faces_days).total_seconds())
            await resources.links.remove_old()
            removed = await _let_files_go(resources, workflows, old)
            log.info("old files and rows went", files=removed)
            pause = HOUSEKEEPING_SECONDS
        except (*PASSING, StoreAway) as error:
            pause = SOON_SECONDS
            log.warning("housekeeping lost the database or the files", why=cause_of(error), again_in=pause)
        except Exception:
            pause = HOUSEKEEPING_SECONDS
            log.exception("housekeeping broke; it is tried again in an hour")
        await asyncio.sleep(pause)


async def _keep_room(resources: Resources, workflows: Workflows, days: int, free_bytes: int) -> None:
    """Let files go before their time while the disk has less room than wanted, and tell where that does not help."""
    is_full = False
    while True:
        try:
            was_full, is_full = is_full, not await make_room(resources, workflows, days, free_bytes)
            if is_full and not was_full:
                log.error(
                    "the disk is nearly full, and nothing old is left to go; people's files are refused when half of "
                    "KEEP_FREE_MB is gone: make room, or lower it",
                    free_mb=resources.objects.free_bytes() // 1_000_000,
                )
        except Exception:
            log.exception("making room broke; it is tried again in a minute")
        await asyncio.sleep(ROOM_SECONDS)


async def make_room(resources: Resources, workflows: Workflows, days: int, free_bytes: int) -> bool:
    """Let go of the oldest files, a half of their days at a time, until there is room; return whether there is.

    Last go faces that nobody has let speak for a month.
    """
    if (bucket := resources.objects.bucket) is not None:  # what is deleted there makes no room here
        bucket.copies.shrink(free_bytes - resources.objects.free_bytes())
        return resources.objects.free_bytes() >= free_bytes
    kept = timedelta(days=days)
    while resources.objects.free_bytes() < free_bytes:
        if kept <= LEAST_KEPT and not await forget_unused_faces(resources.database, unix_now() - FACES.total_seconds()):
            return False
        kept = max(kept / 2, LEAST_KEPT)
        removed = await _let_files_go(resources, workflows, unix_now() - kept.total_seconds())
        if removed:
            log.warning("the disk is nearly full; files went early", unused_for=str(kept), files=removed)
    return True


async def _let_files_go(resources: Resources, workflows: Workflows, old: float) -> int:
    """Delete what holds files and is older than a Unix time, then the files; return how many."""
    await forget_old_drafts(resources.database, old)
    await workflows.forget_finished(old)
    await forget_old_renders(resources.database, old)
    await forget_old_duets(resources.database, old)
    return await resources.objects.remove_unused(old)
