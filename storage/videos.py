"""Videos that renders brought: the latest of a place, one that can be had again, and the same one once more."""

from dataclasses import replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import for_one_statement
from storage.renders import Render, Stage, first_render, render_of
from storage.tables import cast, objects, renders

PRESENTERS = sa.select(cast.c.portrait_sha).where(cast.c.chat_id == 0)
SAME_FOR = ("portrait_sha", "voice_sha", "engine", "model", "ratio", "style", "resolution")
"""What makes two videos the same, but for their marks: both are made from one master."""

ALIKE = (
    sa.select(renders)
    .where(sa.or_(renders.c.chat_id == sa.bindparam("chat_id"), renders.c.portrait_sha.in_(PRESENTERS)))
    .where(*(renders.c[name] == sa.bindparam(name) for name in SAME_FOR), renders.c.id != sa.bindparam("id"))
    .limit(1)
)
NEWEST = (renders.c.created_at.desc(), renders.c.id.desc())
AS_IT_IS = sa.and_(renders.c.video_file_id.is_not(None), renders.c.mark == sa.bindparam("mark"))
SAME = ALIKE.where(sa.or_(AS_IT_IS, sa.exists().where(objects.c.sha == renders.c.video_sha))).order_by(
    sa.case((AS_IT_IS, 0), else_=1), *NEWEST
)
LAST_VIDEO = (
    sa.select(renders)
    .where(*(renders.c[name] == sa.bindparam(name) for name in ("chat_id", "thread_id")))
    .where(renders.c.ended_at.is_not(None), renders.c.video_sha.is_not(None))
    .order_by(renders.c.ended_at.desc(), renders.c.id.desc())
    .limit(1)
)


async def delivered_renders(database: AsyncEngine, chat_id: int, user_id: int, most: int) -> list[Render]:
    """Return the last videos of a person in a chat that can be had again, newest first."""
    can = sa.or_(renders.c.video_file_id.is_not(None), renders.c.video_sha.is_not(None))
    theirs = sa.and_(renders.c.chat_id == chat_id, renders.c.user_id == user_id)
    query = sa.select(renders).where(theirs, can, renders.c.stage == Stage.DELIVERED)
    async with database.connect() as connection:
        rows = (await connection.execute(query.order_by(renders.c.created_at.desc()).limit(most))).mappings()
        return [render_of(row) for row in rows]


async def last_video(database: AsyncEngine, chat_id: int, thread_id: int) -> Render | None:
    """Return the latest render that ended in a chat and topic with a video of its own, delivered or not."""
    return await first_render(database, LAST_VIDEO, chat_id=chat_id, thread_id=thread_id)


async def note_delivered(database: AsyncEngine, render_id: str, reason: str | None = None, **columns: Any) -> None:
    """Note that the video of a render that had ended without it has been sent after all."""
    change = sa.update(renders).where(renders.c.id == render_id)
    async with for_one_statement(database) as connection:
        await connection.execute(change.values(stage=Stage.DELIVERED, reason=reason, **columns))


async def same_video(database: AsyncEngine, render: Render) -> Render | None:
    """Return the newest delivered video of the same portrait, voice, options and mark in the same chat.

    Of one with another mark, or that Telegram has lost, the master will do, without Telegram's id, where it is kept.
    A presenter's may be from another chat: the portrait is everybody's, and whoever has the same bytes of a voice hears
    nothing new.
    """
    alike = {name: getattr(render, name) for name in ("id", "chat_id", *SAME_FOR)}
    found = await first_render(database, SAME, **alike, mark=render.mark)
    if found is None or (found.video_file_id is not None and found.mark == render.mark):
        return found
    return replace(found, video_file_id=None)


async def forget_file_id(database: AsyncEngine, file_id: str) -> None:
    """Clear a file id that Telegram does not know any more from all renders."""
    change = sa.update(renders).where(renders.c.video_file_id == file_id).values(video_file_id=None)
    async with for_one_statement(database) as connection:
        await connection.execute(change)
