"""`emobot backup FILE` and `emobot restore FILE`: a bot as it was at one moment, in one file."""

import shutil
import sys
import time
from pathlib import Path

import sqlalchemy as sa

from bot.errors import OperatorError
from bot.process import only_process
from bot.settings import Settings
from storage.backup import BadBackup, Manifest, read_manifest, unpack, write_backup
from storage.moving_files import send_files
from storage.shelves import BucketShelf, FolderShelf, Shelf
from storage.store import StoreAway

DOCUMENT = "docs/backup.md"


def backup(settings: Settings, file: Path) -> int:
    """Write a backup; the bot may run meanwhile.

    Raises:
        OperatorError: there is no bot here, or the file is there already.
    """
    url = sa.make_url(settings.database_url)
    is_here = url.drivername.startswith("sqlite")
    database = Path(url.database or "") if is_here else None
    if settings.bucket is None and not (database or settings.objects_dir).exists():
        raise OperatorError(f"there is nothing to back up in {settings.data_dir}: set DATA_DIR to that of the bot")
    if not file.parent.is_dir():
        raise OperatorError(f"there is no folder {file.parent} to write the backup to")
    if file.exists():
        raise OperatorError(f"{file} is there already; name a new file")
    if settings.data_dir.resolve() in file.resolve().parents:
        raise OperatorError(f"{file} would be lost together with what it saves: name a place outside of DATA_DIR")
    if not is_here:
        say("The rows are on PostgreSQL. Copy them first, then the files by this command: so no row lacks its file.")
        say(f"  pg_dump --format=custom --exclude-schema=dbos --file='{file}.dump' '{plain(url)}'")
    if database is not None and not database.exists():
        raise OperatorError(f"there is no database in {settings.data_dir}: set DATA_DIR to that of the bot")
    try:
        manifest = write_backup(file, settings.data_dir, database, shelf_of(settings))
    except StoreAway as error:
        raise OperatorError(f"no backup was written: {error}") from error
    say(f"{file}: {contents(manifest)}, {file.stat().st_size / 1e6:.1f} MB. Keep it where nobody else reads it.")
    return 0


def restore(settings: Settings, file: Path) -> int:
    """Put a backup into an empty DATA_DIR.

    Raises:
        OperatorError: a bot runs there, the folder is not empty, or the file is no good backup.
    """
    url = sa.make_url(settings.database_url)
    is_here = url.drivername.startswith("sqlite")
    with only_process(settings.data_dir):
        others = sorted(path.name for path in settings.data_dir.iterdir() if path.name != "lock")
        if others:
            raise OperatorError(
                f"{settings.data_dir} is not empty ({', '.join(others[:3])}): a backup goes into an empty folder; "
                "move what is there away, or set another DATA_DIR"
            )
        try:
            if (read_manifest(file).database is not None) is not is_here:
                raise OperatorError(wrong_kind(file, is_here))
            manifest = unpack(file, settings.data_dir)
        except BadBackup as error:
            raise OperatorError(str(error)) from error
        put_files(settings)
    say(f"{settings.data_dir}: {contents(manifest)}.")
    if not is_here:
        say("Now the rows, into an empty database, and only then the bot:")
        say(f"  pg_restore --no-owner --dbname='{plain(url)}' '{file}.dump'")
    say("The next start asks people about what was open then. Who was forgotten, or has refused, since then is back:")
    say(f"{DOCUMENT} says what to do about that before the start.")
    return 0


def shelf_of(settings: Settings) -> Shelf:
    """Return where the files of objects are."""
    return BucketShelf(settings.bucket) if settings.bucket else FolderShelf(settings.objects_dir)


def put_files(settings: Settings) -> None:
    """Bring unpacked files to where OBJECTS_URL says.

    Raises:
        OperatorError: they are not there, or not all; `emobot move` goes on.
    """
    unpacked = settings.data_dir / "objects"
    if settings.bucket is not None:
        try:
            send_files(unpacked, BucketShelf(settings.bucket))
        except StoreAway as error:
            raise OperatorError(f"{error}; what is missing there goes by `emobot move`, before the start") from error
        shutil.rmtree(unpacked)
    elif settings.objects_dir != unpacked:
        shutil.copytree(unpacked, settings.objects_dir, dirs_exist_ok=True)
        shutil.rmtree(unpacked)


def wrong_kind(file: Path, is_here: bool) -> str:
    """Say that a backup and the settings are of different kinds of database."""
    if is_here:
        return f"{file} is of a bot on PostgreSQL: set DATABASE_URL to an empty database there"
    return f"{file} is of a bot on SQLite: take DATABASE_URL away"


def contents(manifest: Manifest) -> str:
    """Say what a backup holds, and of when."""
    when = time.strftime("%Y-%m-%d %H:%M:%S", time.localtime(manifest.made_at))
    what = "the database and " if manifest.database else ""
    return f"{what}{manifest.objects} files as of {when}"


def plain(url: sa.URL) -> str:
    """Return an address as PostgreSQL's own programs take it, without the password: they ask, or read ~/.pgpass."""
    query = {name: value for name, value in url.query.items() if name != "password"}
    place = sa.URL.create("postgresql", url.username, None, url.host, url.port, url.database, query)
    return place.render_as_string()


def say(line: str) -> None:
    """Tell the operator."""
    sys.stdout.write(f"{line}\n")
