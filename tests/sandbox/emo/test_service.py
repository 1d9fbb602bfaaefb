"""The stand-in refuses, queues, bills and forgets as the documented service does."""

import asyncio
import time
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.dashscope.errors import (
    AccountError,
    DashscopeError,
    LostAnswer,
    PersonError,
    ServiceError,
    UnreachableMedia,
    VideoGone,
)
from bot.dashscope.refusals import error_of_task
from bot.dashscope.types import Box
from bot.sandbox.emo import EmoServer, Engine
from bot.sandbox.faults import Fault
from tests.dashscope.world import EMO, look, picture, recording, world
from tests.sandbox.emo.bare import ASYNC, DETECT, SUBMIT, call, detect_body, submit_body
from tests.still_renderer import detect_centre, render_still


@pytest.mark.parametrize("prefix", ["", "/qwen"])
async def test_a_portrait_and_a_voice_become_a_video(tmp_path: Path, prefix: str) -> None:
    async with world(prefix=prefix) as w:
        task = await w.sees_the_end(await w.submits())
        assert task.succeeded
        assert task.video_url is not None
        assert task.video_seconds == pytest.approx(1.0, abs=0.1)
        assert task.video_ratio == "1:1"
        assert task.submitted_at is not None
        assert abs(datetime.now(UTC) - task.submitted_at) < timedelta(seconds=30)
        await w.client.download(task.video_url, tmp_path / "v.mp4", 10_000_000)
        assert (tmp_path / "v.mp4").read_bytes()[4:8] == b"ftyp"
        assert not task.video_url.startswith(w.service.url.removesuffix(prefix) + "/")
        assert w.service.notes == []
        assert w.service.tasks[task.task_id].progress == 1.0
        detect, video = w.service.bill
        assert detect.amount == Decimal("0.004")
        assert video.amount == Decimal(str(task.video_seconds)) * Decimal("0.08")


async def test_the_service_fetches_each_file_itself_and_says_who_it_is() -> None:
    async with world() as w:
        await w.sees_the_end(await w.submits())
        assert [fetch.url.rpartition("/")[2] for fetch in w.service.fetches] == [
            "portrait.png",
            "portrait.png",
            "voice.wav",
        ]
        assert all("DashScopeUserBot/" in fetch.user_agent and fetch.status == 200 for fetch in w.service.fetches)
        assert "secret" not in str(w.service.fetches)


async def test_a_tall_area_makes_a_tall_video_at_twice_the_price() -> None:
    async with world() as w:
        verdict = await look(w.client, w.portrait, "3:4")
        task = await w.sees_the_end(await w.submits(verdict))
        assert task.video_ratio == "3:4"
        assert w.service.bill[-1].price == Decimal("0.16")


async def test_a_refused_face_is_http_200_without_boxes_and_is_billed() -> None:
    async with world() as w:
        w.site.put("portrait.png", picture(plain=True))
        status, answer = await call(w, "POST", DETECT, detect_body(w))
        assert status == 200
        assert answer["output"]["check_pass"] is False
        assert answer["output"]["code"] == "InvalidFile.NoHuman"
        assert "face_bbox" not in answer["output"]
        assert len(w.service.bill) == 1


@pytest.mark.parametrize(("width", "height"), [(399, 800), (7001, 500)])
async def test_a_picture_too_small_or_too_large_is_refused_by_its_resolution(width: int, height: int) -> None:
    async with world() as w:
        w.site.put("portrait.png", picture(width, height))
        verdict = await look(w.client, w.portrait, "1:1")
        assert (verdict.passed, verdict.code) == (False, "InvalidFile.Resolution")


