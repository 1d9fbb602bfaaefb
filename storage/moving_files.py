"""Sending the files of a folder to a bucket: each once, and read back; cut anywhere, it goes on when called again."""

import hashlib
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from storage.folder import names_in
from storage.shelves import BucketShelf
from storage.store import StoreAway, sha_in

TELL_EVERY = 100


@dataclass
class SentFiles:
    """How many files were sent, were there already, and are not what their names say, and so were left."""

    sent: int = 0
    there: int = 0
    damaged: int = 0


def send_files(folder: Path, bucket: BucketShelf, tell: Callable[[str], None] = lambda _: None) -> SentFiles:
    """Send all files of objects in a folder; they stay in it.

    Raises:
        StoreAway: the bucket does not take them, or does not give them back as they were.
    """
    names, done = names_in(folder), SentFiles()
    for number, name in enumerate(names, start=1):
        if bucket.has(name):
            done.there += 1
        elif _sha_of(folder / name) != sha_in(name):
            done.damaged += 1
            tell(f"{name} is damaged, and stays where it is")
        else:
            bucket.put(folder / name, name)
            if not bucket.has(name):
                raise StoreAway(f"{bucket.address} does not give back {name} as it was sent")
            done.sent += 1
        if number % TELL_EVERY == 0:
            tell(f"{number} of {len(names)} files are in {bucket.address}")
    return done


def _sha_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
