"""Letting go of what is old: files, finished renders, handled updates, expired links."""

import asyncio
import time
from datetime import timedelta

import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.workflow import Workflows
from storage.drafts import forget_old_drafts
from storage.inbox import forget_old_updates
from storage.links import Links
from storage.objects import Objects
from storage.renders import forget_old_renders

log = structlog.get_logger(__name__)

HOUSEKEEPING_SECONDS = 3600.0
KEPT = timedelta(days=7)
"""How long files and finished renders are kept after their last use."""


async def keep_house(engine: AsyncEngine, objects: Objects, links: Links, workflows: Workflows) -> None:
    """Let go of what is old, every hour."""
    while True:
        try:
            old = time.time() - KEPT.total_seconds()
            await forget_old_updates(engine)
            await forget_old_drafts(engine, old)
            await workflows.forget_finished(old)
            await forget_old_renders(engine, old)
            await links.remove_old()
            removed = await objects.remove_unused(old)
            log.info("old files and rows went", files=removed)
        except Exception:
            log.exception("housekeeping broke; it is tried again in an hour")
        await asyncio.sleep(HOUSEKEEPING_SECONDS)