REFUSED: list[tuple[str, dict[str, str], dict[str, Any], int, str, str]] = [
    ("detect", ASYNC, {}, 403, "AccessDenied", "asynchronous"),
    ("detect", {}, {"model": "emo-v9"}, 404, "ModelNotFound", ""),
    ("detect", {}, {"model": "emo-v1"}, 400, "InvalidParameter", "url error"),
    ("detect", {}, {"input": {}}, 400, "BadRequest.EmptyInput", ""),
    ("detect", {}, {"input": {"picture": "x"}}, 400, "InvalidParameter", "Field required: input.image_url"),
    ("detect", {}, {"input": {"image_url": "file:///etc/passwd"}}, 400, "InvalidURL", ""),
    ("detect", {}, {"parameters": {"ratio": "16:9"}}, 400, "InvalidParameter.Ratio", ""),
    ("submit", {}, {}, 403, "AccessDenied", "synchronous"),
    ("submit", ASYNC, {"style": "wild"}, 400, "InvalidParameter", "The style_level is invalid."),
    ("submit", ASYNC, {"audio_url": None}, 400, "InvalidParameter", "Field required: input.audio_url"),
    ("submit", ASYNC, {"face_bbox": None}, 400, "InvalidParameter", "Field required: input.face_bbox"),
    ("submit", ASYNC, {"face_bbox": [1.0, 2.0, 3.0, 4.0]}, 400, "InvalidParameter", "face_bbox"),
    ("submit", ASYNC, {"ext_bbox": [5, 5, 1, 9]}, 400, "InvalidParameter", "ext_bbox"),
]


@pytest.mark.parametrize(("name", "headers", "changes", "status", "code", "text"), REFUSED)
async def test_a_wrong_call_is_refused_as_documented(
    name: str, headers: dict[str, str], changes: dict[str, Any], status: int, code: str, text: str
) -> None:
    async with world() as w:
        body = detect_body(w, **changes) if name == "detect" else submit_body(w, **changes)
        got, answer = await call(w, "POST", DETECT if name == "detect" else SUBMIT, body, headers)
        assert (got, answer["code"]) == (status, code)
        assert text in answer["message"]
        assert answer["request_id"]
        assert w.service.bill == []
        assert w.service.tasks == {}


async def test_a_wrong_key_opens_nothing() -> None:
    async with world() as w:
        for method, path in [("POST", DETECT), ("POST", SUBMIT), ("GET", "/api/v1/tasks/x"), ("GET", "/api/v1/tasks/")]:
            status, answer = await call(w, method, path, {}, key="sk-wrong")
            assert (status, answer["code"]) == (401, "InvalidApiKey")


@pytest.mark.parametrize(
    ("standing", "reason"),
    [
        ("arrears", "arrears"),
        ("free_tier", "quota"),
        ("unpurchased", "unpurchased"),
        ("model_denied", "access"),
        ("access_denied", "access"),
    ],
)
async def test_an_account_in_trouble_is_told_and_works_again_when_mended(standing: Any, reason: str) -> None:
    async with world() as w:
        w.service.account = standing
        with pytest.raises(AccountError) as caught:
            await look(w.client, w.portrait, "1:1")
        assert caught.value.reason == reason
        w.service.account = "good"
        assert (await look(w.client, w.portrait, "1:1")).passed


async def test_links_that_cannot_be_fetched_are_told_apart(free_port: int) -> None:
    async with world() as w:
        for link, code in [
            (f"{w.site.url}/missing.png", "InvalidParameter.DataInspection"),
            (f"http://127.0.0.1:{free_port}/portrait.png", "InvalidURL.ConnectionRefused"),
        ]:
            with pytest.raises(UnreachableMedia) as caught:
                await look(w.client, link, "1:1")
            assert caught.value.code == code


BAD_SOUNDS = [
    ("voice.mp3", recording(), "audio_type"),
    ("voice.ogg", recording(), "audio_type"),
    ("voice.wav", b"not a sound", "audio_type"),
    ("voice.wav", recording(60.0), "audio_too_long"),
    ("voice.wav", recording() + bytes(15 * 1024 * 1024), "audio_too_large"),
]


