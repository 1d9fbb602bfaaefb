"""What an older version wrote is carried over: nothing that is open or paid is lost."""

from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config
from alembic.script import ScriptDirectory
from sqlalchemy.ext.asyncio import AsyncEngine

from storage.database import open_database
from storage.drafts import DraftKey, read_draft
from storage.ledger import spent
from storage.renders import Stage, open_renders, read_render
from storage.tables import consents, reservations
from storage.tasks import UNSURE, OrderGoingOn, latest_task, tasks_of, update_task, write_intent
from storage.upgrade import MIGRATIONS, migrate, newest_revision
from storage.verdicts import read_verdict
from storage.workload import open_submits

BEFORE_TASKS = "0005"
PLACE = {"chat_id": 1, "user_id": 5, "thread_id": 0, "voice_message_id": 3, "portrait_sha": "p", "voice_sha": "v"}
PLACE |= {"ratio": "1:1", "style": "normal", "created_at": 1.0}
OLD: dict[str, dict[str, Any]] = {
    "queued": {"stage": "queued"},
    "intent": {"stage": "submitting", "submit_intent_at": 10.0, "image_link": "i1", "audio_link": "a1"},
    "running": {
        **{"stage": "waiting", "submit_intent_at": 10.0, "task_id": "t2", "task_state": "RUNNING"},
        **{"task_submitted_at": 11.0, "task_started_at": 12.0, "image_link": "i2", "audio_link": "a2"},
    },
    "again": {"stage": "waiting", "submit_intent_at": 10.0, "task_id": "t3", "failed_tasks": 1, "ratio": "3:4"},
    "made": {
        "stage": "fetching",
        "task_id": "t4",
        "task_state": "SUCCEEDED",
        "video_url": "http://v",
        "task_ended_at": 20.0,
    },
    "delivered": {"stage": "delivered", "task_id": "t5", "video_sha": "x", "video_seconds": 4.0, "ended_at": 30.0},
    "unsure": {"stage": "unsure", "submit_intent_at": 10.0, "ended_at": 30.0},
}
"""By their ids: a render in each stage, as the version before tasks had it."""


def test_a_migration_s_file_has_its_number() -> None:
    steps = list(ScriptDirectory(str(MIGRATIONS)).walk_revisions())
    assert all(Path(step.path).name.startswith(f"v{step.revision}_") for step in steps)
    assert newest_revision() == steps[0].revision


def upgrade(connection: sa.Connection, revision: str) -> None:
    config = Config()
    config.set_main_option("script_location", str(MIGRATIONS))
    config.attributes["connection"] = connection
    command.upgrade(config, revision)


@pytest.fixture
async def old(database_url: str) -> AsyncIterator[AsyncEngine]:
    """A database of the version before tasks, with all that is in `OLD`."""
    database = open_database(database_url)
    async with database.begin() as connection:
        await connection.run_sync(upgrade, BEFORE_TASKS)
        for render_id, columns in OLD.items():
            row = {
                "id": render_id,
                "origin": render_id,
                "ratio": "1:1",
                "style": "normal",
                "created_at": 1.0,
                **PLACE,
                **columns,
            }
            names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
            await connection.execute(sa.text(f"INSERT INTO renders ({names}) VALUES ({values})"), row)
        for kind, reference, amount in (("detect", "link", "0.004"), ("video", "t5", "0.32")):
            await connection.execute(
                sa.text("INSERT INTO ledger (kind, reference, quantity, amount, at) VALUES (:k, :r, '1', :a, 2.0)"),
                {"k": kind, "r": reference, "a": amount},
            )
        await connection.execute(
            sa.text("INSERT INTO verdicts (sha, ratio, passed, decided_at) VALUES ('p', '1:1', :passed, 2.0)"),
            {"passed": True},
        )
        for chat_id, photo in ((-7, 3), (5, None)):
            await connection.execute(
                sa.text(
                    "INSERT INTO drafts (chat_id, user_id, thread_id, portrait_sha, portrait_message_id, "
                    "portrait_used, updated_at) VALUES (:chat, 5, 0, 'p', :photo, :used, 1.0)"
                ),
                {"chat": chat_id, "photo": photo, "used": False},
            )
        await connection.execute(
            sa.text(
                "INSERT INTO consents (chat_id, photo, message_id, owner_id, asker_id, answer, asked_at) "
                "VALUES (-7, 'seen', 3, 6, 5, 'allow', 1.0)"
            )
        )
    await migrate(database)
    yield database
    await database.dispose()


async def test_what_was_open_is_a_task_of_emo_and_goes_on(old: AsyncEngine) -> None:
    running = await latest_task(old, "running")
    assert running is not None
    assert (running.engine, running.model, running.attempt, running.second_price) == ("emo", "emo-v1", 1, "0.08")
    assert (running.task_id, running.state, running.submitted_at, running.started_at) == ("t2", "RUNNING", 11.0, 12.0)
    assert (running.image_link, running.audio_link, running.ended) == ("i2", "a2", False)
    again = await latest_task(old, "again")
    assert again is not None
    assert (again.attempt, again.second_price) == (2, "0.16")
    assert await tasks_of(old, "queued") == []


