"""Another photo for a render: its voice goes back to the draft, which waits for the photo.

What is not ordered yet ends there, in the same transaction: either nothing was ordered, or it is known that it was.
"""

from dataclasses import asdict
from enum import StrEnum

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.clock import unix_now
from storage.database import put_row
from storage.drafts import BY_KEY, Draft, DraftKey, draft_of, key_of_render
from storage.renders import Render, Stage, render_of
from storage.tables import drafts, renders, tasks

NEW_PHOTO = "new_photo"
"""Why a render ended whose person wanted another photo."""

VOICE = ("voice_sha", "voice_file", "voice_owner_id", "voice_message_id")
PHOTO = ("portrait_sha", "portrait_file", "portrait_owner_id", "portrait_message_id", "album_id")

TOO_LATE = (Stage.FETCHING, Stage.DELIVERING)
"""Stages in which the video is made."""

LOCK = (
    sa.update(renders)
    .where(renders.c.id == sa.bindparam("render_id"))
    .values(stage=renders.c.stage)
    .returning(*renders.c)
)
"""Changes nothing, and holds the row: no order is written meanwhile, and what was written before is seen after it."""

ORDERED = sa.select(
    sa.exists().where(
        tasks.c.render_id == sa.bindparam("render_id"),
        sa.or_(tasks.c.ended_at.is_(None), tasks.c.video_url.is_not(None)),
    )
)
WAITING = (
    sa.select(renders)
    .where(*(renders.c[name] == sa.bindparam(name) for name in ("chat_id", "user_id", "thread_id", "voice_sha")))
    .where(renders.c.reason == NEW_PHOTO)
    .order_by(renders.c.ended_at.desc())
    .limit(1)
)


class PhotoChange(StrEnum):
    """What came of the wish for another photo."""

    WAITS = "waits"
    """Nothing was ordered, and nothing is: the voice waits for the photo."""
    ORDERED = "ordered"
    """The video with the old photo comes all the same; the voice waits for the new one beside it, unless a newer photo
    is there already: then nothing is changed, for nobody said that it is to be paid for."""
    TAKEN = "taken"
    """Another voice waits for a photo already; nothing is changed."""
    ENDED = "ended"
    """The render ended before, in another way."""


async def begin_photo_change(database: AsyncEngine, render: Render) -> tuple[PhotoChange, Draft]:
    """Let the voice of a render wait for another photo; return the draft as it is then. Twice is once.

    A photo that was sent since, and not used yet, stays in the draft.
    """
    key, this = key_of_render(render), {"render_id": render.id}
    async with database.begin() as connection:
        row = (await connection.execute(LOCK, this)).mappings().first()
        draft = await _draft(connection, key)
        now = render_of(row) if row is not None else None
        if now is None or now.ended:
            waits = now is not None and now.reason == NEW_PHOTO
            return (PhotoChange.WAITS if waits else PhotoChange.ENDED), draft
        if draft.voice_sha not in (None, now.voice_sha):
            return PhotoChange.TAKEN, draft
        is_newer = not (draft.portrait_used or draft.portrait_sha in (None, now.portrait_sha))
        if now.stage in TOO_LATE or (await connection.execute(ORDERED, this)).scalar_one():
            return PhotoChange.ORDERED, draft if is_newer else await _let_wait(connection, now, draft)
        gone = {"stage": Stage.CANCELLED, "reason": NEW_PHOTO, "trouble": None, "ended_at": unix_now()}
        await connection.execute(sa.update(renders).where(renders.c.id == now.id).values(gone))
        return PhotoChange.WAITS, await _let_wait(connection, now, draft, with_its_photo=is_newer)


async def _draft(connection: AsyncConnection, key: DraftKey) -> Draft:
    row = (await connection.execute(BY_KEY, asdict(key))).mappings().first()
    return draft_of(key, row) if row else Draft(key)


async def _let_wait(
    connection: AsyncConnection, render: Render, draft: Draft, *, with_its_photo: bool = False
) -> Draft:
    columns = {name: getattr(render, name) for name in VOICE}
    columns |= {} if with_its_photo else dict.fromkeys(PHOTO)
    columns |= {"portrait_used": False, "updated_at": unix_now()}
    return draft_of(draft.key, await put_row(connection, drafts, asdict(draft.key) | columns, *columns))


async def waiting_for_photo(database: AsyncEngine, draft: Draft) -> Render | None:
    """Return the render that ended so that the voice of a draft gets another photo, if there is one."""
    async with database.connect() as connection:
        found = await connection.execute(WAITING, {**asdict(draft.key), "voice_sha": draft.voice_sha})
        row = found.mappings().first()
    return render_of(row) if row else None
