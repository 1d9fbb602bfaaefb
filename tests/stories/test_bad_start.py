"""What keeps the bot from starting, or from going on: one clear line for the operator, and an exit status."""

import asyncio
import os
import socket
import sqlite3
import subprocess
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.__main__ import main
from bot.process import only_process
from bot.sandbox.telegram import Person
from storage.database import open_database
from storage.upgrade import migrate
from tests.media.samples import noise, packed
from tests.ports import port_of_its_own
from tests.stories.conftest import BRISK, PORTRAIT, BotProcess, World, brief_voice


@pytest.fixture
def small_disk(tmp_path: Path) -> Iterator[Path]:
    """A file system of 8 MB; only root may make one."""
    folder = tmp_path / "disk"
    folder.mkdir()
    mounted = (
        os.geteuid() == 0
        and not subprocess.run(
            ["mount", "-t", "tmpfs", "-o", "size=8m", "tmpfs", str(folder)], capture_output=True, check=False
        ).returncode
    )
    if not mounted:
        pytest.skip("only root can mount the small disk that this needs")
    yield folder
    subprocess.run(["umount", "-l", str(folder)], check=True)


def fill(folder: Path, left: int = 0) -> Path:
    """Fill the file system of a folder, but for the bytes that are left."""
    filler = folder / "filler"
    with filler.open("ab", buffering=0) as file:
        with suppress(OSError):
            while True:
                file.write(bytes(4096))
        file.truncate(file.tell() - left)
    return filler


def refusal(process: BotProcess) -> str:
    """The one line that says why it ended."""
    lines = [line for line in process.log.splitlines() if line.startswith("emobot: ")]
    assert len(lines) == 1, process.log
    assert "Traceback" not in process.log
    assert "Unclosed" not in process.log
    return lines[0]


async def test_a_port_that_is_taken_is_named(world: World, process: BotProcess) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", world.port))
        other.listen()
        await process.start()
        assert await process.stopped() == 1
    assert f"127.0.0.1:{world.port} is taken by another program" in refusal(process)
    assert "LISTEN" in refusal(process)


async def test_a_token_that_telegram_does_not_know_is_named_but_not_shown(world: World, process: BotProcess) -> None:
    wrong = "654321:" + "x" * 35
    await process.start(TELEGRAM_BOT_TOKEN=wrong)
    assert await process.stopped() == 1
    assert "Telegram does not know TELEGRAM_BOT_TOKEN" in refusal(process)
    assert wrong not in process.log


async def test_a_proxy_that_speaks_no_http_is_named(world: World, process: BotProcess) -> None:
    await process.start(ALL_PROXY="socks5://somebody:hidden@127.0.0.1:1080")
    assert await process.stopped() == 1
    assert "names no HTTP proxy: write http://HOST:PORT" in refusal(process)
    assert "hidden" not in process.log


async def test_every_setting_that_is_missing_or_wrong_is_named_at_once(world: World, process: BotProcess) -> None:
    await process.start(TELEGRAM_BOT_TOKEN="", PUBLIC_URL="bot.example.org", LISTEN="8080", DASHSCOPE_API_KEY="")
    assert await process.stopped() == 2
    lines = [line for line in process.log.splitlines() if line.startswith("emobot: ")]
    for name, line in zip(("TELEGRAM_BOT_TOKEN", "DASHSCOPE_API_KEY", "PUBLIC_URL", "LISTEN"), lines, strict=False):
        assert line.startswith(f"emobot: {name}:")
    assert "nothing was started" in lines[-1]
    assert "Traceback" not in process.log


async def test_a_database_of_a_newer_version_is_left_alone(world: World, process: BotProcess) -> None:
    database = open_database(f"sqlite+aiosqlite:///{world.data_dir / 'emobot.db'}")
    await migrate(database)
    await database.dispose()
    with sqlite3.connect(world.data_dir / "emobot.db") as raw:
        raw.execute("UPDATE alembic_version SET version_num = '9999'")
        raw.execute("UPDATE compatibility SET oldest = '9999'")
    raw.close()
    await process.start()
    assert await process.stopped() == 1
    assert "written by a newer version of this bot" in refusal(process)


def test_a_database_that_another_program_holds_is_named(
    data_dir: Path, free_port: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr("storage.sqlite.BUSY_SECONDS", 0.1)
    given = {
        "TELEGRAM_BOT_TOKEN": "654321:" + "x" * 35,
        "DASHSCOPE_API_KEY": "key",
        "PUBLIC_URL": f"http://127.0.0.1:{free_port}",
        "DASHSCOPE_BASE_URL": f"http://127.0.0.1:{free_port}",
        "DATA_DIR": str(data_dir),
    }
    for name, value in given.items():
        monkeypatch.setenv(name, value)
    holder = sqlite3.connect(data_dir / "emobot.db", isolation_level=None)
    holder.execute("BEGIN EXCLUSIVE")
    assert main(["run"]) == 1
    holder.close()
    said = capsys.readouterr().err.strip().splitlines()
    assert said[-1].startswith("emobot: the database cannot be used (database is locked)")


async def test_two_bots_on_one_data_dir_are_one_too_many(world: World, process: BotProcess) -> None:
    with only_process(world.data_dir):
        await process.start()
        assert await process.stopped() == 1
    assert f"another emobot uses {world.data_dir}" in refusal(process)


async def test_of_two_bots_on_one_token_the_second_gives_up(
    world: World, process: BotProcess, alice: Person, tmp_path: Path
) -> None:
    async with world.bot(timing=replace(BRISK, newcomer=0.0)) as failed:  # as if it had been there for long
        await process.start(DATA_DIR=str(tmp_path / "second"), LISTEN=f"127.0.0.1:{port_of_its_own()}")
        assert await process.stopped() == 1
        assert "another bot takes the updates of this token" in refusal(process)
        assert not failed.done()
        alice.sends("/help")
        await alice.sees("that's all")


async def test_a_start_on_a_full_disk_says_so(world: World, process: BotProcess, small_disk: Path) -> None:
    fill(small_disk)
    await process.start(DATA_DIR=str(small_disk / "data"))
    assert await process.stopped() == 1
    assert "disk" in refusal(process) or "space" in refusal(process)


async def test_a_disk_that_fills_up_is_said_and_nothing_is_lost_when_there_is_room(
    world: World, alice: Person, small_disk: Path
) -> None:
    world.data_dir = small_disk / "data"
    with capture_logs() as log:
        async with world.bot(keep_free_mb=0):
            alice.sends("/help")
            await alice.sees("that's all")
            filler = fill(small_disk, left=700 * 1024)  # enough for rows, not for this picture
            alice.sends_document(packed(noise(1000, 1000), "JPEG", quality=95), "big.jpg", "image/jpeg")
            await alice.sees("can't keep any more files")

            fill(small_disk)
            alice.sends_photo(PORTRAIT)
            await said(log, "updates cannot be written down")
            filler.unlink()
            await alice.sees("Good photo")
            alice.sends_voice(brief_voice())
            await alice.sees_video()
    assert "Something went wrong" not in world.telegram.transcript(alice)
    errors = [str(line) for line in log if line["log_level"] == "error"]
    assert all("disk" in line for line in errors), errors


async def said(log: list[Any], event: str, seconds: float = 15) -> None:
    """Wait for a line of the log."""
    for _ in range(int(seconds / 0.05)):
        if any(line["event"] == event for line in log):
            return
        await asyncio.sleep(0.05)
    raise AssertionError(f"the log does not say {event!r}: {log}")
