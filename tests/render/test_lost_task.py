"""What became of a submit whose answer was lost, by what can be seen afterwards."""

import shutil
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest

from bot.dashscope.types import ListedTask
from bot.engines.emo import emo
from bot.engines.overrides import Overrides
from bot.render.accounts import Account, Accounts
from bot.render.ending import End
from bot.render.handing_over import hand_over_in_turn
from bot.render.lost_task import Evidence, SubmitOutcome, judge, judge_by_sound
from bot.render.resources import Resources
from bot.render.strangers import CLOCK_SKEW, span_of
from storage.database import open_database
from storage.renders import create_render
from storage.tasks import update_task, write_intent

STATES = ("PENDING", "RUNNING", "FAILED", "SUCCEEDED")
PENDING, RUNNING, FAILED, DONE = (ListedTask(state[0], state) for state in STATES)


@pytest.mark.parametrize(
    ("story", "evidence", "outcome"),
    [
        ("one strange task, and our link was fetched", Evidence(9, True, (RUNNING,)), "R"),
        ("ours ran beside one that failed", Evidence(9, True, (RUNNING, FAILED)), "R"),
        ("it was taken and failed, which costs nothing", Evidence(9, True, (FAILED,)), SubmitOutcome.NOT_ACCEPTED),
        ("it failed before it could fetch", Evidence(9, False, (FAILED,)), SubmitOutcome.NOT_ACCEPTED),
        ("nothing at the service", Evidence(9, False, ()), SubmitOutcome.NOT_ACCEPTED),
        ("nothing there, but the list may lag", Evidence(1, False, ()), SubmitOutcome.NOT_YET),
        ("a strange task waits: it may fetch our link yet", Evidence(900, False, (PENDING,)), SubmitOutcome.NOT_YET),
        ("a strange task runs: it may be fetching just now", Evidence(900, False, (RUNNING,)), SubmitOutcome.NOT_YET),
        (
            "a strange task succeeded without our link: another's",
            Evidence(9, False, (DONE,)),
            SubmitOutcome.NOT_ACCEPTED,
        ),
        ("two strange tasks: which one is ours?", Evidence(9, True, (PENDING, RUNNING)), SubmitOutcome.UNKNOWABLE),
        ("our link was fetched, but no task is listed", Evidence(9, True, ()), SubmitOutcome.UNKNOWABLE),
        ("no list here, our link was fetched", Evidence(9, True, None), SubmitOutcome.UNKNOWABLE),
        ("no list here, not fetched so far", Evidence(9, False, None), SubmitOutcome.NOT_YET),
        ("no list here, never fetched", Evidence(90, False, None), SubmitOutcome.UNKNOWABLE),
    ],
)
def test_the_evidence_decides(story: str, evidence: Evidence, outcome: str | SubmitOutcome) -> None:
    assert judge(evidence, settling=5.0) == outcome, story


@pytest.mark.parametrize(
    ("story", "evidence", "heard", "outcome"),
    [
        ("nothing at the service", Evidence(9, False, ()), set(), SubmitOutcome.NOT_ACCEPTED),
        ("the list may lag", Evidence(1, False, ()), set(), SubmitOutcome.NOT_YET),
        ("one has not been heard yet", Evidence(900, False, (RUNNING,)), set(), SubmitOutcome.NOT_YET),
        ("none of them said what our voice says", Evidence(9, False, (DONE,)), {"S"}, SubmitOutcome.UNKNOWABLE),
        ("it failed, which costs nothing", Evidence(9, False, (FAILED,)), set(), SubmitOutcome.NOT_ACCEPTED),
        ("no list here", Evidence(0, False, None), set(), SubmitOutcome.UNKNOWABLE),
    ],
)
def test_what_was_heard_decides_where_files_are_uploaded(
    story: str, evidence: Evidence, heard: set[str], outcome: SubmitOutcome
) -> None:
    assert judge_by_sound(evidence, settling=5.0, heard=heard) == outcome, story


HOUR, NOON = 3600.0, 1_800_000_000.0


@pytest.mark.parametrize(
    ("story", "intent", "now"),
    [
        ("looked for at once", 0, 0),
        ("looked for after a day without the bot", 0, 24),
        ("the clock was set back since", 0, -24),
        ("the clock was set ahead since", 0, 24),
        ("the clock was ahead, and is mended", 24, 0),
        ("the clock was ahead, and is mended, and the bot was down for long", 24, 20),
        ("the clock was behind, and is mended", -20, 0),
    ],
)
def test_a_task_is_looked_for_when_it_was_made_whatever_the_clock(story: str, intent: float, now: float) -> None:
    made = datetime.fromtimestamp(NOON, UTC)  # by the service's clock, which is right
    since, until = span_of(NOON + intent * HOUR, NOON + now * HOUR)
    assert since + CLOCK_SKEW <= made <= until - CLOCK_SKEW, story


def test_little_more_is_looked_at_than_must_be() -> None:
    since, until = span_of(NOON, NOON + 10)
    assert until - since == 2 * CLOCK_SKEW + timedelta(seconds=10)
    assert (since, until) == span_of(NOON, NOON + 10, ahead=60)


@pytest.mark.parametrize("ahead", [-30, -6, 6, 30])
def test_a_task_is_looked_for_by_the_service_s_clock_where_ours_is_wrong_all_the_time(ahead: float) -> None:
    made = datetime.fromtimestamp(NOON + ahead * HOUR, UTC)
    since, until = span_of(NOON, NOON + 10, ahead=ahead * HOUR)
    assert since + CLOCK_SKEW <= made <= until - CLOCK_SKEW


async def test_nobody_submits_while_it_is_not_known_what_became_of_another_submit(
    tmp_path: Path, migrated_file: Path
) -> None:
    shutil.copy(migrated_file, tmp_path / "bot.db")
    database = open_database(f"sqlite+aiosqlite:///{tmp_path}/bot.db")
    nothing = cast(Any, None)
    account = Account("default", nothing, nothing)
    accounts = Accounts(lambda *_: account, {"default": "key"})
    resources = Resources(database, nothing, nothing, accounts, nothing, emo(Overrides()))
    common = {"user_id": 1, "thread_id": 0, "voice_message_id": 1, "portrait_sha": "a", "voice_sha": "b"}
    common |= {"ratio": "1:1", "style": "normal"}
    lost, _ = await create_render(database, "1", chat_id=1, **common)  # of a process that is dead
    order = {"part": 1, "attempt": 1, "account": "default", "engine": "emo", "model": "emo-v1", "second_price": "0.08"}
    intent = await write_intent(database, lost.id, **order)
    assert intent is not None
    waiting, _ = await create_render(database, "2", chat_id=2, **common)
    assert not await hand_over_in_turn(resources, account, waiting)
    await update_task(database, intent, judging_since=time.time())
    with pytest.raises(End):  # whoever is judged holds up nobody
        await hand_over_in_turn(resources, account, waiting)
    await update_task(database, intent, task_id="found")
    with pytest.raises(End):  # it tries now: there is no verdict to submit with
        await hand_over_in_turn(resources, account, waiting)
    await database.dispose()
