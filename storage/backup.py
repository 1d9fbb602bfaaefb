"""A backup: one file with a bot's database, its objects and its keys, as they were at one moment.

It is a tar of `objects/…` (from a bucket, too), `kept/…` (the small files of DATA_DIR, such as the keys that sign
links), `emobot.db` (of SQLite), and last `emobot-backup.json`, which says that all before it is whole. An object is
named by its own hash, and the last member names that of the database, so that every byte of them is known to be the
right one.
"""

import hashlib
import io
import json
import os
import re
import sqlite3
import tarfile
import tempfile
import time
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from storage.shelves import FolderShelf, Shelf
from storage.store import name_of, sha_in
from storage.whereabouts import FILES

MANIFEST, DATABASE = "emobot-backup.json", "emobot.db"
FORMAT = 1
MARK = "restored"
"""The file of DATA_DIR that tells the next start that all of this is from a backup."""

OBJECT = re.compile(r"objects/([0-9a-f]{2})/([0-9a-f]{62})\.([a-z0-9]{1,8})")
KEPT = re.compile(r"kept/[A-Za-z0-9][A-Za-z0-9._-]{0,63}")
NOT_KEPT = ("emobot.db", "workflows.db", "lock", MARK)
"""How the names of files in DATA_DIR begin that are no part of a backup, or are in it as something else."""

MOST_KEPT = 64_000
"""Bytes of a small file."""
BUSY_SECONDS = 60.0


class BadBackup(Exception):
    """A file is no backup, or a damaged one; the text says which."""


@dataclass(frozen=True)
class Manifest:
    """What the last member says. Times are Unix seconds.

    Args:
        format: of the backup.
        made_at: when the database was copied.
        database: the SHA-256 of `emobot.db`; None where it is on PostgreSQL, and not in here.
        objects: how many there are.
    """

    format: int
    made_at: float
    database: str | None
    objects: int


