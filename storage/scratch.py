"""Scratch: temporary directories of this machine, which nobody else clears while their process lives."""

import errno
import fcntl
import os
import shutil
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import sqlalchemy as sa

from storage.store import StorageFull


class Scratch:
    """Temporary directories in one folder; what killed processes left in it is removed at once."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder
        with full_disk_said(folder):
            folder.mkdir(parents=True, exist_ok=True)
        _clear(folder)

    @contextmanager
    def directory(self) -> Iterator[Path]:
        """Make a directory for the length of the block.

        Raises:
            StorageFull: the disk filled up, also when the block itself found out.
        """
        with full_disk_said(self._folder):
            directory, descriptor = _make(self._folder)
            try:
                yield directory
            finally:
                shutil.rmtree(directory, ignore_errors=True)
                os.close(descriptor)


@contextmanager
def full_disk_said(folder: Path) -> Iterator[None]:
    """Raise `StorageFull` where the block finds no room on the disk of a folder."""
    try:
        yield
    except (OSError, sa.exc.OperationalError) as error:
        if not _means_full(error):
            raise
        raise StorageFull(f"no room left on the disk of {folder}; delete something or give it more") from error


def _make(parent: Path) -> tuple[Path, int]:
    """Return a new directory and the descriptor that keeps it locked for as long as this process lives."""
    while True:
        directory = Path(tempfile.mkdtemp(dir=parent))
        descriptor = os.open(directory, os.O_RDONLY)
        fcntl.flock(descriptor, fcntl.LOCK_EX)
        if directory.exists():  # another process that starts may have cleared it before it was locked
            return directory, descriptor
        os.close(descriptor)


def _clear(parent: Path) -> None:
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
