"""What is known of a person wherever they are: whether others may use their photos, and what they were told."""

import time
from dataclasses import dataclass
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import put_row
from storage.tables import consents, drafts, people


@dataclass(frozen=True)
class PersonPreferences:
    """The row of one person; times in Unix seconds."""

    user_id: int
    opted_out_at: float | None = None
    told_at: float | None = None


BY_USER = sa.select(people).where(people.c.user_id == sa.bindparam("user_id"))


async def read_preferences(database: AsyncEngine, user_id: int) -> PersonPreferences:
    """Return what a person has chosen and been told."""
    async with database.connect() as connection:
        row = (await connection.execute(BY_USER, {"user_id": user_id})).mappings().first()
    return PersonPreferences(**row) if row else PersonPreferences(user_id)


async def write_preferences(database: AsyncEngine, user_id: int, **columns: Any) -> None:
    """Write some of it; the rest stays."""
    async with database.begin() as connection:
        await put_row(connection, people, {"user_id": user_id, **columns}, *columns)


async def opt_out(database: AsyncEngine, user_id: int, out: bool) -> None:
    """Let nobody else use this person's photos, also those in others' drafts; or let others ask again."""
    if out:
        asked = sa.select(consents.c.chat_id, consents.c.message_id).where(consents.c.owner_id == user_id)
        held = sa.tuple_(drafts.c.chat_id, drafts.c.portrait_message_id).in_(asked)
        nothing = {"portrait_sha": None, "portrait_message_id": None, "portrait_used": False}
        async with database.begin() as connection:
            await connection.execute(sa.update(drafts).where(held, drafts.c.user_id != user_id).values(nothing))
    await write_preferences(database, user_id, opted_out_at=time.time() if out else None)
