"""`emobot backup` and `restore` as their operator meets them."""

import asyncio
import shutil
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.process import only_process
from tests import warm

PASSWORD = "hidden-word"


@dataclass(frozen=True)
class Done:
    """How a command ended, and what it said."""

    returncode: int
    stdout: str
    stderr: str


async def emobot(*arguments: str, cwd: Path, **environment: str) -> Done:
    """Run a command as a process, in a folder that need not be the program's."""
    output, errors = cwd / "said", cwd / "complaints"
    for path in (output, errors):
        path.write_text("")
    command = await warm.start("bot", *arguments, env=environment, cwd=cwd, output=output, errors=errors)
    async with asyncio.timeout(120):
        return Done(await command.wait(), output.read_text(), errors.read_text())


@pytest.fixture
def ran_before(tmp_path: Path, migrated_file: Path) -> Path:
    """What a bot leaves that has run once."""
    folder = tmp_path / "data"
    (folder / "objects").mkdir(parents=True)
    (folder / "link-secrets").write_text("kid:" + "s" * 64)
    shutil.copy(migrated_file, folder / "emobot.db")
    return folder


@pytest.fixture
async def backup(tmp_path: Path, ran_before: Path) -> Path:
    """A backup of a bot that has run once."""
    done = await emobot("backup", "backup", cwd=tmp_path, DATA_DIR=str(ran_before))
    assert done.returncode == 0, done.stderr
    assert "the database and 0 files as of" in done.stdout
    return tmp_path / "backup"


async def test_a_backup_goes_into_an_empty_folder_and_says_what_is_next(backup: Path, tmp_path: Path) -> None:
    done = await emobot("restore", str(backup), cwd=tmp_path, DATA_DIR=str(tmp_path / "new"))
    assert (done.returncode, done.stderr) == (0, "")
    assert "docs/backup.md" in done.stdout
    assert {path.name for path in (tmp_path / "new").iterdir()} >= {"emobot.db", "objects", "link-secrets", "restored"}
    again = await emobot("restore", str(backup), cwd=tmp_path, DATA_DIR=str(tmp_path / "new"))
    assert again.returncode == 1
    assert "is not empty" in again.stderr


async def test_a_bot_that_runs_is_not_restored_over(backup: Path, tmp_path: Path) -> None:
    with only_process(tmp_path / "running"):
        done = await emobot("restore", str(backup), cwd=tmp_path, DATA_DIR=str(tmp_path / "running"))
    assert done.returncode == 1
    assert "another emobot uses" in done.stderr


async def test_what_is_no_backup_is_said_in_a_line(tmp_path: Path) -> None:
    (tmp_path / "photo.jpg").write_bytes(b"\xff\xd8\xff")
    done = await emobot("restore", "photo.jpg", cwd=tmp_path, DATA_DIR=str(tmp_path / "new"))
    assert done.returncode == 1
    assert done.stderr.splitlines() == ["emobot: photo.jpg is no backup of emobot, or it is damaged; take another one"]


async def test_a_file_that_is_there_is_not_overwritten_and_an_empty_folder_not_backed_up(
    backup: Path, tmp_path: Path, ran_before: Path
) -> None:
    again = await emobot("backup", str(backup), cwd=tmp_path, DATA_DIR=str(ran_before))
    assert (again.returncode, "is there already" in again.stderr) == (1, True)
    nothing = await emobot("backup", "other", cwd=tmp_path, DATA_DIR=str(tmp_path / "nobody"))
    assert (nothing.returncode, "nothing to back up" in nothing.stderr) == (1, True)
    inside = await emobot("backup", str(ran_before / "backup"), cwd=tmp_path, DATA_DIR=str(ran_before))
    assert (inside.returncode, "outside of DATA_DIR" in inside.stderr) == (1, True)
    nowhere = await emobot("backup", "no/where", cwd=tmp_path, DATA_DIR=str(ran_before))
    assert (nowhere.returncode, "there is no folder" in nowhere.stderr) == (1, True)


async def test_of_a_postgresql_the_files_are_taken_and_the_commands_said(tmp_path: Path, ran_before: Path) -> None:
    database = f"postgresql://bot:{PASSWORD}@127.0.0.1:1/bots"
    done = await emobot("backup", "backup", cwd=tmp_path, DATA_DIR=str(ran_before), DATABASE_URL=database)
    assert done.returncode == 0, done.stderr
    assert "pg_dump --format=custom --exclude-schema=dbos --file='backup.dump'" in done.stdout
    assert PASSWORD not in done.stdout + done.stderr
    here = await emobot("restore", "backup", cwd=tmp_path, DATA_DIR=str(tmp_path / "new"))
    assert (here.returncode, "is of a bot on PostgreSQL" in here.stderr) == (1, True)
    there = await emobot("restore", "backup", cwd=tmp_path, DATA_DIR=str(tmp_path / "new"), DATABASE_URL=database)
    assert there.returncode == 0, there.stderr
    assert "pg_restore --no-owner --dbname='postgresql://bot@127.0.0.1:1/bots' 'backup.dump'" in there.stdout
    assert not (tmp_path / "new" / "emobot.db").exists()