def write_backup(target: Path, data_dir: Path, database: Path | None, files: Shelf | None = None) -> Manifest:
    """Write a backup of a bot that may run meanwhile.

    Args:
        target: a new file; it appears when it is whole.
        database: a SQLite file; None: the rows are on PostgreSQL.
        files: where those of objects are; None: in `data_dir`.

    Raises:
        FileExistsError: the target is there already.
    """
    if target.exists():
        raise FileExistsError(17, "is there already: name a new file", str(target))
    with tempfile.TemporaryDirectory(prefix=f".{target.name}-", dir=target.parent) as folder:
        snapshot, unfinished = Path(folder, DATABASE), Path(folder, "unfinished")
        made_at = time.time()
        if database is not None:
            _copy_sqlite(database, snapshot)
        with os.fdopen(os.open(unfinished, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as file:
            with tarfile.open(fileobj=file, mode="w") as tar:
                shelf = files or FolderShelf(data_dir / "objects")
                manifest = _fill(tar, data_dir, shelf, snapshot if database is not None else None, made_at)
            file.flush()
            os.fsync(file.fileno())
        target.hardlink_to(unfinished)  # unlike a rename, it overwrites nothing that has come meanwhile
    return manifest


def _fill(tar: tarfile.TarFile, data_dir: Path, files: Shelf, snapshot: Path | None, made_at: float) -> Manifest:
    names = _rows_of(snapshot) if snapshot is not None else files.names()
    there = {name for name in names if _add_object(tar, files, name)}
    for path in sorted(data_dir.iterdir()):
        name = f"kept/{path.name}"
        is_small = path.is_file() and not path.is_symlink() and path.stat().st_size <= MOST_KEPT
        if is_small and KEPT.fullmatch(name) and not path.name.startswith(NOT_KEPT):
            _add_file(tar, path, name)
    if snapshot is not None:
        _forget_objects(snapshot, set(names) - there)
        _forget_place(snapshot)
        _add_file(tar, snapshot, DATABASE)
    manifest = Manifest(FORMAT, made_at, _hash(snapshot) if snapshot is not None else None, len(there))
    text = json.dumps(asdict(manifest)).encode()
    tar.addfile(_member(MANIFEST, len(text)), io.BytesIO(text))
    return manifest


def _member(name: str, size: int) -> tarfile.TarInfo:
    member = tarfile.TarInfo(name)
    member.size, member.mode = size, 0o600
    return member


def _add_file(tar: tarfile.TarFile, path: Path, name: str) -> None:
    """Add a file, unless it has been deleted since it was listed."""
    with suppress(FileNotFoundError), path.open("rb") as file:
        tar.addfile(_member(name, os.fstat(file.fileno()).st_size), file)


def _add_object(tar: tarfile.TarFile, files: Shelf, name: str) -> bool:
    """Add the file of an object, unless it has been deleted since it was listed; return whether it is in."""
    with files.opened(name) as file:
        if file is not None:
            tar.addfile(_member(f"objects/{name}", os.fstat(file.fileno()).st_size), file)
        return file is not None


def _copy_sqlite(source: Path, target: Path) -> None:
    """Copy a database as it is at one moment, while others write to it."""
    target.touch(mode=0o600)
    with closing(sqlite3.connect(source, timeout=BUSY_SECONDS)) as theirs, closing(sqlite3.connect(target)) as copy:
        theirs.backup(copy)
        copy.execute("PRAGMA journal_mode=DELETE")


def _rows_of(snapshot: Path) -> list[str]:
    with closing(sqlite3.connect(snapshot)) as database:
        rows = database.execute("SELECT sha, extension FROM objects ORDER BY sha").fetchall()
    return [name_of(sha, extension) for sha, extension in rows]


def _forget_objects(snapshot: Path, gone: set[str]) -> None:
    """Delete the rows of files that were deleted since the copy: somebody may have asked for that."""
    with closing(sqlite3.connect(snapshot)) as database:
        database.executemany("DELETE FROM objects WHERE sha = ?", [(sha_in(name),) for name in gone])
        database.commit()


def _forget_place(snapshot: Path) -> None:
    """Take away the note where the files are: it is for the bot that is restored to make."""
    with closing(sqlite3.connect(snapshot)) as database:
        if database.execute("SELECT 1 FROM sqlite_master WHERE name = 'switches'").fetchone():
            database.execute("DELETE FROM switches WHERE name LIKE ?", (f"{FILES}%",))
            database.commit()


def _hash(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


@contextmanager
def _opened(path: Path) -> Iterator[tarfile.TarFile]:
    try:
        with tarfile.open(path, mode="r:") as tar:
            yield tar
    except (tarfile.TarError, EOFError, sqlite3.DatabaseError) as error:
        raise BadBackup(f"{path} is no backup of emobot, or it is damaged; take another one") from error


def read_manifest(path: Path) -> Manifest:
    """Return what a backup says of itself.

    Raises:
        BadBackup: it is none, is damaged, or was written by a newer version.
    """
    with _opened(path) as tar:
        return _manifest_in(path, tar.getmembers(), tar)


def _manifest_in(path: Path, members: list[tarfile.TarInfo], tar: tarfile.TarFile) -> Manifest:
    last = members[-1] if members else None
    if last is None or last.name != MANIFEST or not last.isreg() or last.size > MOST_KEPT:
        raise BadBackup(f"{path} is no backup of emobot, or its end is missing; take another one")
    file = tar.extractfile(last)
    try:
        said: Any = json.loads(file.read() if file else b"")
        if said["format"] > FORMAT:
            raise BadBackup(f"{path} was written by a newer version of this bot; install that version")
        return Manifest(**said)
    except (ValueError, TypeError, KeyError) as error:
        raise BadBackup(f"{path} is a damaged backup; take another one") from error


def unpack(path: Path, data_dir: Path) -> Manifest:
    """Put a backup into an empty folder, and mark that all there is from one.

    Raises:
        BadBackup: it is none, or a byte of it is not what it was; what was unpacked by then is deleted.
    """
    with _opened(path) as tar, tempfile.TemporaryDirectory(prefix=".unpacking-", dir=data_dir) as unpacking:
        members, folder = tar.getmembers(), Path(unpacking)
        manifest = _manifest_in(path, members, tar)
        for member in members[:-1]:
            _unpack_one(path, tar, member, folder, manifest)
        objects = sum(OBJECT.fullmatch(member.name) is not None for member in members)
        if objects != manifest.objects or (manifest.database is None) == (folder / DATABASE).exists():
            raise BadBackup(f"{path} is a damaged backup: something is missing in it; take another one")
        if manifest.database is not None:
            _check_sqlite(path, folder / DATABASE)
        write_mark(data_dir, manifest.made_at)  # first: without it, all would be done again
        (folder / "objects").mkdir(exist_ok=True)
        for each in (folder / "kept").glob("*"):
            each.rename(data_dir / each.name)
        for name in ("objects", *([DATABASE] if manifest.database is not None else [])):
            (folder / name).rename(data_dir / name)
    return manifest


def _unpack_one(path: Path, tar: tarfile.TarFile, member: tarfile.TarInfo, folder: Path, manifest: Manifest) -> None:
    found = OBJECT.fullmatch(member.name)
    sound = member.isreg() and (found or KEPT.fullmatch(member.name) or member.name == DATABASE)
    file = tar.extractfile(member) if sound else None
    if file is None:
        raise BadBackup(f"{path} is no backup of emobot: {member.name[:80]!r} is in it")
    target = folder / member.name
    target.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
    digest = hashlib.sha256()
    with os.fdopen(os.open(target, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600), "wb") as copy:
        while chunk := file.read(1 << 20):
            digest.update(chunk)
            copy.write(chunk)
        os.fsync(copy.fileno())
    wanted = found[1] + found[2] if found else manifest.database if member.name == DATABASE else None
    if wanted is not None and digest.hexdigest() != wanted:
        raise BadBackup(f"{path} is a damaged backup: {member.name[:80]} is not what it was; take another one")


def _check_sqlite(path: Path, database: Path) -> None:
    with closing(sqlite3.connect(database)) as connection:
        [said] = connection.execute("PRAGMA quick_check(1)").fetchone()
    if said != "ok":
        raise BadBackup(f"{path} is a damaged backup: its database is not sound ({said}); take another one")


def write_mark(data_dir: Path, made_at: float) -> None:
    """Mark a folder as restored from a backup of that Unix time."""
    with os.fdopen(os.open(data_dir / MARK, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600), "w") as file:
        file.write(json.dumps({"made_at": made_at}))
        file.flush()
        os.fsync(file.fileno())
