"""Objects: bytes kept by the SHA-256 of their content, in a store beside their rows.

A file is in place before its row is committed, and a row is deleted before its file. So a kill leaves at most a file
without a row; `remove_unused` deletes those. Where the bytes are, is the store's matter: see `storage.store`.
"""

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.bucket import Bucket, BucketAddress
from storage.clock import unix_now
from storage.copies import Copies
from storage.database import put_row
from storage.folder import Folder
from storage.scratch import Scratch, full_disk_said
from storage.store import NAME, Store, StoreAway, name_of, sha_in
from storage.tables import FILE, columns_naming, objects

log = structlog.get_logger(__name__)

SCRATCH = "scratch"
ORPHAN_SECONDS = 3600
"""Seconds that a file without a row is kept: another process may be about to write the row."""

BY_SHA = sa.select(objects).where(objects.c.sha.in_(sa.bindparam("shas", expanding=True)))
MOST_ASKED = 500
"""Hashes in one question to the database."""

MENTIONS = columns_naming(FILE)


@dataclass(frozen=True)
class Object:
    """The row of one object; `size` in bytes, `width` and `height` in pixels."""

    sha: str
    extension: str
    kind: str
    size: int
    width: int | None
    height: int | None
    seconds: float | None
    used_at: float

    @property
    def name(self) -> str:
        """What its file is called in the store."""
        return name_of(self.sha, self.extension)


