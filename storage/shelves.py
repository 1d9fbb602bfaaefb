"""The files of a bot as its commands see them, which have no database open: a folder, or a bucket. Calls block."""

import hashlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO, Protocol, cast

from storage.bucket import BucketAddress, open_s3, told
from storage.folder import names_in
from storage.store import NAME, FileAway, StoreAway, sha_in

CHUNK = 1 << 20


class Shelf(Protocol):
    """Where files are, by their names."""

    def names(self) -> list[str]:
        """Return the names of all, sorted."""
        ...

    @contextmanager
    def opened(self, name: str) -> Iterator[BinaryIO | None]:
        """Open a file for reading; None: it is gone."""
        ...


class FolderShelf:
    """A folder."""

    def __init__(self, root: Path) -> None:
        self._root = root

    def names(self) -> list[str]:
        """Return the names of all, sorted."""
        return names_in(self._root)

    @contextmanager
    def opened(self, name: str) -> Iterator[BinaryIO | None]:
        """Open a file for reading."""
        try:
            file = (self._root / name).open("rb")
        except FileNotFoundError:
            yield None
            return
        with file:
            yield file


class BucketShelf:
    """A bucket.

    Raises:
        StoreAway: from each of its calls.
    """

    def __init__(self, address: BucketAddress) -> None:
        self.address = address
        self._s3 = open_s3(address)

    def names(self) -> list[str]:
        """Return the names of all, sorted."""
        with self._asking():
            found = [each["path"] for some in self._s3.list(chunk_size=1000) for each in some]
        return sorted(name for name in found if NAME.fullmatch(name))

    @contextmanager
    def opened(self, name: str) -> Iterator[BinaryIO | None]:
        """Fetch a file and open it for reading."""
        with tempfile.TemporaryFile() as file:
            copy = cast("BinaryIO", file)
            try:
                sha = self._fetch(name, copy)
            except FileAway:
                yield None
                return
            if sha != sha_in(name):
                raise StoreAway(f"{self.address} gave other bytes for {name} than it was given")
            copy.seek(0)
            yield copy

    def has(self, name: str) -> bool:
        """Read a file back, and tell whether it is there and the right one."""
        with Path(os.devnull).open("wb") as nowhere:
            try:
                return self._fetch(name, nowhere) == sha_in(name)
            except FileAway:
                return False

    def put(self, path: Path, name: str) -> None:
        """Send a file."""
        with self._asking():
            self._s3.put(name, path)

    def _fetch(self, name: str, target: BinaryIO) -> str:
        """Write a file to another one; return the hash of its content."""
        digest = hashlib.sha256()
        with self._asking():
            for chunk in self._s3.get(name).stream(min_chunk_size=CHUNK):
                digest.update(chunk)
                target.write(chunk)
        return digest.hexdigest()

    @contextmanager
    def _asking(self) -> Iterator[None]:
        try:
            yield
        except Exception as error:
            if (said := told(self.address, error)) is None:
                raise
            raise said from error
