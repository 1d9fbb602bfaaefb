"""The parts of a long voice: the objects that hold them, kept and forgotten as the voice itself is."""

from collections.abc import Sequence

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.renders import Render, render_of
from storage.tables import renders, voice_parts


async def write_parts(database: AsyncEngine, render: Render, shas: Sequence[str]) -> Render:
    """Write the parts of a render's voice, in order, in place of what was there; return the render as it is then."""
    rows = [
        {
            "render_id": render.id,
            "part": number,
            "chat_id": render.chat_id,
            "user_id": render.user_id,
            "voice_sha": sha,
        }
        for number, sha in enumerate(shas, 1)
    ]
    count = sa.update(renders).where(renders.c.id == render.id, renders.c.ended_at.is_(None))
    async with database.begin() as connection:
        changed = (await connection.execute(count.values(parts=len(shas)).returning(*renders.c))).mappings().first()
        await connection.execute(sa.delete(voice_parts).where(voice_parts.c.render_id == render.id))
        if changed is not None:
            await connection.execute(sa.insert(voice_parts), rows)
    return render_of(changed) if changed is not None else render


async def voice_of(database: AsyncEngine, render: Render, part: int) -> str:
    """Return the object that holds a part of a render's voice; of one that was never cut, the voice."""
    if render.parts == 1:
        return render.voice_sha
    asked = sa.select(voice_parts.c.voice_sha).where(voice_parts.c.render_id == render.id, voice_parts.c.part == part)
    async with database.connect() as connection:
        return (await connection.execute(asked)).scalar() or ""
