"""What the bot has told Telegram about itself, so that a start tells only what is new."""

import hashlib
import json

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import for_one_statement, put_row
from storage.tables import announcements


def fingerprint_of(bot_id: int, content: object) -> str:
    """Return the fingerprint of what a bot tells."""
    return hashlib.sha256(json.dumps([bot_id, content]).encode()).hexdigest()


async def announced(database: AsyncEngine) -> dict[str, str]:
    """Return the fingerprint of what was told last, by subject."""
    async with database.connect() as connection:
        return {row.what: row.fingerprint for row in await connection.execute(sa.select(announcements))}


async def forget_announced(database: AsyncEngine, what: str) -> None:
    """Forget what Telegram shows no more."""
    async with database.begin() as connection:
        await connection.execute(sa.delete(announcements).where(announcements.c.what == what))


async def note_announced(database: AsyncEngine, what: str, fingerprint: str) -> None:
    """Note that Telegram has taken something."""
    async with for_one_statement(database) as connection:
        await put_row(connection, announcements, {"what": what, "fingerprint": fingerprint}, "fingerprint")
