"""Copies on this machine of files in a bucket: so many bytes at most, the latest used ones."""

import os
from collections import Counter, OrderedDict
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from storage.folder import names_in, put


class Copies:
    """The copies in one folder, which belongs to this process alone.

    Args:
        most: bytes; more only while that much is being read.
    """

    def __init__(self, root: Path, most: int) -> None:
        self._root, self._most = root, most
        root.mkdir(parents=True, exist_ok=True)
        found = [(name, (root / name).stat()) for name in names_in(root)]
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

    def _forget(self, name: str) -> None:
        self._bytes -= self._sizes.pop(name, 0)


def sync(path: Path) -> None:
    """See that a file's bytes are on the disk before it gets its name."""
    with path.open("rb") as file:
        os.fsync(file.fileno())
