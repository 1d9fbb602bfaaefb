"""`emobot report` says what was spent, to the last decimal, and who only as a hash."""

import asyncio
import shutil
import time
from decimal import Decimal
from pathlib import Path

import pytest
import sqlalchemy as sa

from bot.__main__ import main
from bot.cli.report import report
from bot.errors import OperatorError
from bot.settings import Settings
from storage.book import Book, month_of
from storage.database import open_database
from storage.keyed_hash import KeyedHash
from storage.tables import ledger, reservations

BOOK = Book(KeyedHash(b"secret"))
ALICE, BOB, GROUP = BOOK.mark(5), BOOK.mark(6), BOOK.mark(-100)
ROWS = [
    ("detect", "2026-11-02", ALICE, ALICE, "main", "wan2.2-s2v-detect", "1", "0.004"),
    ("video", "2026-11-02", ALICE, ALICE, "main", "wan2.2-s2v", "13.93", "6.965"),
    ("video", "2026-11-30", BOB, GROUP, "main", "wan2.2-s2v", "2", "1.00"),
    ("video", "2026-11-30", None, GROUP, "spare", "emo-v1", "10", "0.80"),
    ("video", "2026-12-01", BOB, GROUP, "spare", "emo-v1", "10", "1.60"),
]


@pytest.fixture
async def settings(data_dir: Path, migrated_file: Path) -> Settings:
    """A bot that has spent something in two months."""
    settings = Settings(data_dir=data_dir)
    shutil.copy(migrated_file, data_dir / "emobot.db")
    database = open_database(settings.database_url)
    names = ("kind", "day", "person", "chat", "account", "model", "quantity", "amount")
    async with database.begin() as connection:
        for number, row in enumerate(ROWS):
            values = dict(zip(names, row, strict=True)) | {"reference": str(number), "at": 1.0}
            await connection.execute(sa.insert(ledger).values(values))
        held = {"reference": "x", "day": "2026-11-30", "person": BOB, "chat": GROUP, "units": 500_000_000, "at": 1.0}
        await connection.execute(sa.insert(reservations).values(held))
    await database.dispose()
    return settings


def lines_of(settings: Settings, by: str) -> list[list[str]]:
    return [line.split() for line in report(settings, "2026-11", by, False).splitlines()]


async def in_thread(settings: Settings, by: str) -> list[list[str]]:
    return await asyncio.to_thread(lines_of, settings, by)


async def test_a_month_by_days_with_its_sum_and_what_is_reserved(settings: Settings) -> None:
    lines = await in_thread(settings, "day")
    assert lines[0] == ["day", "looks", "videos", "seconds", "CNY"]
    assert lines[1] == ["2026-11-02", "1", "1", "13.9", "6.969"]
    assert lines[2] == ["2026-11-30", "0", "2", "12.0", "1.800"]
    assert lines[4] == ["2026-11", "1", "3", "25.9", "8.769"]
    assert lines[5][:4] == ["and", "up", "to", "0.5"]


async def test_people_and_chats_are_hashes_dearest_first(settings: Settings) -> None:
    assert [line[0] for line in (await in_thread(settings, "person"))[1:4]] == [ALICE[:12], BOB[:12], "-"]
    assert [line[0] for line in (await in_thread(settings, "chat"))[1:3]] == [ALICE[:12], GROUP[:12]]
    assert [line[0] for line in (await in_thread(settings, "model"))[1:3]] == ["wan2.2-s2v", "emo-v1"]


async def test_a_spreadsheet_gets_every_decimal_and_whole_hashes(settings: Settings) -> None:
    written = await asyncio.to_thread(report, settings, "2026-11", "person", True)
    rows = {line.split(",")[0]: line.split(",")[1:] for line in written.splitlines()}
    assert rows[ALICE] == ["1", "1", "13.93", "6.969"]
    assert sum(Decimal(row[-1]) for name, row in rows.items() if name != "person") == Decimal("8.769")


async def test_the_month_is_the_databases_where_this_machines_clock_is_wrong(
    settings: Settings, monkeypatch: pytest.MonkeyPatch
) -> None:
    month = month_of(Book().day())
    fast = time.time() + 40 * 86400
    monkeypatch.setattr(time, "time", lambda: fast)
    written = await asyncio.to_thread(report, settings, None, "day", False)
    assert month_of(Book().day()) != month
    assert written.splitlines()[-1].split()[0] in (month, "and")
    assert month in written


def test_a_folder_without_a_ledger_is_told_apart_from_nothing_spent(data_dir: Path) -> None:
    with pytest.raises(OperatorError, match="ledger cannot be read"):
        report(Settings(data_dir=data_dir), "2026-11", "day", False)


def test_a_month_is_written_like_one(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        main(["report", "--month", "11/2026"])
    assert "write it like 2026-11" in capsys.readouterr().err


async def test_by_account_each_has_its_own_bill(settings: Settings) -> None:
    lines = await in_thread(settings, "account")
    assert [line[0] for line in lines[1:3]] == ["main", "spare"]
    assert [line[-1] for line in lines[1:3]] == ["7.969", "0.800"]