@pytest.mark.parametrize(("name", "body", "reason"), BAD_SOUNDS, ids=[row[2] + row[0] for row in BAD_SOUNDS])
async def test_a_voice_that_does_not_fit_fails_the_task_and_costs_nothing(name: str, body: bytes, reason: str) -> None:
    async with world() as w:
        task = await w.sees_the_end(await w.submits(audio_url=w.site.put(name, body)))
        error = error_of_task(task)
        assert isinstance(error, PersonError)
        assert error.reason == reason
        assert task.video_seconds is None
        assert [entry.model for entry in w.service.bill] == ["emo-detect-v1"]


@pytest.mark.parametrize(
    ("name", "body", "reason"),
    [
        ("p.jpg", picture(), "image_type"),
        ("p.png", b"not a picture", "image_type"),
        ("p.gif", picture(kind="gif"), "image_type"),
        ("p.png", picture() + bytes(10 * 1024 * 1024), "image_too_large"),
    ],
)
async def test_a_picture_that_is_not_what_it_is_called_is_refused(name: str, body: bytes, reason: str) -> None:
    async with world() as w:
        with pytest.raises(PersonError) as caught:
            await look(w.client, w.site.put(name, body), "1:1")
        assert caught.value.reason == reason


async def test_other_bytes_than_those_detected_are_noted() -> None:
    async with world() as w:
        verdict = await look(w.client, w.portrait, "1:1")
        w.site.put("portrait.png", picture(601, 601))
        assert (await w.sees_the_end(await w.submits(verdict))).succeeded
        assert "never detected" in w.service.notes[0]


async def test_boxes_outside_the_picture_fail_the_task() -> None:
    async with world() as w:
        status, answer = await call(w, "POST", SUBMIT, submit_body(w, ext_bbox=[0, 0, 9000, 9000]), ASYNC)
        assert status == 200
        task = await w.sees_the_end(answer["output"]["task_id"])
        assert (task.state, task.code) == ("FAILED", "InvalidParameter")


async def test_media_can_be_fetched_within_the_submit_itself() -> None:
    async with world(fetch_at="submit") as w:
        with pytest.raises(PersonError):
            await w.submits(audio_url=w.site.put("voice.ogg", recording()))
        assert w.service.tasks == {}
        assert (await w.sees_the_end(await w.submits())).succeeded


@pytest.mark.parametrize(("name", "rate"), [("detect", 5), ("submit", 5), ("poll", 20), ("list", 20), ("cancel", 20)])
async def test_more_than_the_rate_is_throttled(name: str, rate: int, monkeypatch: pytest.MonkeyPatch) -> None:
    second = 100.0
    monkeypatch.setattr("bot.sandbox.emo.account.monotonic", lambda: second)
    calls: dict[str, tuple[str, str]] = {
        "detect": ("POST", DETECT),
        "submit": ("POST", SUBMIT),
        "poll": ("GET", "/api/v1/tasks/x"),
        "list": ("GET", "/api/v1/tasks"),
        "cancel": ("POST", "/api/v1/tasks/x/cancel"),
    }
    async with world() as w:
        answers = [await call(w, *calls[name], {}) for _ in range(rate + 3)]
        throttled = [answer["code"] for status, answer in answers if status == 429]
        assert throttled == ["Throttling.RateQuota"] * 3
        second = 101.0
        assert (await call(w, *calls[name], {}))[0] != 429


async def test_our_client_is_never_throttled() -> None:
    async with world() as w:
        w.service.hold()
        verdict = await look(w.client, w.portrait, "1:1")
        calls: list[str] = []
        w.service.faults.watch("*", "before", lambda request: calls.append(request.path))
        await asyncio.gather(*(w.submits(verdict) for _ in range(8)), *(w.client.poll("x") for _ in range(30)))
        assert len(w.service.tasks) == 8
        assert len(calls) == 8 + 30  # a throttled one would have come twice


async def test_one_task_runs_and_the_others_wait_their_turn() -> None:
    async with world(seconds_per_video_second=0.3) as w:
        verdict = await look(w.client, w.portrait, "1:1")
        first, second, third = [await w.submits(verdict) for _ in range(3)]
        states = []
        while not (await w.client.poll(third)).ended:
            states.append("".join(w.service.tasks[task].state[0] for task in (first, second, third)))
        assert all(state.count("R") <= 1 for state in states)
        begun = [w.service.tasks[task].scheduled_at for task in (first, second, third)]
        assert begun == sorted(begun)  # type: ignore[type-var]
        ended = w.service.tasks[first].ended_at
        assert ended is not None
        assert begun[1] is not None
        assert begun[1] >= ended


