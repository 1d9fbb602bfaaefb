"""The gate of permission: by whom, of whom, and what was said."""

import time

import pytest
from sqlalchemy.ext.asyncio import AsyncEngine

from bot.gates.denial import Denial
from bot.gates.permission import NotPermitted, Use, check_permission, still_permitted
from storage.consents import Consent, ask_once, read_question, write_answer
from storage.drafts import DraftKey
from storage.keyed_hash import KeyedHash
from storage.people import write_preferences
from storage.refusals import differ, marks_of, opt_in, opt_out, seal_old_answers, write_refusal
from storage.renders import create_render, read_render
from storage.tasks import tasks_of, write_intent
from tests.storage.conftest import database, migrated_url, schema_of_all

__all__ = ["database", "migrated_url", "schema_of_all"]

ALICE, BOB, CAROL, GROUP = 5, 6, 7, -100
KEY = KeyedHash()
HERS = Use("photo", "hers", ALICE, "sha")
PRESENTER = Use("photo", None, None, "sha")


async def told(
    database: AsyncEngine, use: Use = HERS, *, who: int = BOB, chat: int = GROUP, asks: bool = True
) -> Denial | None:
    async with database.connect() as connection:
        return (await check_permission(connection, KEY, DraftKey(chat, who), asks, [use])).get(use)


async def asked(database: AsyncEngine, answer: str | None = None, owner: int = ALICE) -> None:
    await ask_once(database, [Consent(GROUP, "hers", owner, "photo", f"q{owner}", None, time.time())])
    if answer:
        assert await write_answer(database, await read_question(database, GROUP, f"q{owner}"), answer)


async def test_ones_own_a_presenters_and_a_bots_need_no_permission(database: AsyncEngine) -> None:
    assert await told(database, who=ALICE) is None
    assert await told(database, PRESENTER) is None
    assert await told(database, Use("photo", "a bot's", None)) is None
    assert await told(database, chat=BOB) is None
    assert await told(database, asks=False) is None
    assert await told(database) is Denial.NOT_ASKED


async def test_an_answer_is_by_chat_file_and_owner(database: AsyncEngine) -> None:
    await asked(database)
    assert await told(database) is Denial.NOT_ANSWERED
    await asked(database, "allow")
    assert await told(database) is None
    assert await told(database, chat=-200) is Denial.NOT_ASKED
    assert await told(database, Use("photo", "another", ALICE)) is Denial.NOT_ASKED
    assert await told(database, Use("photo", "hers", CAROL)) is Denial.NOT_ASKED
    await asked(database, "allow", owner=CAROL)
    assert await told(database, Use("photo", "hers", CAROL)) is None


@pytest.mark.parametrize(
    "use", [Use("photo", "hers", BOB), Use("photo", "new name", BOB, "sha"), Use("photo", "hers", None)]
)
async def test_a_refusal_is_of_the_picture_whoever_brings_it_wherever(database: AsyncEngine, use: Use) -> None:
    await write_refusal(database, KEY, ALICE, marks_of(KEY, "hers", "sha"))
    for chat in (GROUP, -200, BOB):
        assert await told(database, use, chat=chat, asks=False) is Denial.SAID_NO
    assert await told(database, who=ALICE) is None
    assert await told(database, PRESENTER) is None
    await opt_in(database, KEY, ALICE)
    assert await told(database, use, asks=False) is None


async def test_an_opt_out_holds_over_what_was_allowed_and_where_nobody_is_asked(database: AsyncEngine) -> None:
    await asked(database, "allow")
    await opt_out(database, KEY, ALICE)
    for chat, asks in ((GROUP, True), (GROUP, False), (BOB, True)):
        assert await told(database, chat=chat, asks=asks) is Denial.OPTED_OUT
    assert await told(database, who=ALICE) is None


async def test_what_an_older_version_kept_in_plain_is_sealed(database: AsyncEngine) -> None:
    await write_preferences(database, ALICE, opted_out_at=1.0)
    await asked(database, "no", owner=CAROL)
    await seal_old_answers(database, KEY)
    assert await told(database, chat=BOB) is Denial.OPTED_OUT
    assert await told(database, Use("photo", "hers", BOB), chat=-200) is Denial.SAID_NO


async def test_nothing_is_ordered_that_somebody_has_said_no_to_meanwhile(database: AsyncEngine) -> None:
    columns = {"chat_id": GROUP, "user_id": BOB, "thread_id": 0, "voice_message_id": 1, "ratio": "1:1", "style": ""}
    columns |= {"portrait_sha": "sha", "portrait_file": "hers", "portrait_owner_id": ALICE, "voice_sha": "voice"}
    render, _ = await create_render(database, "origin", **columns)
    order = {"part": 1, "attempt": 1, "account": "a", "engine": "emo", "model": "m", "second_price": "0"}
    await opt_out(database, KEY, ALICE)
    with pytest.raises(NotPermitted, match="portrait_opted_out"):
        await write_intent(database, render.id, [still_permitted(KEY, render)], **order)
    assert await tasks_of(database, render.id) == []
    await opt_in(database, KEY, ALICE)
    assert await write_intent(database, render.id, [still_permitted(KEY, render)], **order)
    assert await read_render(database, render.id)


def test_looks_differ_by_their_bits() -> None:
    assert differ("00000000000000ff", "00000000000000fe") == 1
