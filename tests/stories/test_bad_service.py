"""A service that is slow, breaks off, refuses, fails, forgets, or hands out a video that is none."""

import asyncio
from collections import Counter
from dataclasses import replace
from functools import partial
from itertools import pairwise
from pathlib import Path

import av
import pytest
import sqlalchemy as sa
from structlog.testing import capture_logs

from bot.dashscope.retries import RetryPolicy
from bot.render import patience
from bot.render.task import TASK_TRIES
from bot.sandbox.faults import Fault
from bot.sandbox.telegram import Person
from handlers import texts
from storage.database import open_database
from storage.renders import Stage
from storage.tables import renders
from tests.stories.conftest import BRISK, PORTRAIT, World, brief_voice

CALLS = ("detect", "submit", "poll", "video")
THROTTLED = {"code": "Throttling.RateQuota", "message": "Requests rate limit exceeded, please try again later."}
BROKEN = {"code": "InternalError", "message": "An internal error has occured, please try again later."}
INDECENT = {"code": "DataInspectionFailed", "message": "Input data may contain inappropriate content."}


def seconds_of(path: Path) -> float:
    with av.open(str(path)) as container:
        return (container.duration or 0) / av.time_base


async def orders_a_video(alice: Person) -> None:
    alice.sends_photo(PORTRAIT)
    await alice.sees("photo")
    alice.sends_voice(brief_voice())


@pytest.mark.parametrize(
    "fault",
    [
        partial(Fault, status=429, body=THROTTLED),
        partial(Fault, status=500, body=BROKEN),
        partial(Fault, drop="before"),
        partial(Fault, drop="after"),
    ],
    ids=["429", "500", "dropped", "answer lost"],
)
async def test_every_call_that_fails_once_is_made_again_and_nothing_is_made_twice(
    fault: partial[Fault], bot: None, world: World, alice: Person, asked: Counter[str]
) -> None:
    for call in CALLS:
        world.emo.faults.add(fault(call))
    await orders_a_video(alice)
    await alice.sees_video()
    assert world.emo.faults.planned == [fault(call, times=0) for call in CALLS]
    assert len(world.emo.tasks) == 1
    assert world.videos(alice) == 1
    assert asked["detect"] == 2


async def test_an_outage_is_said_on_the_card_and_ends_in_the_video(bot: None, world: World, alice: Person) -> None:
    outage = world.emo.faults.add(Fault("*", times=-1, status=503, body={"code": "ServiceUnavailable"}))
    alice.sends_photo(PORTRAIT)
    await alice.sees("check it later.*Send a voice message")
    alice.sends_voice(brief_voice())
    card = await alice.sees("it just takes longer")
    assert card.buttons == ["Cancel", "Change photo"]
    assert world.emo.tasks == {}
    world.emo.faults.planned.remove(outage)
    await alice.sees_video()
    await alice.sees_gone(card)
    assert len(world.emo.tasks) == 1


async def test_the_pauses_between_the_tries_of_an_outage_grow(
    bot: None, world: World, alice: Person, asked: Counter[str]
) -> None:
    clock, times = asyncio.get_running_loop().time, []
    world.emo.faults.watch("submit", "before", lambda _: times.append(clock()))
    world.emo.faults.add(Fault("submit", times=5, status=429, body=THROTTLED))
    await orders_a_video(alice)
    await alice.sees_video()
    pauses = [after - before for before, after in pairwise(times)]
    assert len(pauses) == 5
    assert pauses[4] > 1.5 * pauses[2] > 1.5 * 0.1


async def test_a_service_that_never_answers_a_question_is_asked_again(world: World, alice: Person) -> None:
    world.emo.faults.add(Fault("poll", times=2, delay=60))
    async with world.bot(timing=replace(BRISK, answer=1.0, repeat=RetryPolicy(attempts=1))):
        await orders_a_video(alice)
        await alice.sees("it just takes longer")
        await alice.sees_video()
    assert len(world.emo.tasks) == 1


async def test_a_photo_is_answered_while_the_service_still_looks_and_looked_at_once(
    world: World, alice: Person, asked: Counter[str]
) -> None:
    goes_on = asyncio.Event()

    async def hang(_: object) -> None:
        await goes_on.wait()

    world.emo.faults.watch("detect", "before", hang)
    async with world.bot(timing=replace(BRISK, face_check=0.3)):
        alice.sends_photo(PORTRAIT)
        await alice.sees("I have your photo.*check it later")
        goes_on.set()
        alice.sends_voice(brief_voice())
        await alice.sees_video()
    assert asked["detect"] == 1


async def test_refused_content_is_said_as_such_and_not_tried_again(
    bot: None, world: World, alice: Person, asked: Counter[str]
) -> None:
    world.emo.faults.add(Fault("detect", status=400, body=INDECENT))
    alice.sends_photo(PORTRAIT)
    await alice.sees("refuses this photo")
    assert (await world.draft(alice)).portrait_sha is None

    alice.sends_photo(PORTRAIT)
    await alice.sees("Good photo")
    world.emo.faults.add(Fault("submit", status=400, body=INDECENT))
    alice.sends_voice(brief_voice())
    end = await alice.sees("refuses this photo or voice for what it shows or says")
    assert end.buttons == []
    assert world.emo.tasks == {}

    world.emo.fail_next(INDECENT["code"], INDECENT["message"])
    alice.sends_voice(brief_voice())
    await alice.sees("refuses this photo or voice for what it shows or says")
    assert (asked["detect"], asked["submit"]) == (2, 2)
    assert (await world.render_that(lambda render: render.ended)).reason == "content_refused"

    alice.sends_voice(brief_voice())
    await alice.sees_video()


