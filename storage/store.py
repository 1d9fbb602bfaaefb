"""The seam between objects and the place of their bytes: a folder of this machine, or a bucket.

StoreTrouble        nothing is lost; later it may work
├── StorageFull     a disk is full
└── StoreAway       the bucket gives no good answer
    ├── FileAway    it says that it does not have a file which has a row
    └── StoreShut   it refuses the bot, until the operator mends the settings or the bucket
"""

import re
from contextlib import AbstractAsyncContextManager, AbstractContextManager
from pathlib import Path
from typing import Protocol

NAME = re.compile(r"([0-9a-f]{2})/([0-9a-f]{62})\.([a-z0-9]{1,8})")
"""What a file of an object is called in its store."""


class StoreTrouble(Exception):
    """Bytes can be neither kept nor read just now; the text says why."""


class StorageFull(StoreTrouble):
    """The disk is full: nothing was kept; the text names the directory."""


class StoreAway(StoreTrouble):
    """The bucket cannot be reached, or does not answer as it should."""


class FileAway(StoreAway):
    """The bucket does not have a file that should be in it."""


class StoreShut(StoreAway):
    """The bucket refuses the bot; the text says what to mend."""


def name_of(sha: str, extension: str) -> str:
    """Return what the file of an object is called in its store."""
    return f"{sha[:2]}/{sha[2:]}.{extension}"


def sha_in(name: str) -> str:
    """Return the hash of the content of a file by its name."""
    return name[:2] + name[3:].partition(".")[0]


class Store(Protocol):
    """A place of bytes, by their names.

    A file is brought before the transaction that writes its row, kept in it, and made sure of after it.
    """

    async def bring(self, path: Path, name: str) -> None:
        """Copy a file there, where that may take long."""
        ...

    async def keep(self, path: Path, name: str) -> None:
        """Take a file over; the same bytes that are there already stay where they are."""
        ...

    async def make_sure(self, name: str) -> None:
        """See that nobody who deleted the same file meanwhile took this one away."""
        ...

    async def ask_for(self, name: str) -> None:
        """See that other machines can read a file; raise `StoreAway` where they cannot."""
        ...

    def place(self, name: str) -> Path:
        """Return where a file is on this machine, if it is."""
        ...

    def at_hand(self, name: str) -> Path | None:
        """Return where a file can be read at once; None: it has to be fetched first."""
        ...

    def reading(self, name: str) -> AbstractAsyncContextManager[Path]:
        """Have a file on this machine for the length of the block.

        Raises:
            StoreAway: it cannot be fetched.
        """
        ...

    def held(self, name: str) -> AbstractContextManager[None]:
        """Let nobody push a file off this machine for the length of the block."""
        ...

    async def delete(self, name: str) -> None:
        """Delete a file; one that is not there is no error."""
        ...

    async def old_names(self, older_than: float) -> list[str]:
        """Return the names of files that were written before a Unix time."""
        ...
