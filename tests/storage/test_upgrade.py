"""Versions side by side: a migration that adds stops nobody, one that takes away waits for those who need it."""

import asyncio
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.render.machine import Machine
from storage.database import DatabaseError, DatabaseTooNew, open_database
from storage.machines import LEASE, join, leave
from storage.tables import machines
from storage.upgrade import FIRST, MIGRATIONS, migrate, newest_revision
from tests.storage.conftest import no_postgres

NOW = newest_revision()
NEXT = f"{int(NOW) + 1:04}"
ADDS = 'op.add_column("people", sa.Column("mood", sa.String(16)))'
ALSO_ADDS = ADDS + "\n" + '    op.add_column("chats", sa.Column("mood", sa.String(16)))'

Code = Callable[..., None]


@pytest.fixture
def database(fresh_database: AsyncEngine) -> AsyncEngine:
    """One whose tables are changed."""
    return fresh_database


@pytest.fixture
def code(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Code:
    """Runs this version, or one that has another migration."""

    def run(migration: str = "", oldest: str = "") -> None:
        folder = tmp_path / "migrations"
        shutil.rmtree(folder, ignore_errors=True)
        shutil.copytree(MIGRATIONS, folder, ignore=shutil.ignore_patterns("__pycache__"))
        if migration:
            says = f'oldest = "{oldest}"\n' if oldest else ""
            (folder / "versions" / f"v{NEXT}_made_up.py").write_text(
                "import sqlalchemy as sa\nfrom alembic import op\n\n"
                f'revision = "{NEXT}"\ndown_revision = "{NOW}"\n{says}\n\ndef upgrade() -> None:\n    {migration}\n'
            )
        monkeypatch.setattr("storage.upgrade.MIGRATIONS", folder)

    return run


async def columns_of_people(database: AsyncEngine) -> set[str]:
    async with database.connect() as connection:
        found = await connection.run_sync(lambda sync: sa.inspect(sync).get_columns("people"))
    return {column["name"] for column in found}


async def test_an_older_version_starts_on_tables_that_a_newer_one_has_added_to(
    database: AsyncEngine, code: Code
) -> None:
    code(ADDS)
    await migrate(database)
    code()
    await migrate(database)
    assert "mood" in await columns_of_people(database), "and leaves them as they are"
    code(ADDS)
    await migrate(database)


async def test_an_older_version_does_not_start_on_tables_that_lack_what_it_needs(
    database: AsyncEngine, code: Code
) -> None:
    code('op.drop_column("people", "told_at")', oldest=NEXT)
    await migrate(database)
    code()
    with pytest.raises(DatabaseTooNew, match="this one cannot work with its tables; install that version"):
        await migrate(database)


async def test_tables_of_no_version_that_ever_was_are_left_alone(database: AsyncEngine) -> None:
    async with database.begin() as connection:
        await connection.execute(sa.text("UPDATE alembic_version SET version_num = '0012b'"))
    with pytest.raises(DatabaseError, match="have the version 0012b"):
        await migrate(database)


@no_postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_what_older_machines_need_is_taken_away_when_they_are_gone(database: AsyncEngine, code: Code) -> None:
    old = await join(database, "host:1", "3", NOW)
    code('op.drop_column("people", "told_at")', oldest=NEXT)
    with pytest.raises(DatabaseError, match=r"machines of an older version.*\(host:1\): stop them"):
        await migrate(database)
    assert "told_at" in await columns_of_people(database)
    await leave(database, old)
    dead = await join(database, "host:2", "3", NOW)
    await join(database, "host:3", "4", NEXT)
    async with database.begin() as connection:
        change = sa.update(machines).where(machines.c.id == dead)
        await connection.execute(change.values(seen_at=machines.c.seen_at - LEASE - 1))
    await migrate(database)
    assert "told_at" not in await columns_of_people(database)


async def test_a_machine_says_which_tables_it_knows(database: AsyncEngine) -> None:
    await Machine(database).join("3")
    async with database.connect() as connection:
        assert (await connection.execute(sa.select(machines.c.tables))).scalar() == NOW


@no_postgres
@pytest.mark.parametrize("database_url", ["postgresql"], indirect=True)
async def test_a_deadlock_with_a_machine_at_work_is_no_reason_not_to_start(
    database: AsyncEngine, database_url: str, code: Code
) -> None:
    code(ALSO_ADDS)
    options = sa.make_url(database_url).query["options"]
    newer = open_database(
        sa.make_url(database_url)
        .update_query_dict({"options": f"{options} -cdeadlock_timeout=2s"})
        .render_as_string(hide_password=False)
    )
    waits = sa.text(
        "SELECT count(*) FROM pg_locks WHERE NOT granted AND relation = 'chats'::regclass AND mode LIKE 'AccessEx%'"
    )
    async with database.begin() as connection:
        await connection.execute(sa.text("SET LOCAL deadlock_timeout = '60s'"))
        await connection.execute(sa.text("DELETE FROM chats"))
        migration = asyncio.create_task(migrate(newer))
        async with asyncio.timeout(30):
            while not (await connection.execute(waits)).scalar():
                await asyncio.sleep(0.05)
        await connection.execute(sa.text("DELETE FROM people"))
    await migration
    assert "mood" in await columns_of_people(database)
    await newer.dispose()


Shape = dict[str, dict[str, sa.Column[object]]]


def shape_of(connection: sa.Connection) -> tuple[Shape, set[tuple[str, ...]]]:
    """Return the columns of all tables by their names, and what must be unique."""
    found = sa.MetaData()
    found.reflect(connection)
    tables = {name: table for name, table in found.tables.items() if name != "alembic_version"}
    unique = {
        (name, *sorted(column.name for column in each.columns))
        for name, table in tables.items()
        for each in (*table.indexes, *table.constraints)
        if isinstance(each, sa.UniqueConstraint | sa.PrimaryKeyConstraint)
        or (isinstance(each, sa.Index) and each.unique)
    }
    return {name: dict(table.c.items()) for name, table in tables.items()}, unique


def taken_away(before: tuple[Shape, set[tuple[str, ...]]], after: tuple[Shape, set[tuple[str, ...]]]) -> Iterator[str]:
    """Say what code made for the tables before misses in those after."""
    (old, were), (new, are) = before, after
    yield from (f"the table {name} is gone" for name in old.keys() - new.keys())
    yield from (f"{name[0]} must be unique in {name[1:]}" for name in are - were if name[0] in old)
    for table in old.keys() & new.keys():
        for name, column in old[table].items():
            if name not in new[table]:
                yield f"{table}.{name} is gone"
                continue
            now = new[table][name]
            longest, was = getattr(now.type, "length", None), getattr(column.type, "length", None)
            is_wider = isinstance(now.type, sa.String) and (longest is None or (was is not None and longest >= was))
            if str(now.type) != str(column.type) and not is_wider:
                yield f"{table}.{name} is another type"
            if column.nullable and not now.nullable:
                yield f"{table}.{name} must not be empty"
        for name in new[table].keys() - old[table].keys():
            if not new[table][name].nullable and new[table][name].server_default is None:
                yield f"{table}.{name} must be written"


def test_a_migration_that_takes_something_away_says_who_can_do_without(tmp_path: Path) -> None:
    """No test can find a value that older versions cannot read, such as another stage: docs/house.md says so."""
    database = sa.create_engine(f"sqlite:///{tmp_path}/bot.db")
    steps = list(ScriptDirectory(str(MIGRATIONS)).walk_revisions())[::-1]
    found = {}
    with database.begin() as connection:
        config = Config()
        config.set_main_option("script_location", str(MIGRATIONS))
        config.attributes["connection"] = connection
        before = shape_of(connection)
        for step in steps:
            command.upgrade(config, step.revision)
            after = shape_of(connection)
            found[step.revision] = sorted(taken_away(before, after))
            before = after
    assert found["0016"] == found["0017"] == [], "columns were added, and made wider"
    assert "renders.task_id is gone" in found["0006"]
    for step in steps:
        if step.revision > FIRST and found[step.revision]:
            oldest = getattr(step.module, "oldest", "")
            assert oldest, f"{step.path} takes away ({', '.join(found[step.revision])}), and has no `oldest`"
            assert oldest <= step.revision
    database.dispose()


@pytest.mark.parametrize(
    ("change", "said"),
    [
        ("DROP TABLE gone", "the table gone is gone"),
        ("ALTER TABLE people DROP COLUMN name", "people.name is gone"),
        ("ALTER TABLE people ADD COLUMN mood VARCHAR(8) NOT NULL DEFAULT ''", None),
        ("ALTER TABLE people ADD COLUMN mood VARCHAR(8)", None),
        ("CREATE TABLE moods (name VARCHAR(8) NOT NULL UNIQUE)", None),
        ("CREATE UNIQUE INDEX one_name ON people (name)", "people must be unique in ('name',)"),
        ("DROP TABLE people; CREATE TABLE people (id INTEGER, name VARCHAR(4))", "people.name is another type"),
        ("DROP TABLE people; CREATE TABLE people (id INTEGER, name VARCHAR(8) NOT NULL)", "people.name must not be"),
        ("DROP TABLE people; CREATE TABLE people (id INTEGER, name TEXT, mood TEXT NOT NULL)", "people.mood must be"),
    ],
)
def test_what_a_migration_takes_away_is_found(change: str, said: str | None) -> None:
    database = sa.create_engine("sqlite://")
    with database.begin() as connection:
        for statement in ("CREATE TABLE people (id INTEGER, name VARCHAR(8))", "CREATE TABLE gone (id INTEGER)"):
            connection.exec_driver_sql(statement)
        before = shape_of(connection)
        for statement in change.split(";"):
            connection.exec_driver_sql(statement)
        found = list(taken_away(before, shape_of(connection)))
    assert found == [] if said is None else [text for text in found if text.startswith(said)]
    database.dispose()
