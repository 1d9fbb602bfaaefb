"""A folder as the store of objects; many processes of this machine may share it."""

import asyncio
import errno
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager
from functools import lru_cache
from pathlib import Path

from storage.store import NAME


class Folder:
    """Files under one directory; a name is whole or absent, also after a power cut."""

    def __init__(self, root: Path) -> None:
        self._root = root
        self.at_hand = lru_cache(maxsize=1024)(self.place)  # joining paths costs as much as verifying a signature

    async def bring(self, path: Path, name: str) -> None:
        """Do nothing: a move does not take long."""

    async def keep(self, path: Path, name: str) -> None:
        """Move a synced file in."""
        await asyncio.to_thread(put, path, self.place(name))

    async def make_sure(self, name: str) -> None:
        """Do nothing: who deletes waits for the transaction of who adds."""

    async def ask_for(self, name: str) -> None:
        """Do nothing: who reads it sees whether it is there."""

    def place(self, name: str) -> Path:
        """Return where a file is."""
        return self._root / name

    @asynccontextmanager
    async def reading(self, name: str) -> AsyncIterator[Path]:
        """Return where a file is."""
        yield self._root / name

    @contextmanager
    def held(self, name: str) -> Iterator[None]:  # noqa: ARG002
        """Do nothing: nobody pushes a file out."""
        yield

    async def delete(self, name: str) -> None:
        """Delete a file."""
        await asyncio.to_thread(self.place(name).unlink, missing_ok=True)

    async def old_names(self, older_than: float) -> list[str]:
        """Return the names of files that were written before a Unix time."""
        return await asyncio.to_thread(_old_names, self._root, older_than)


def put(source: Path, target: Path) -> None:
    """Move a synced file so that `target` is whole or absent, also after a power cut.

    The same bytes that are there already stay where they are: a confined process may read that very file.
    """
    target.parent.mkdir(parents=True, exist_ok=True)
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


def names_in(root: Path) -> list[str]:
    """Return the names of all files of objects in a folder."""
    found = (f"{path.parent.name}/{path.name}" for path in root.glob("[0-9a-f][0-9a-f]/*"))
    return sorted(name for name in found if NAME.fullmatch(name))


def _old_names(root: Path, older_than: float) -> list[str]:
    """Name what killed processes left unfinished, too."""
    found = (path for path in root.glob("[0-9a-f][0-9a-f]/*") if _changed_at(path) < older_than)
    return [f"{path.parent.name}/{path.name}" for path in found]


def _changed_at(path: Path) -> float:
    try:
        return path.stat().st_mtime
    except FileNotFoundError:
        return float("inf")