async def test_a_pending_task_can_be_taken_back_and_no_other() -> None:
    async with world() as w:
        w.service.hold()
        verdict = await look(w.client, w.portrait, "1:1")
        kept, cancelled = await w.submits(verdict), await w.submits(verdict)
        assert await w.client.cancel(cancelled) is True
        assert await w.client.cancel(cancelled) is False
        assert (await w.client.poll(cancelled)).state == "CANCELED"
        w.service.release()
        await w.sees_the_end(kept)
        status, answer = await call(w, "POST", f"/api/v1/tasks/{kept}/cancel")
        assert (status, answer["code"]) == (400, "UnsupportedOperation")
        assert await w.client.cancel("nobody") is False


async def test_tasks_are_listed_newest_first_by_page_and_filter() -> None:
    async with world() as w:
        w.service.hold()
        verdict = await look(w.client, w.portrait, "1:1")
        ids = [await w.submits(verdict) for _ in range(3)]
        await w.client.cancel(ids[0])
        _, answer = await call(w, "GET", "/api/v1/tasks/?page_no=1&page_size=2")
        assert [row["task_id"] for row in answer["data"]] == [ids[2], ids[1]]
        assert (answer["total"], answer["total_page"]) == (3, 2)
        _, answer = await call(w, "GET", "/api/v1/tasks?status=CANCELED&model_name=emo-v1")
        assert [row["task_id"] for row in answer["data"]] == [ids[0]]
        _, answer = await call(w, "GET", "/api/v1/tasks?model_name=wanx-v1")
        assert answer["data"] == []
        now = datetime.now(UTC)
        listed = await w.client.list_tasks(EMO.video_model, now - timedelta(minutes=1), now)
        assert {task.task_id for task in listed} == set(ids)
        assert all(task.created_at and abs(task.created_at - now) < timedelta(minutes=1) for task in listed)
        assert await w.client.list_tasks(EMO.video_model, now - timedelta(days=3), now - timedelta(days=1)) == []
        status, answer = await call(w, "GET", "/api/v1/tasks?start_time=20250911000000&end_time=20250912000001")
        assert (status, answer["code"]) == (400, "InvalidParameter")


async def test_after_a_day_a_task_is_unknown_and_its_video_gone(tmp_path: Path) -> None:
    late = timedelta()
    async with world(clock=lambda: datetime.now(UTC) + late) as w:
        task = await w.sees_the_end(await w.submits())
        assert task.video_url is not None
        video = w.service.tasks[task.task_id].video
        late = timedelta(hours=25)
        assert (await w.client.poll(task.task_id)).forgotten
        with pytest.raises(VideoGone):
            await w.client.download(task.video_url, tmp_path / "v.mp4", 10_000_000)
        await w.submits()
        assert video is not None
        assert not video.exists()


async def test_a_video_needs_its_signature(tmp_path: Path) -> None:
    async with world() as w:
        task = await w.sees_the_end(await w.submits())
        assert task.video_url is not None
        with pytest.raises(VideoGone):
            await w.client.download(task.video_url.replace("Expires=", "Expires=9"), tmp_path / "v.mp4", 10_000_000)


async def test_faults_of_tasks() -> None:
    async with world() as w:
        verdict = await look(w.client, w.portrait, "1:1")
        w.service.fail_next("DataInspectionFailed", "Inappropriate content.")
        refused = error_of_task(await w.sees_the_end(await w.submits(verdict)))
        assert isinstance(refused, PersonError)
        done = await w.submits(verdict)
        await w.sees_the_end(done)
        w.service.forget(done)
        assert (await w.client.poll(done)).forgotten
        assert [entry.task_id for entry in w.service.bill] == [None, done]


