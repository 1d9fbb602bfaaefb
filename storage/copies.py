"""Copies on this machine of files in a bucket: so many bytes at most, the latest used ones."""

import fcntl
import os
import shutil
import weakref
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path

from storage.folder import names_in, put


class Copies:
    """The copies in a folder of this process alone: the first one under `root` that no living process has.

    Args:
        most: bytes; more only while that much is being read.
    """

    def __init__(self, root: Path, most: int) -> None:
        self._parent, self._most = root, most
        self._root, descriptor = _take_folder(root)
        weakref.finalize(self, os.close, descriptor)
        found = [(name, (self._root / name).stat()) for name in names_in(self._root)]
        found.sort(key=lambda each: each[1].st_mtime)
        self._sizes = OrderedDict((name, facts.st_size) for name, facts in found)
        """Bytes of each, the longest unused ones first."""
        self._bytes = sum(self._sizes.values())
        self._readers: Counter[str] = Counter()
        self.shrink(0)

    def place(self, name: str) -> Path:
        """Return where a copy is, if it is there."""
        return self._root / name

    def unread(self) -> list[str]:
        """Return the names of those that nobody reads."""
        return [name for name in self._sizes if name not in self._readers]

    def find(self, name: str) -> Path | None:
        """Return where a copy is, which counts as a use; None: there is none."""
        if name not in self._sizes:
            return None
        path = self._root / name
        if not path.is_file():  # somebody emptied the folder
            self._forget(name)
            return None
        self._sizes.move_to_end(name)
        return path

    def take(self, path: Path, name: str) -> None:
        """Move a synced file in; the same bytes that are there already stay where they are."""
        size = path.stat().st_size
        put(path, self._root / name)
        self._bytes += size - self._sizes.pop(name, 0)
        self._sizes[name] = size
        with self.held(name):
            self.shrink(0)

    @contextmanager
    def held(self, name: str) -> Iterator[None]:
        """Let a copy stay for the length of the block."""
        self._readers[name] += 1
        try:
            yield
        finally:
            self._readers[name] -= 1
            if not self._readers[name]:
                del self._readers[name]

    def drop(self, name: str) -> None:
        """Delete a copy; who has it open reads on."""
        (self._root / name).unlink(missing_ok=True)
        self._forget(name)

    def shrink(self, by: int) -> None:
        """Delete the longest unused copies that nobody reads.

        Args:
            by: bytes that are to go, in any case as many as are too many.
        """
        wanted = min(self._most, self._bytes - by)
        for name in self.unread():
            if self._bytes <= wanted:
                break
            self.drop(name)

    def clear_abandoned(self) -> None:
        """Delete the copies of processes that are gone, since nobody sees to it that they go when they should."""
        for folder in self._parent.glob("of-*"):
            if (descriptor := _lock(folder)) is not None:
                shutil.rmtree(folder, ignore_errors=True)
                os.close(descriptor)

    def _forget(self, name: str) -> None:
        self._bytes -= self._sizes.pop(name, 0)


def _take_folder(parent: Path) -> tuple[Path, int]:
    """Return a folder and the descriptor that keeps it locked for as long as this process lives."""
    for number in count(1):
        folder = parent / f"of-{number}"
        folder.mkdir(parents=True, exist_ok=True)
        if (descriptor := _lock(folder)) is not None:
            return folder, descriptor
    raise AssertionError  # it counts without end


def _lock(folder: Path) -> int | None:
    """Lock a folder and return the descriptor; None: another process has it, or it is gone."""
    try:
        descriptor = os.open(folder, os.O_RDONLY)
    except FileNotFoundError:
        return None
    try:
        fcntl.flock(descriptor, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        os.close(descriptor)
        return None
    if not folder.exists():
        os.close(descriptor)
        return None
    return descriptor


def sync(path: Path) -> None:
    """See that a file's bytes are on the disk before it gets its name."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
