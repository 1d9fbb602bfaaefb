"""Bring the tables up to date, and let versions work side by side while the tables only grow.

A migration adds: what an older version reads and writes is still there after it, so that one goes on, and may start
again, beside a newer one. A migration that takes something away, or gives it another meaning, says in `oldest` which
version of the tables another version must know at least to do without it. The database keeps the highest of these.
"""

from pathlib import Path

import sqlalchemy as sa
import structlog
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import DatabaseError, DatabaseTooNew
from storage.machines import names_of_older
from storage.passing import cause_of
from storage.tables import compatibility

log = structlog.get_logger(__name__)

MIGRATIONS = Path(__file__).parent / "migrations"
MIGRATION_LOCK = 0x656D6F626F74
"""PostgreSQL's advisory lock held while migrating: any number that nobody else takes."""

FIRST = "0018"
"""Since which the database tells whom it suits; code made for older tables does not ask."""

DEADLOCK = "40P01"


async def migrate(database: AsyncEngine) -> None:
    """Bring every table up to date; leave those that a newer version has added to as they are.

    Raises:
        DatabaseTooNew: a newer version of this bot changed them so that this one cannot work with them.
        DatabaseError: it is locked, unreachable or damaged, or older versions work on it that could not go on.
    """
    while True:
        try:
            async with database.begin() as connection:
                return await connection.run_sync(_upgrade)
        except (sa.exc.DBAPIError, OSError) as error:
            if isinstance(error, sa.exc.DBAPIError) and error.connection_invalidated:
                raise  # it was there, and went: nothing is wrong with it
            if getattr(getattr(error, "orig", None), "sqlstate", "") != DEADLOCK:
                raise DatabaseError(
                    f"the database cannot be used ({cause_of(error)}); see that DATABASE_URL or DATA_DIR is right, "
                    "that the disk has room, and that no other program holds it"
                ) from error
            log.info("another machine was at the tables that were to be brought up to date; it is tried again")


def _upgrade(connection: sa.Connection) -> None:
    """Run the missing migrations, one process at a time; where none is missing, load nothing that runs them (10 MB)."""
    if connection.dialect.name == "postgresql":
        connection.execute(sa.select(sa.func.pg_advisory_xact_lock(MIGRATION_LOCK)))
    else:
        connection.exec_driver_sql("BEGIN IMMEDIATE")
    found, newest = revision_of(connection), newest_revision()
    if found == newest:
        return
    if found is not None and found > newest:
        if not suits(connection):
            raise DatabaseTooNew(
                "the database was written by a newer version of this bot, and this one cannot work with its tables; "
                "install that version, or restore a backup"
            )
        log.warning("a newer version has added to the tables; this one works on", tables=found, known=newest)
        return
    _run_migrations(connection, found)


def _run_migrations(connection: sa.Connection, found: str | None) -> None:
    from alembic import command
    from alembic.config import Config
    from alembic.script import ScriptDirectory
    from alembic.util.exc import CommandError

    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    steps = ScriptDirectory.from_config(config).walk_revisions()
    oldest = max((str(step.module.oldest) for step in steps if hasattr(step.module, "oldest")), default=FIRST)
    if found is not None and found >= FIRST and (others := names_of_older(connection, oldest)):
        raise DatabaseError(
            f"machines of an older version, which cannot work with the tables of this one, work on this database "
            f"({', '.join(others)}): stop them, and start this again"
        )
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise DatabaseError(
            f"the database's tables have the version {found}, which this bot has never had; restore a backup"
        ) from error
    connection.execute(sa.delete(compatibility))
    connection.execute(sa.insert(compatibility).values(oldest=oldest))


def newest_revision() -> str:
    """Return the newest version of the tables, as the migrations' files are numbered."""
    return max(path.name[1:5] for path in (MIGRATIONS / "versions").glob("v[0-9]*_*.py"))


def revision_of(connection: sa.Connection) -> str | None:
    """Return the version of the tables in the database; None where there are none."""
    if not sa.inspect(connection).has_table("alembic_version"):
        return None
    found = connection.execute(sa.text("SELECT version_num FROM alembic_version")).scalar()
    return None if found is None else str(found)


def suits(connection: sa.Connection) -> bool:
    """Whether this version can work with the tables of a newer one."""
    if not sa.inspect(connection).has_table(compatibility.name):
        return False
    oldest = connection.execute(sa.select(compatibility.c.oldest)).scalar()
    return oldest is not None and oldest <= newest_revision()