async def test_spoiled_videos(tmp_path: Path) -> None:
    async with world() as w:
        url = (await w.sees_the_end(await w.submits())).video_url
        assert url is not None
        target = tmp_path / "v.mp4"
        w.service.spoil_video("dead")
        with pytest.raises(VideoGone):
            await w.client.download(url, target, 10_000_000)
        w.service.spoil_video("garbage")
        await w.client.download(url, target, 10_000_000)
        assert target.read_bytes().startswith(b"<html>")
        w.service.spoil_video("large")
        await w.client.download(url, target, 100_000_000)
        assert target.stat().st_size > 50 * 1024 * 1024
        w.service.spoil_video("cut")
        await w.client.download(url, target, 10_000_000)
        assert target.read_bytes()[4:8] == b"ftyp"


async def test_a_swallowed_answer_to_submit_leaves_a_task_behind() -> None:
    async with world() as w:
        verdict = await look(w.client, w.portrait, "1:1")
        w.service.faults.add(Fault("submit", drop="after"))
        with pytest.raises(LostAnswer):
            await w.submits(verdict)
        w.service.faults.add(Fault("submit", drop="before"))
        with pytest.raises(LostAnswer):
            await w.submits(verdict)
        now = datetime.now(UTC)
        assert (
            len(await w.client.list_tasks(EMO.video_model, now - timedelta(minutes=1), now))
            == len(w.service.tasks)
            == 1
        )


@pytest.mark.parametrize("name", ["detect", "poll", "cancel", "list", "upload", "video"])
async def test_every_call_can_be_made_to_fail(name: str, tmp_path: Path) -> None:
    async with world() as w:
        now = datetime.now(UTC)
        url = (await w.sees_the_end(await w.submits())).video_url or ""
        w.service.faults.add(Fault(name, times=-1, status=503))
        calls: dict[str, Any] = {
            "detect": lambda: look(w.client, w.portrait, "1:1"),
            "poll": lambda: w.client.poll("x"),
            "cancel": lambda: w.client.cancel("x"),
            "list": lambda: w.client.list_tasks(EMO.video_model, now, now),
            "video": lambda: w.client.download(url, tmp_path / "v.mp4", 10_000_000),
        }
        if name == "upload":
            assert (await call(w, "GET", "/api/v1/uploads?action=getPolicy&model=emo-v1"))[0] == 503
            return
        with pytest.raises(ServiceError):
            await calls[name]()


def die(*_: object, **__: object) -> None:
    """A renderer that takes its process down."""
    import os

    os._exit(3)


async def test_a_renderer_that_dies_fails_its_task_and_the_service_lives_on() -> None:
    engine = Engine(detect_centre, die)
    try:
        async with world(engine=engine) as w:
            verdict = await look(w.client, w.portrait, "1:1")
            task = await w.sees_the_end(await w.submits(verdict))
            assert isinstance(error_of_task(task), ServiceError)
            engine.render = render_still
            assert (await w.sees_the_end(await w.submits(verdict))).succeeded
    finally:
        engine.close()


async def test_stopping_in_the_middle_leaves_nothing_behind() -> None:
    async with world(seconds_per_video_second=60.0) as w:
        folder = w.service._folder
        task_id = await w.submits()
        while w.service.tasks[task_id].video is None:
            await w.client.poll(task_id)
        begun = time.monotonic()
    assert time.monotonic() - begun < 30
    assert not folder.exists()


async def test_a_server_of_its_own_ends_its_processes() -> None:
    server = EmoServer(detect_centre, render_still, max_running=2)
    await server.start()
    async with world(engine=server._engine) as w:
        verdict = await look(w.client, w.portrait, "1:1")
        assert verdict.face_box == Box(200, 200, 400, 400)
        process = server._engine.looker._process
        assert process is not None
        assert process.is_alive()
    await server.stop()
    assert server._engine.looker._process is None


def test_the_refusals_of_the_table_are_all_errors_of_ours() -> None:
    assert all(issubclass(kind, DashscopeError) for kind in (AccountError, PersonError, ServiceError, UnreachableMedia))
