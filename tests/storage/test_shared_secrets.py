"""Secrets of a bot on several machines: the first one's are everybody's, and the database alone tells nothing."""

from pathlib import Path

import pytest
import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import DatabaseError
from storage.keyed_hash import load_or_make_keyed_hash
from storage.shared_secrets import share_secrets
from storage.tables import kept_secrets

TOKEN, NEW_TOKEN = "123:token", "123:renewed"
NAME = "hash-key"
MAKERS = {NAME: load_or_make_keyed_hash}


def machine(tmp_path: Path, name: str) -> Path:
    folder = tmp_path / name
    folder.mkdir()
    return folder


async def test_a_machine_that_comes_new_has_the_secrets_of_the_first(database: AsyncEngine, tmp_path: Path) -> None:
    first, second = machine(tmp_path, "first"), machine(tmp_path, "second")
    for folder in (first, second, first):
        await share_secrets(database, folder, TOKEN, MAKERS)
    assert (first / NAME).read_bytes() == (second / NAME).read_bytes()
    assert (second / NAME).stat().st_mode & 0o777 == 0o600
    async with database.connect() as connection:
        wrapped = (await connection.execute(sa.select(kept_secrets.c.wrapped))).scalars().all()
    assert len(wrapped) == 1
    assert (first / NAME).read_text().strip() not in wrapped[0]


async def test_a_machine_with_a_secret_of_its_own_takes_the_one_of_all_and_keeps_its_own_beside(
    database: AsyncEngine, tmp_path: Path
) -> None:
    first, second = machine(tmp_path, "first"), machine(tmp_path, "second")
    await share_secrets(database, first, TOKEN, MAKERS)
    load_or_make_keyed_hash(second / NAME)
    own = (second / NAME).read_bytes()
    await share_secrets(database, second, TOKEN, MAKERS)
    assert (second / NAME).read_bytes() == (first / NAME).read_bytes() != own
    assert (second / f"{NAME}.before").read_bytes() == own


async def test_after_a_new_token_who_has_them_wraps_them_again(database: AsyncEngine, tmp_path: Path) -> None:
    first, second = machine(tmp_path, "first"), machine(tmp_path, "second")
    await share_secrets(database, first, TOKEN, MAKERS)
    with pytest.raises(DatabaseError, match="copy hash-key to DATA_DIR"):
        await share_secrets(database, second, NEW_TOKEN, MAKERS)
    assert not (second / NAME).exists()
    await share_secrets(database, first, NEW_TOKEN, MAKERS)
    await share_secrets(database, second, NEW_TOKEN, MAKERS)
    assert (first / NAME).read_bytes() == (second / NAME).read_bytes()
