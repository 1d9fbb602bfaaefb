"""`emobot move`: the rows of SQLite to PostgreSQL, and the files of a folder to a bucket; cut anywhere, it goes on."""

import asyncio
import sys
from pathlib import Path

import sqlalchemy as sa

from bot.errors import OperatorError
from bot.process import only_process
from bot.settings import Settings
from storage.database import DatabaseError, open_database
from storage.moving_files import send_files
from storage.moving_rows import Unmoved, copy_rows
from storage.shelves import BucketShelf
from storage.store import StoreAway
from storage.upgrade import migrate
from storage.whereabouts import note_files

MOVED = ".moved"
"""What the names of the old database and the old folder end in, so that no bot starts on them by mistake."""


def move(settings: Settings) -> int:
    """Move what is in DATA_DIR to where DATABASE_URL and OBJECTS_URL say. What was there stays, under another name.

    Raises:
        OperatorError: a bot runs, there is nowhere to move to, or something is not there as it was here.
    """
    to_postgres = settings.database_url.startswith("postgresql")
    if not to_postgres and settings.bucket is None:
        raise OperatorError("set DATABASE_URL to a PostgreSQL, or OBJECTS_URL to s3://BUCKET, or both: there it goes")
    with only_process(settings.data_dir):
        rows, files = settings.data_dir / "emobot.db", settings.data_dir / "objects"
        try:
            if settings.bucket is not None and files.is_dir():
                _move_files(files, BucketShelf(settings.bucket))
            if to_postgres and rows.exists():
                _move_rows(rows, settings.database_url)
            asyncio.run(_note(settings))
        except (Unmoved, StoreAway, DatabaseError) as error:
            raise OperatorError(f"{error}. What was moved is safe; mend that, and call this again") from error
        if settings.bucket is not None:
            put_aside(files)
        if to_postgres:
            for name in ("emobot.db", "workflows.db"):
                put_aside(settings.data_dir / name)
    say("Moved: start the bot with the same settings. What was here is still here, with names that end in .moved.")
    say("Delete it when you have seen the bot at work: it holds people's photos and voices.")
    return 0


def _move_files(folder: Path, bucket: BucketShelf) -> None:
    done = send_files(folder, bucket, say)
    say(f"{bucket.address}: {done.sent} files sent, {done.there} were there; each was read back and is what it was.")
    if done.damaged:
        say(f"{done.damaged} files were damaged here, and were left.")


def _move_rows(file: Path, url: str) -> None:
    """Copy the rows, and see that they are the same."""
    asyncio.run(_bring_up_to_date(f"sqlite+aiosqlite:///{file}", url))
    source, target = sa.create_engine(f"sqlite:///{file}"), sa.create_engine(url, hide_parameters=True)
    try:
        with source.connect() as theirs, target.begin() as ours:
            counts = copy_rows(theirs, ours)
    except sa.exc.DBAPIError as error:
        raise Unmoved(f"the database of DATABASE_URL went away: {error.orig}") from error
    finally:
        source.dispose()
        target.dispose()
    held = {name: count for name, count in counts.items() if count}
    say(f"PostgreSQL: {sum(held.values())} rows in {len(held)} tables; counts and contents are the same.")


async def _bring_up_to_date(*urls: str) -> None:
    for url in urls:
        database = open_database(url)
        try:
            await migrate(database)
        finally:
            await database.dispose()


async def _note(settings: Settings) -> None:
    """Note in the database that is used from now on where its files are."""
    database = open_database(settings.database_url)
    try:
        await migrate(database)
        await note_files(database, settings.bucket)
    finally:
        await database.dispose()


def put_aside(path: Path) -> None:
    """Give a file or folder, and SQLite's files beside it, a name that no bot looks for."""
    for each in (path, path.with_name(f"{path.name}-wal"), path.with_name(f"{path.name}-shm")):
        if each.exists():
            each.rename(each.with_name(f"{each.name}{MOVED}"))


def say(line: str) -> None:
    """Tell the operator."""
    sys.stdout.write(f"{line}\n")
