"""What was paid for is never thrown away: one task, one video, and a ledger that is the bill."""

import asyncio
from collections import Counter
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from typing import Any

import pytest
from structlog.testing import capture_logs

from bot.sandbox.emo import Dialect, EmoServer
from bot.sandbox.emo.dialect import FLAT, VIDEO_PATH, WRAPPED, WRAPPED_FLAT, page
from bot.sandbox.faults import Fault
from bot.sandbox.telegram import Person
from storage.renders import Stage
from tests.still_renderer import detect_centre, render_still, still_engine
from tests.stories.conftest import PORTRAIT, RATES, World, brief_voice

UNKNOWN = {"output": {"task_id": "?", "task_status": "UNKNOWN"}}
RUNNING = {"output": {"task_id": "?", "task_status": "RUNNING"}}
PAGE = page(404)


async def orders_a_video(person: Person) -> None:
    person.sends_photo(PORTRAIT)
    await person.sees("Good photo|I have your photo")
    person.sends_voice(brief_voice())


@asynccontextmanager
async def gateway(world: World, dialect: Dialect, prefix: str = "") -> AsyncIterator[None]:
    """Another service in the place of the world's: a gateway that speaks in its own way."""
    emo = EmoServer(detect_centre, render_still, rates=RATES, engine=still_engine(), dialect=dialect, prefix=prefix)
    await emo.start()
    vendor, world.emo = world.emo, emo
    world.bills.append(emo.bill)
    try:
        yield
        assert emo.notes == []
    finally:
        world.emo = vendor
        await emo.stop()


def without_results(answer: dict[str, Any]) -> dict[str, Any]:
    """Leave the video's address out."""
    output = {name: value for name, value in answer["output"].items() if name != "results"}
    return {**answer, "output": output}


NOT_YET = [
    Fault("poll", times=9, status=200, body=UNKNOWN),
    Fault("poll", times=9, status=400, body={"code": "BrandNewTrouble", "message": "?"}),
    Fault("poll", times=9, status=400, body={"code": "DataInspectionFailed", "message": "?"}),
    Fault("poll", times=9, status=200, body={"output": None}),
    Fault("poll", times=9, status=404, body=PAGE),
    Fault("poll", times=9, status=200, body={"status": "failed", "message": "upstream timed out"}),
    Fault("poll", times=9, rewrite=without_results),
    Fault("video", times=9, status=403, body=PAGE),
    Fault("video", times=9, status=404, body=PAGE),
]


async def test_what_the_service_does_not_say_yet_is_waited_for(bot: None, world: World) -> None:
    """One person for each; all at the same time would let one's fault hit another's calls."""
    for number, fault in enumerate(NOT_YET):
        person = world.person(f"Person {number}")
        world.emo.faults.add(fault)
        await orders_a_video(person)
        await person.sees_video()
        assert fault.times == 0, fault
        assert len(world.emo.tasks) == number + 1, fault
    assert sum(entry.task_id is not None for entry in world.emo.bill) == len(NOT_YET)


@pytest.mark.parametrize(
    ("dialect", "prefix", "tasks_path"),
    [
        (WRAPPED, "/qwen", None),
        (WRAPPED_FLAT, "/qwen", None),
        (VIDEO_PATH, "/qwen", "/qwen/api/v1/tasks/video/{id}"),
        (FLAT, "/wan", "/v1/tasks/{id}"),
    ],
    ids=["wrapped", "wrapped and flat", "polls elsewhere", "flat"],
)
async def test_a_gateway_is_understood_whatever_it_speaks(
    dialect: Dialect, prefix: str, tasks_path: str | None, world: World, alice: Person
) -> None:
    async with gateway(world, dialect, prefix), world.bot(engine="s2v", tasks_path=tasks_path):
        await orders_a_video(alice)
        await alice.sees_video()
        assert len(world.emo.tasks) == 1


