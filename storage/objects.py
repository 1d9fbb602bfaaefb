"""Objects: bytes kept by the SHA-256 of their content, as files beside their rows.

A file is in place before its row is committed, and a row is deleted before its file. So a kill leaves at most a file
without a row; `remove_unused` deletes those.
"""

import asyncio
import errno
import fcntl
import hashlib
import os
import shutil
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.database import put_row
from storage.tables import FILE, columns_naming, objects

SCRATCH = "scratch"
ORPHAN_SECONDS = 3600
"""Seconds that a file without a row is kept: another process may be about to write the row."""

BY_SHA = sa.select(objects).where(objects.c.sha.in_(sa.bindparam("shas", expanding=True)))

MENTIONS = columns_naming(FILE)


class StorageFull(Exception):
    """The disk is full: nothing was kept; the text names the directory."""


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


class Objects:
    """The store of objects under one directory; many processes may share it."""

    def __init__(self, root: Path, database: AsyncEngine) -> None:
        self._root = root
        self._database = database
        with self._full_disk_said():
            (root / SCRATCH).mkdir(parents=True, exist_ok=True)
        _clear_scratch(root / SCRATCH)

    @property
    def database(self) -> AsyncEngine:
        """The database of the rows."""
        return self._database

    def free_bytes(self) -> int:
        """Return how many bytes are free on the store's disk."""
        return shutil.disk_usage(self._root).free

    @contextmanager
    def scratch(self) -> Iterator[Path]:
        """Make a temporary directory on the store's own file system, for the length of the block.

        What a killed process leaves is removed when the next `Objects` is made.

        Raises:
            StorageFull: the disk filled up, also when the block itself found out.
        """
        with self._full_disk_said():
            directory, descriptor = _make_scratch(self._root / SCRATCH)
            try:
                yield directory
            finally:
                shutil.rmtree(directory, ignore_errors=True)
                os.close(descriptor)

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
        """
        with self._full_disk_said():
            sha, size = await asyncio.to_thread(_hash, path)
            row = Object(sha, extension, kind, size, width, height, seconds, used_at=time.time())
            async with self._database.begin() as connection:
                await _hold(connection, sha)
                kept = await _upsert(connection, row)
                await asyncio.to_thread(_put, path, self.path(kept))
        return kept

    def path(self, kept: Object) -> Path:
        """Return where an object's bytes are."""
        return self.place(kept.sha, kept.extension)

    def place(self, sha: str, extension: str) -> Path:
        """Return where the bytes of that name are, if they are there."""
        return self._root / sha[:2] / f"{sha[2:]}.{extension}"

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
        """
        mentioned = [objects.c.sha.in_(sa.select(column).where(column.is_not(None))) for column in MENTIONS]
        removed = await self._remove(objects.c.used_at < older_than, ~sa.or_(*mentioned))
        for path in await asyncio.to_thread(_old_files, self._root, time.time() - ORPHAN_SECONDS):
            await self._unlink_without_row(path.parent.name + path.stem, path)
        return removed

    async def _remove(self, *conditions: sa.ColumnElement[bool]) -> int:
        gone = sa.delete(objects).where(*conditions).returning(objects.c.sha, objects.c.extension)
        async with self._database.begin() as connection:
            rows = (await connection.execute(gone)).all()
        for row in rows:
            await self._unlink_without_row(row.sha, self.place(row.sha, row.extension))
        return len(rows)

    async def _unlink_without_row(self, sha: str, path: Path) -> None:
        """Delete a file unless it has a row; hold off those who add it meanwhile."""
        async with self._database.begin() as connection:
            await _hold(connection, sha)
            held = sa.update(objects).where(objects.c.sha == sha).values(used_at=objects.c.used_at)
            row = (await connection.execute(held.returning(objects.c.sha, objects.c.extension))).first()
            if row is None or self.place(row.sha, row.extension) != path:
                await asyncio.to_thread(path.unlink, missing_ok=True)

    @contextmanager
    def _full_disk_said(self) -> Iterator[None]:
        try:
            yield
        except (OSError, sa.exc.OperationalError) as error:
            if not _means_full(error):
                raise
            raise StorageFull(f"no room left on the disk of {self._root}; delete something or give it more") from error


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


def _put(source: Path, target: Path) -> None:
    """Move a synced file so that `target` is whole or absent, also after a power cut.

    The same bytes that are there already stay where they are: a confined process may read that very file.
    """
    target.parent.mkdir(exist_ok=True)
    if target.is_file() and target.stat().st_size == source.stat().st_size:
        source.unlink()
        return
    try:
        source.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _copy(source, target)
        source.unlink()
    directory = os.open(target.parent, os.O_RDONLY)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _copy(source: Path, target: Path) -> None:
    descriptor, name = tempfile.mkstemp(dir=target.parent, prefix=".")
    try:
        with source.open("rb") as reader, os.fdopen(descriptor, "wb") as writer:
            shutil.copyfileobj(reader, writer)
            writer.flush()
            os.fsync(writer.fileno())
        Path(name).replace(target)
    except BaseException:
        Path(name).unlink(missing_ok=True)
        raise


def _old_files(root: Path, older_than: float) -> list[Path]:
    return [path for path in root.glob("[0-9a-f][0-9a-f]/*") if _changed_at(path) < older_than]


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")


def _make_scratch(parent: Path) -> tuple[Path, int]:
    """Return a new directory and the descriptor that keeps it locked for as long as this process lives."""
    while True:
        directory = Path(tempfile.mkdtemp(dir=parent))
        descriptor = os.open(directory, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if directory.exists():  # another process that starts may have cleared it before it was locked
            return directory, descriptor
        os.close(descriptor)


def _clear_scratch(parent: Path) -> None:
    """Remove the directories that no living process holds locked."""
    for directory in parent.iterdir():
        try:
            descriptor = os.open(directory, os.O_RDONLY)
        except FileNotFoundError:
            continue
        try:
            fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
            shutil.rmtree(directory, ignore_errors=True)
        except BlockingIOError:
            continue
        finally:
            os.close(descriptor)


def _means_full(error: BaseException) -> bool:
    if isinstance(error, OSError):
        return error.errno in (errno.ENOSPC, errno.EDQUOT)
    return "is full" in str(error)