class Objects:
    """Rows, the store of their bytes, and the scratch of this machine; many processes may share the first two.

    Args:
        root: a folder of this machine, for scratch, and for the files or the copies of those in the bucket.
        bucket: where the files are; None: under `root`.
    """

    def __init__(self, root: Path, database: AsyncEngine, bucket: BucketAddress | None = None, most: int = 0) -> None:
        self._root = root
        self._database = database
        self._scratch = Scratch(root / SCRATCH)
        self.bucket = Bucket(bucket, Copies(root, most), self._scratch) if bucket else None
        self._store: Store = self.bucket or Folder(root)
        self._left: set[str] = set()

    @property
    def database(self) -> AsyncEngine:
        """The database of the rows."""
        return self._database

    @property
    def left(self) -> int:
        """How many files have lost their rows and are still in a store that is away."""
        return len(self._left)

    def free_bytes(self) -> int:
        """Return how many bytes are free on this machine's disk."""
        return shutil.disk_usage(self._root).free

    def scratch(self) -> AbstractContextManager[Path]:
        """Make a temporary directory on the file system of files and copies, for the length of the block.

        What a killed process leaves is removed when the next `Objects` is made.

        Raises:
            StorageFull: the disk filled up, also when the block itself found out.
        """
        return self._scratch.directory()

    async def add(
        self,
        path: Path,
        *,
        extension: str,
        kind: str,
        width: int | None = None,
        height: int | None = None,
        seconds: float | None = None,
    ) -> Object:
        """Move a file into the store; the same bytes again are the same object, used anew.

        Raises:
            StorageFull: the disk is full; the file may be where it was.
            StoreAway: the bucket does not take it; the file is where it was.
        """
        with full_disk_said(self._root):
            sha, size = await asyncio.to_thread(_hash, path)
            row = Object(sha, extension, kind, size, width, height, seconds, used_at=unix_now())
            with self._store.held(row.name):
                await self._store.bring(path, row.name)
                async with self._database.begin() as connection:
                    await _hold(connection, sha)
                    kept = await _upsert(connection, row)
                    await self._store.keep(path, kept.name)
                await self._store.make_sure(kept.name)
        if kept.name != row.name:  # the same bytes were kept by another extension
            await self._delete_all_without_row(row.name)
        return kept

    def path(self, kept: Object) -> Path:
        """Return where an object's bytes are on this machine, if they are."""
        return self.place(kept.sha, kept.extension)

    def place(self, sha: str, extension: str) -> Path:
        """Return where the bytes of that name are on this machine, if they are."""
        return self._store.place(name_of(sha, extension))

    @asynccontextmanager
    async def reading(self, kept: Object) -> AsyncIterator[Path]:
        """Have an object's bytes on this machine for the length of the block.

        Raises:
            StorageFull: there is no room for them.
            StoreAway: the bucket does not give them.
        """
        async with self._store.reading(kept.name) as path:
            yield path

    async def ask_for(self, kept: Object) -> None:
        """See that other machines can read an object, whatever is at hand here.

        Raises:
            StoreAway: the bucket does not have it, or does not answer.
        """
        await self._store.ask_for(kept.name)

    def at_hand(self, sha: str, extension: str) -> Path | None:
        """Return where bytes can be read at once; None: they have to be fetched first, by `reading`."""
        return self._store.at_hand(name_of(sha, extension))

    async def get(self, sha: str) -> Object | None:
        """Return the object of that hash, if it is kept."""
        return (await self.get_all(sha)).get(sha)

    async def get_all(self, *shas: str) -> dict[str, Object]:
        """Return those of the objects that are kept, by their hash."""
        async with self._database.connect() as connection:
            rows = (await connection.execute(BY_SHA, {"shas": shas})).mappings()
            return {row["sha"]: Object(**row) for row in rows}

    async def remove(self, sha: str) -> int:
        """Delete an object, even if rows mention it; return how many there were, 0 or 1."""
        return await self._remove(objects.c.sha == sha)

    async def remove_unused(self, older_than: float) -> int:
        """Delete what was last used before a Unix time and no row mentions; return how many.

        A render that has ended still has its buttons, until its row goes. Files without a row that are older than an
        hour go too (uncounted).

        Raises:
            StoreAway: the bucket does not say what is in it; the rows are gone.
        """
        mentioned = [objects.c.sha.in_(sa.select(column).where(column.is_not(None))) for column in MENTIONS]
        removed = await self._remove(objects.c.used_at < older_than, ~sa.or_(*mentioned))
        old = await self._store.old_names(unix_now() - ORPHAN_SECONDS)
        await self._delete_all_without_row(*await self._without_row(old))
        return removed

    async def tidy(self) -> None:
        """Delete what should be gone: files that a bucket did not delete when asked, and copies of what was deleted.

        Another machine may have deleted a file of which there is a copy here.
        """
        await self._delete_all_without_row(*self._left)
        if self.bucket is not None:
            for name in await self._without_row(self.bucket.copies.unread()):
                self.bucket.copies.drop(name)
            await asyncio.to_thread(self.bucket.copies.clear_abandoned)

    async def _without_row(self, names: list[str]) -> list[str]:
        """Return those of the names that are no object's."""
        lost = []
        for start in range(0, len(names), MOST_ASKED):
            some = names[start : start + MOST_ASKED]
            kept = {each.name for each in (await self.get_all(*map(sha_in, some))).values()}
            lost += [name for name in some if name not in kept]
        return lost

    async def _remove(self, *conditions: sa.ColumnElement[bool]) -> int:
        gone = sa.delete(objects).where(*conditions).returning(objects.c.sha, objects.c.extension)
        async with self._database.begin() as connection:
            rows = (await connection.execute(gone)).all()
        await self._delete_all_without_row(*(name_of(row.sha, row.extension) for row in rows))
        return len(rows)

    async def _delete_all_without_row(self, *names: str) -> None:
        """Delete files; where the store is away, they are left for `tidy`, and their copies go at once."""
        self._left |= set(names)
        for name in names:
            if self.bucket is not None:
                self.bucket.copies.drop(name)
        try:
            for name in names:
                await self._delete_without_row(name)
                self._left.discard(name)
        except StoreAway as error:
            log.error("files are to be deleted, and wait for their store", why=str(error), count=self.left)

    async def _delete_without_row(self, name: str) -> None:
        """Delete a file unless it has a row; hold off those who add it meanwhile."""
        if not NAME.fullmatch(name):  # what a killed process has left unfinished
            await self._store.delete(name)
            return
        sha = sha_in(name)
        async with self._database.begin() as connection:
            await _hold(connection, sha)
            held = sa.update(objects).where(objects.c.sha == sha).values(used_at=objects.c.used_at)
            row = (await connection.execute(held.returning(objects.c.sha, objects.c.extension))).first()
            if row is None or name_of(row.sha, row.extension) != name:
                await self._store.delete(name)


async def _upsert(connection: AsyncConnection, row: Object) -> Object:
    values = {name: getattr(row, name) for name in Object.__dataclass_fields__}
    return Object(**await put_row(connection, objects, values, "used_at"))


async def _hold(connection: AsyncConnection, sha: str) -> None:
    """Let one transaction at a time change one object; SQLite's writers wait for each other anyway."""
    if connection.dialect.name == "postgresql":
        await connection.execute(sa.select(sa.func.pg_advisory_xact_lock(int(sha[:15], 16))))


def _hash(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        os.fsync(file.fileno())
        return hashlib.file_digest(file, "sha256").hexdigest(), os.fstat(file.fileno()).st_size