async def test_an_intent_is_still_one_and_the_only_one(old: AsyncEngine) -> None:
    assert await open_submits(old, "default") == {"intent"}
    unsure = await latest_task(old, "unsure")
    assert unsure is not None
    assert (unsure.ended, unsure.task_id) == (True, None)
    assert unsure.state in (None, UNSURE)


async def test_what_was_made_is_fetched_and_what_was_delivered_stays(old: AsyncEngine) -> None:
    made = await latest_task(old, "made")
    assert made is not None
    assert (made.video_url, made.ended_at) == ("http://v", 20.0)
    delivered = await read_render(old, "delivered")
    assert delivered is not None
    assert (delivered.stage, delivered.video_sha, delivered.video_seconds) == (Stage.DELIVERED, "x", 4.0)
    assert (delivered.engine, delivered.model) == ("emo", "emo-v1")
    assert (delivered.parts, delivered.agreed_at) == (1, None)
    assert {render.id for render in await open_renders(old)} == {"queued", "intent", "running", "again", "made"}


async def test_money_and_verdicts_are_emos(old: AsyncEngine) -> None:
    assert str(await spent(old)) == "0.324"
    async with old.connect() as connection:
        assert set((await connection.execute(sa.text("SELECT day FROM ledger"))).scalars()) == {"1970-01-01"}
    verdict = await read_verdict(old, "p", "1:1", "emo-detect-v1")
    assert verdict is not None
    assert verdict.passed
    assert await read_verdict(old, "p", "1:1", "wan2.2-s2v-detect") is None


async def test_nothing_from_before_came_back_with_a_backup(old: AsyncEngine) -> None:
    assert [render.restored_at for render in await open_renders(old)] == [None] * 5


async def test_whose_face_it_is_is_known_where_it_was_asked_and_is_else_the_senders(old: AsyncEngine) -> None:
    asked, own = await read_draft(old, DraftKey(-7, 5)), await read_draft(old, DraftKey(5, 5))
    assert (asked.portrait_owner_id, asked.portrait_file) == (6, "seen")
    assert (own.portrait_owner_id, own.portrait_file, own.voice_owner_id) == (5, None, 5)
    running = await read_render(old, "running")
    assert running is not None
    assert (running.portrait_owner_id, running.voice_owner_id) == (5, 5)


async def test_what_was_reserved_before_there_were_several_accounts_is_that_of_the_one(database_url: str) -> None:
    database = open_database(database_url)
    row = {"reference": "look", "day": "2026-11-26", "chat": "c", "units": 4_000_000, "at": 1.0}
    names, values = ", ".join(row), ", ".join(f":{name}" for name in row)
    async with database.begin() as connection:
        await connection.run_sync(upgrade, "0012")
        await connection.execute(sa.text(f"INSERT INTO reservations ({names}) VALUES ({values})"), row)
    await migrate(database)
    async with database.connect() as connection:
        assert (await connection.execute(sa.select(reservations.c.account))).scalars().all() == ["default"]
    await database.dispose()


async def test_tables_that_were_made_anew_for_longer_ids_keep_what_they_promise(old: AsyncEngine) -> None:
    assert [render.trouble_since for render in await open_renders(old)] == [None] * 5
    columns = {"part": 1, "attempt": 9, "account": "default", "engine": "emo", "model": "m", "second_price": "0"}
    with pytest.raises(OrderGoingOn):  # one open order an account, and "intent" has it
        await write_intent(old, "queued", **columns)
    running = await latest_task(old, "running")
    assert running is not None
    long_id = "t" * 512
    assert (await update_task(old, running, task_id=long_id)).task_id == long_id
    made = await latest_task(old, "made")
    assert made is not None
    with pytest.raises(sa.exc.IntegrityError):
        await update_task(old, made, task_id=long_id)
    again = "INSERT INTO ledger (kind, reference, quantity, amount, at) VALUES ('video', 't5', '1', '1', 3.0)"
    async with old.connect() as connection:
        with pytest.raises(sa.exc.IntegrityError):  # paid once
            await connection.execute(sa.text(again))


async def test_what_was_in_hand_belongs_to_no_machine_yet(old: AsyncEngine) -> None:
    assert [render.owner for render in await open_renders(old)] == [None] * 5
    async with old.connect() as connection:
        assert (await connection.execute(sa.text("SELECT count(*) FROM machines"))).scalar() == 0


async def test_a_question_from_before_has_no_message_that_could_be_edited(old: AsyncEngine) -> None:
    async with old.connect() as connection:
        assert (await connection.execute(sa.select(consents.c.answer, consents.c.message_id))).all() == [
            ("allow", None)
        ]
