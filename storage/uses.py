"""Where a photo or a voice is used: by Telegram's name of it, over all tables that know that."""

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.tables import cast, drafts, duets, name_questions, renders

NAMED = [
    (table.c[f"{first}{what}_file"], table.c[f"{first}{what}_sha"], table.c[f"{first}{what}_owner_id"])
    for table in (drafts, renders, cast, name_questions, duets)
    for first in (("first_", "second_") if table is duets else ("",))
    for what in ("portrait", "voice")
    if f"{first}{what}_file" in table.c
]
"""Each column that holds Telegram's name of a file, the one of what is kept of it, and the one of its owner."""


async def kept_as(database: AsyncEngine, file: str) -> list[str]:
    """Return what is kept of a file that Telegram calls so."""
    queries = [sa.select(sha).where(named == file, sha.is_not(None)) for named, sha, _ in NAMED]
    async with database.connect() as connection:
        return list((await connection.execute(sa.union(*queries))).scalars())


async def give_to(connection: AsyncConnection, chat_id: int, file: str, owner_id: int) -> None:
    """Let what is kept of a file in a chat be of another owner."""
    for named, _, owner in NAMED:
        here = sa.and_(named == file, named.table.c.chat_id == chat_id)
        await connection.execute(sa.update(named.table).where(here).values({owner.name: owner_id}))
