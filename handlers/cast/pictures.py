"""Faces as pictures: one by itself, or several on a sheet, each with its number."""

import asyncio
from collections.abc import Sequence
from contextlib import AsyncExitStack
from pathlib import Path

import structlog

from bot.media.child import run_limited
from bot.media.errors import MediaError
from bot.media.jobs import draw_sheet, shrink_portrait
from handlers.context import Services
from storage.objects import Object
from storage.store import StoreTrouble

log = structlog.get_logger(__name__)


async def small_picture(services: Services, sha: str) -> bytes | None:
    """Return a portrait as a small JPEG; None where it is gone."""
    objects = services.resources.objects
    portrait = await objects.get(sha)
    if portrait is None:
        return None
    with objects.scratch() as folder:
        target = folder / "picture"
        try:
            async with objects.reading(portrait) as path:
                await run_limited(shrink_portrait(path, target))
            return await asyncio.to_thread(target.read_bytes)
        except (MediaError, OSError, StoreTrouble) as error:
            log.warning("a face cannot be shown", why=str(error))
            return None


async def sheet_of(services: Services, shas: Sequence[str]) -> bytes | None:
    """Return portraits as one picture, in this order and with their numbers; None where it cannot be had.

    What is gone leaves its place empty.
    """
    objects = services.resources.objects
    kept = await objects.get_all(*shas)
    async with AsyncExitStack() as stack:

        async def reach(portrait: Object | None) -> Path | None:
            if portrait is None:
                return None
            try:
                path = await stack.enter_async_context(objects.reading(portrait))
            except StoreTrouble as error:
                log.warning("a face of several cannot be shown", why=str(error))
                return None
            return path if await asyncio.to_thread(path.exists) else None

        found = await asyncio.gather(*(reach(kept.get(sha)) for sha in shas))
        portraits = {number: path for number, path in enumerate(found, start=1) if path is not None}
        if not portraits:
            return None
        target = stack.enter_context(objects.scratch()) / "sheet"
        try:
            await run_limited(draw_sheet(portraits, target, tiles=len(shas)))
            return await asyncio.to_thread(target.read_bytes)
        except (MediaError, OSError) as error:
            log.warning("faces cannot be shown", why=str(error))
            return None