async def test_a_task_that_fails_is_said_and_one_press_tries_again(bot: None, world: World, alice: Person) -> None:
    world.emo.fail_next("InternalError.Algo", "Inference error.", times=TASK_TRIES)
    await orders_a_video(alice)
    end = await alice.sees("could not make this video")
    assert len(world.emo.tasks) == TASK_TRIES
    await alice.presses(end, "Try again")
    await alice.sees_video()
    assert len(world.emo.tasks) == TASK_TRIES + 1
    assert world.detects_paid() == 1


async def test_a_task_that_fails_once_through_nobodys_fault_is_handed_over_again(
    bot: None, world: World, alice: Person
) -> None:
    world.emo.fail_next("InternalError.Algo", "Inference error.")
    await orders_a_video(alice)
    await alice.sees_video()
    assert [task.state for task in world.emo.tasks.values()] == ["FAILED", "SUCCEEDED"]
    assert sum(entry.task_id is not None for entry in world.emo.bill) == 1


async def test_a_task_that_the_service_forgets_ends_in_words(bot: None, world: World, alice: Person) -> None:
    world.emo.hold()
    await orders_a_video(alice)
    task = await world.task_that(lambda task: task.task_id is not None)
    world.emo.forget(str(task.task_id))
    end = await alice.sees("lost this video")
    world.emo.release()
    await alice.presses(end, "Try again")
    await alice.sees_video()


async def test_a_task_that_is_cancelled_at_the_service_ends_in_words(bot: None, world: World, alice: Person) -> None:
    world.emo.hold()
    await orders_a_video(alice)
    task = await world.task_that(lambda task: task.task_id is not None)
    world.emo._board.cancel(str(task.task_id), 0)
    assert (await alice.sees("lost this video")).buttons == ["Try again"]


@pytest.mark.parametrize("spoil", ["dead", "garbage", "cut"])
async def test_a_video_that_is_spoilt_once_is_fetched_again(
    spoil: str, bot: None, world: World, alice: Person, asked: Counter[str]
) -> None:
    world.emo.spoil_video(spoil)  # type: ignore[arg-type]
    await orders_a_video(alice)
    video = await alice.sees_video()
    assert abs(seconds_of(video.media_path) - 1.5) < 0.2
    assert asked["video"] == 2
    assert len(world.emo.tasks) == 1


async def test_a_video_that_stays_spoilt_is_said(
    bot: None, world: World, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.render.video.ADDRESS_LIFE", 0.3)
    world.emo.spoil_video("garbage", times=40)
    await orders_a_video(alice)
    end = await alice.sees("could not be fetched")
    assert world.videos(alice) == 0
    world.emo._storage.spoils.clear()
    await alice.presses(end, "Try again")
    await alice.sees_video()
    assert len(world.emo.tasks) == 1, "it is still there, and paid"


async def test_a_video_of_51_mb_is_made_smaller_and_keeps_its_sound(bot: None, world: World, alice: Person) -> None:
    world.emo.spoil_video("large")
    await orders_a_video(alice)
    video = await alice.sees_video()
    assert video.media_path.stat().st_size < 50_000_000
    assert abs(seconds_of(video.media_path) - 1.5) < 0.2
    with av.open(str(video.media_path)) as container:
        assert [stream.codec_context.name for stream in container.streams] == ["h264", "aac"]


async def test_a_task_whose_id_cannot_be_kept_is_not_ordered_again_without_a_word(
    bot: None, world: World, alice: Person
) -> None:
    world.ledger_is_whole = False  # nobody can ask what it has cost
    world.emo.faults.add(
        Fault("submit", rewrite=lambda said: {**said, "output": {**said["output"], "task_id": "t" * 600}})
    )
    await orders_a_video(alice)
    said = await alice.sees("can't find out whether the video is being made")
    assert "Try again" in said.buttons
    assert len(world.emo.tasks) == 1


async def test_a_day_of_trouble_is_a_day_however_often_the_bot_starts_anew(
    world: World, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(patience, "LEAST", 0.5)
    async with world.bot():
        alice.sends_photo(PORTRAIT)
        await alice.sees("Good photo")
        world.emo.faults.add(Fault("submit", times=-1, status=503, body={"code": "ServiceUnavailable"}))
        alice.sends_voice(brief_voice())
        render = await world.render_that(lambda render: render.trouble == "service")
    assert render.trouble_since is not None
    database = open_database(world.settings().database_url)
    async with database.begin() as connection:
        day_before = sa.update(renders).values(trouble_since=renders.c.trouble_since - 24 * 3600)
        await connection.execute(day_before)
    await database.dispose()
    async with world.bot():
        said = await alice.sees("I tried for a whole day")
    assert "Try again" in said.buttons
    assert world.emo.tasks == {}


async def test_links_that_the_service_cannot_reach_are_the_operators_to_mend(world: World, alice: Person) -> None:
    with capture_logs() as log:
        async with world.bot(public_url="http://127.0.0.1:9"):
            await orders_a_video(alice)
            await alice.sees("Not now.*Nothing was lost")
    assert all("PUBLIC_URL" in line["why"] for line in log if line["log_level"] == "error")
    assert "signature=" not in str(log)
    async with world.bot():
        await alice.sees_video()
    assert (await world.render_that(lambda render: render.ended)).stage is Stage.DELIVERED


async def test_the_card_says_nothing_of_a_trouble_that_passed(bot: None, world: World, alice: Person) -> None:
    world.emo.hold()
    await orders_a_video(alice)
    await world.render_that(lambda render: render.stage is Stage.WAITING)
    outage = world.emo.faults.add(Fault("poll", times=-1, status=502))
    await alice.sees("it just takes longer")
    world.emo.faults.planned.remove(outage)
    await alice.sees(texts.CARD_PENDING())
    world.emo.release()
    await alice.sees_video()
