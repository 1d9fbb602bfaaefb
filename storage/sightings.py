"""Sightings: who posted a photo or a voice first in a chat, however it is passed on there."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.clock import unix_now
from storage.database import for_one_statement, insert
from storage.tables import sightings
from storage.uses import give_to


async def first_owner(database: AsyncEngine, chat_id: int, file: str, owner_id: int, message_id: int) -> int:
    """Note who posted a file in a message; return who did so first in this chat, by the order of the messages.

    What is kept of it here follows an owner who is found later to have been the first.
    """
    row = {"chat_id": chat_id, "file": file, "owner_id": owner_id, "message_id": message_id, "seen_at": unix_now()}
    async with database.begin() as connection:
        here = sa.and_(sightings.c.chat_id == chat_id, sightings.c.file == file)
        known = (await connection.execute(sa.select(sightings).where(here))).first()
        statement = insert(connection.dialect.name, sightings).values(row)
        earlier = statement.excluded.message_id < sightings.c.message_id
        await connection.execute(
            statement.on_conflict_do_update(
                index_elements=sightings.primary_key,
                set_={name: statement.excluded[name] for name in ("owner_id", "message_id", "seen_at")},
                where=earlier,
            )
        )
        if known is not None and message_id < known.message_id and owner_id != known.owner_id:
            await give_to(connection, chat_id, file, owner_id)
        return int((await connection.execute(sa.select(sightings.c.owner_id).where(here))).scalar_one())


async def sighted_in(database: AsyncEngine, chat_id: int, file: str) -> int | None:
    """Return the message in which a file was posted first in a chat, if it is known."""
    here = sa.and_(sightings.c.chat_id == chat_id, sightings.c.file == file)
    async with database.connect() as connection:
        found = (await connection.execute(sa.select(sightings.c.message_id).where(here))).scalar()
    return found or None


async def forget_old_sightings(database: AsyncEngine, older_than: float) -> int:
    """Delete what was seen before a Unix time; returns how many."""
    async with for_one_statement(database) as connection:
        return (await connection.execute(sa.delete(sightings).where(sightings.c.seen_at < older_than))).rowcount
