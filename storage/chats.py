"""What is known of a chat as a whole."""

import time

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.objects import Objects
from storage.renders import Stage
from storage.tables import cast, drafts, renders

DRAFT_SHAS = (drafts.c.portrait_sha, drafts.c.voice_sha, cast.c.portrait_sha)
RENDER_SHAS = (renders.c.portrait_sha, renders.c.voice_sha, renders.c.video_sha)


async def settle_chat(engine: AsyncEngine, objects: Objects, chat_id: int) -> int:
    """Let go of a chat that cannot be answered any more: drafts, cast, open renders, and the files only it had.

    Returns:
        How many files went.
    """
    async with engine.begin() as connection:
        here: set[str] = set()
        for column in (*DRAFT_SHAS, *RENDER_SHAS):
            mentioned = sa.select(column).where(column.table.c.chat_id == chat_id, column.is_not(None))
            here |= set((await connection.execute(mentioned)).scalars())
        for table in (drafts, cast):
            await connection.execute(sa.delete(table).where(table.c.chat_id == chat_id))
        now = time.time()
        gone = {"stage": Stage.GONE, "reason": "chat_gone", "trouble": None, "ended_at": now, "cancel_asked_at": now}
        await connection.execute(
            sa.update(renders).where(renders.c.chat_id == chat_id, renders.c.ended_at.is_(None)).values(gone)
        )
    removed = 0
    for sha in here:
        if not await _used_elsewhere(engine, sha, chat_id):
            await objects.remove(sha)
            removed += 1
    return removed


async def _used_elsewhere(engine: AsyncEngine, sha: str, chat_id: int) -> bool:
    elsewhere = [
        sa.exists().where(column.table.c.chat_id != chat_id, column == sha) for column in (*DRAFT_SHAS, *RENDER_SHAS)
    ]
    async with engine.connect() as connection:
        return bool((await connection.execute(sa.select(sa.or_(*elsewhere)))).scalar())
