"""Where the files of a database are, noted in it: a bot that looked elsewhere would lose them, or put others there.

Of folders, only that it is one is noted: two machines may name the same disk differently.
"""

import hashlib
from pathlib import Path

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.bucket import BucketAddress
from storage.clock import unix_now
from storage.database import DatabaseError, add_row
from storage.folder import names_in
from storage.objects import Objects
from storage.store import StoreAway, StoreShut
from storage.tables import switches

log = structlog.get_logger(__name__)

FILES = "files:"
"""The beginning of the name of the switch that says where they are."""

ELSEWHERE = (
    "the files of this bot are in {there}, and OBJECTS_URL says {here}: set it back; or, to go from a folder to a "
    "bucket, stop the bot and run `emobot move`"
)


async def open_objects(
    database: AsyncEngine, root: Path, bucket: BucketAddress | None, most: int, before: Path
) -> Objects:
    """Open the objects of a bot where its database says that they are.

    Args:
        root: see `Objects`.
        before: the folder that they are in where nothing is set.

    Raises:
        DatabaseError: they are elsewhere.
        StoreShut: the bucket refuses the bot.
    """
    known = await _noted(database)
    wanted = _name_of(bucket)
    left_behind = known is None and bucket is not None and names_in(before)
    if left_behind or (known is not None and known != wanted):
        there = "a folder" if left_behind or known == _name_of(None) else "another bucket"
        raise DatabaseError(ELSEWHERE.format(there=there, here=bucket or "a folder"))
    store = Objects(root, database, bucket, most)
    if store.bucket is not None:
        try:
            await store.bucket.check()
        except StoreShut:
            raise
        except StoreAway as error:
            log.error("the bucket is away; what needs its files waits for it", why=str(error))
    if known is None:
        await note_files(database, bucket)
    return store


async def note_files(database: AsyncEngine, bucket: BucketAddress | None) -> None:
    """Note where the files are from now on."""
    async with database.begin() as connection:
        await connection.execute(sa.delete(switches).where(switches.c.name.startswith(FILES)))
        await add_row(connection, switches, {"name": _name_of(bucket), "at": unix_now()})


async def _noted(database: AsyncEngine) -> str | None:
    query = sa.select(switches.c.name).where(switches.c.name.startswith(FILES))
    async with database.connect() as connection:
        return (await connection.execute(query)).scalar()


def _name_of(bucket: BucketAddress | None) -> str:
    """Return the name of the switch for a place: short, whatever the bucket is called."""
    return FILES + hashlib.sha256(str(bucket or "folder").encode()).hexdigest()[:24]