async def test_a_video_at_an_address_that_is_blocked_is_kept_and_the_operator_told(
    world: World, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with capture_logs() as log, monkeypatch.context() as patch:
        patch.setattr("bot.dashscope.client.resolver_for", only_public)
        async with world.bot():
            await orders_a_video(alice)
            await alice.sees("Not now.*Nothing was lost")
    assert any("where only this machine" in line.get("why", "") for line in log if line["log_level"] == "error")
    async with world.bot():
        await alice.sees_video()
    assert len(world.emo.tasks) == 1


async def only_public(*_: Any) -> Any:
    """What guards the addresses of a service that is public itself."""
    from bot.dashscope.addresses import PublicResolver, is_public

    return PublicResolver(is_public)


async def test_a_ledger_that_cannot_be_written_ends_no_render(
    bot: None, world: World, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def refuse(*_: Any) -> None:
        raise KeyError("standard")

    monkeypatch.setattr("bot.render.bookkeeping.note_video", refuse)
    await orders_a_video(alice)
    await alice.sees_video()
    world.ledger_is_whole = False


async def test_a_fault_of_our_own_does_not_end_a_render_that_is_paid(
    bot: None, world: World, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    with monkeypatch.context() as patch, capture_logs() as log:
        patch.setattr("bot.render.task.pause_while_pending", lambda *_: 1 / 0)
        patch.setattr("bot.render.task.pause_while_running", lambda *_: 1 / 0)
        world.emo.hold()
        await orders_a_video(alice)
        async with asyncio.timeout(30):
            while sum(line["event"] == "a render broke" for line in log) < 2:
                await asyncio.sleep(0.05)
    world.emo.release()
    await alice.sees_video()
    assert len(world.emo.tasks) == 1


async def test_try_again_takes_up_the_task_that_is_known(
    bot: None, world: World, alice: Person, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("bot.render.task.TASK_LIFE", 0.5)
    fault = world.emo.faults.add(Fault("poll", times=-1, status=200, body=RUNNING))
    await orders_a_video(alice)
    end = await alice.sees("did not finish within a day")
    monkeypatch.undo()
    world.emo.faults.planned.remove(fault)
    await alice.presses(end, "Try again")
    await alice.sees_video()
    assert len(world.emo.tasks) == 1


async def test_a_look_that_passes_without_boxes_is_paid_once_and_not_made_again(
    bot: None, world: World, alice: Person, asked: Counter[str]
) -> None:
    def without_boxes(answer: dict[str, Any]) -> dict[str, Any]:
        return {**answer, "output": {"check_pass": True}}

    world.emo.faults.add(Fault("detect", times=2, rewrite=without_boxes))
    with capture_logs() as log:
        await orders_a_video(alice)
        end = await alice.sees("something that I don't understand")
    assert asked["detect"] == world.detects_paid() == 2, "once at the photo, and once for the video"
    assert any("in no table" in line["event"] for line in log)
    await alice.presses(end, "Try again")
    await alice.sees_video()


WORDS = [
    ("IPInfringementSuspect", "Suspected of infringement.", "somebody else's work"),
    ("data_inspection_failed", "Inappropriate content.", "refuses this photo or voice"),
    ("DataInspectionFailed", "Input audio may contain inappropriate content.", "refuses this voice.*Your photo stays"),
    ("InvalidPerson", "No person in the image.", "no face in that photo.*I still have your voice"),
    ("InvalidImage.FileFormat", "?", "can't read that photo.*I still have your voice"),
    ("Audio.AudioSilentError", "?", "hears no voice.*Your photo stays"),
    ("CustomRoleBlocked", "Blocked.", "refuses this photo or voice"),
    ("FaqRuleBlocked", "Blocked.", "refuses this photo or voice"),
    ("InvalidFile.AudioLengthError", "The audio length must be less than 20s.", "too long.*Your photo stays"),
    ("InvalidFile.Openerror", "Cannot open the audio file.", "can't read that file"),
    ("InvalidParameter", "The audio is longer than 60s.", "too long.*Your photo stays"),
    ("", "The picture is too dark.", "too dark.*I still have your voice"),
    ("BrandNew", "A word that nobody knows.", "something that I don't understand"),
]


async def test_whose_fault_it_is_is_said_and_what_was_good_is_kept(bot: None, world: World) -> None:
    for number, (code, message, said) in enumerate(WORDS):
        person = world.person(f"Person {number}")
        world.emo.fail_next(code, message)
        with capture_logs() as log:
            await orders_a_video(person)
            await person.sees(said)
        draft = await world.draft(person)
        assert (draft.portrait_sha is None, draft.voice_sha is not None) == (
            ("I still" in said),
            ("I still" in said),
        ), code
        if code == "BrandNew":
            assert any(message in line.get("why", "") for line in log if line["log_level"] == "error")


@pytest.mark.parametrize(
    "code", ["BadRequest.InputDownloadFailed", "InvalidFile.DownloadFailed", "ModelServingError", "Arrearage"]
)
async def test_what_passes_or_is_the_operators_is_handed_over_again(
    code: str, bot: None, world: World, alice: Person
) -> None:
    world.emo.fail_next(code, "?", times=2)
    await orders_a_video(alice)
    await alice.sees_video()
    assert [task.state for task in world.emo.tasks.values()] == ["FAILED", "FAILED", "SUCCEEDED"]


async def test_a_page_that_says_too_large_is_said_and_not_tried_again(
    bot: None, world: World, alice: Person, asked: Counter[str]
) -> None:
    world.emo.faults.add(Fault("submit", times=4, status=413, body=page(413)))
    await orders_a_video(alice)
    await alice.sees("too big")
    assert asked["submit"] == 1
    assert (await world.render_that(lambda render: render.ended)).stage is Stage.REFUSED
    assert world.emo.tasks == {}
