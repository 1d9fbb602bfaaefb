"""Letting go of what is old: files, finished renders, handled updates, expired links, and who a payment was for."""

import asyncio
import time
from datetime import timedelta

import structlog

from bot.render.parts import Parts
from bot.render.workflow import Workflows
from storage.business import forget_old_replies
from storage.consents import forget_old_consents
from storage.drafts import forget_old_drafts
from storage.duets import forget_old_duets
from storage.formats import forget_old_formats
from storage.inbox import forget_old_updates
from storage.intake import forget_old_days
from storage.ledger import forget_chats
from storage.renders import forget_old_renders
from storage.strange_tasks import forget_strange_tasks
from storage.verdicts import forget_old_verdicts

log = structlog.get_logger(__name__)

HOUSEKEEPING_SECONDS = 3600.0
VERDICTS_KEPT = timedelta(days=90)
"""A photo that comes again after so long is looked at, and paid, again."""


async def keep_house(parts: Parts, workflows: Workflows, days: int) -> None:
    """Let go of what is old, every hour.

    Args:
        days: how long files and finished renders are kept after their last use.
    """
    database = parts.database
    while True:
        try:
            now = time.time()
            old = now - timedelta(days=days).total_seconds()
            await forget_old_updates(database)
            await forget_old_drafts(database, old)
            await workflows.forget_finished(old)
            await forget_old_renders(database, old)
            await forget_old_consents(database, old)
            await forget_old_formats(database, old)
            await forget_old_days(database, old)
            await forget_old_duets(database, old)
            await forget_old_replies(database, old)
            await forget_chats(database, old)
            await forget_old_verdicts(database, now - VERDICTS_KEPT.total_seconds())
            await forget_strange_tasks(database, old)
            await parts.links.remove_old()
            removed = await parts.objects.remove_unused(old)
            log.info("old files and rows went", files=removed)
        except Exception:
            log.exception("housekeeping broke; it is tried again in an hour")
        await asyncio.sleep(HOUSEKEEPING_SECONDS)
