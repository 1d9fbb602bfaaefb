"""The stand-in's wan2.2-s2v: the same paths as EMO, and its own bodies, limits, answers and prices."""

import asyncio
from decimal import Decimal
from pathlib import Path
from typing import Any

import av
import pytest

from bot.sandbox.emo import EMO, S2V
from bot.sandbox.emo.models import size_at
from tests.dashscope.world import KEY, World, look, picture, recording, world
from tests.sandbox.emo.bare import ASYNC, DETECT, SUBMIT, call, detect_body, submit_body


async def looks(w: World, **given: str) -> tuple[int, dict[str, Any]]:
    body = {"model": "wan2.2-s2v-detect", "input": {"image_url": w.portrait, **given}}
    return await call(w, "POST", DETECT, body)


async def submits(w: World, resolution: object = None, key: str = KEY, **given: str) -> tuple[int, dict[str, Any]]:
    media = {"image_url": w.portrait, "audio_url": w.voice, **given}
    parameters = {} if resolution is None else {"resolution": resolution}
    body = {"model": "wan2.2-s2v", "input": media, "parameters": parameters}
    return await call(w, "POST", SUBMIT, body, ASYNC, key)


async def ends(w: World, answer: dict[str, Any], key: str = KEY) -> dict[str, Any]:
    """Wait until a task has ended, and ask how."""
    task_id = answer["output"]["task_id"]
    while w.service.tasks[task_id].ended_at is None:
        await asyncio.sleep(0.01)
    return (await call(w, "GET", f"/api/v1/tasks/{task_id}", key=key))[1]


async def test_a_look_has_no_boxes_and_costs_the_same() -> None:
    async with world() as w:
        status, answer = await looks(w)
        assert (status, answer["output"]) == (200, {"check_pass": True, "humanoid": True})
        assert answer["usage"] == {"image_count": 1}
        w.site.put("portrait.png", picture(plain=True))
        status, answer = await looks(w)
        assert (status, answer["output"]["check_pass"]) == (200, False)
        assert answer["output"]["code"] == "InvalidFile.NoHuman"
        assert "humanoid" not in answer["output"]
        assert [(entry.model, entry.amount) for entry in w.service.bill] == [
            ("wan2.2-s2v-detect", Decimal("0.004"))
        ] * 2


@pytest.mark.parametrize(
    ("sides", "resolution", "size", "price"),
    [
        ((600, 800), None, (480, 640), "0.5"),
        ((800, 450), "480P", (736, 416), "0.5"),
        ((800, 450), "720P", (1280, 720), "0.9"),
        ((400, 500), "720P", (856, 1072), "0.9"),
    ],
)
async def test_the_video_keeps_the_pictures_aspect_at_the_resolution_asked(
    sides: tuple[int, int], resolution: str | None, size: tuple[int, int], price: str, tmp_path: Path
) -> None:
    async with world() as w:
        w.site.put("portrait.png", picture(*sides))
        await looks(w)
        status, answer = await submits(w, resolution)
        assert (status, answer["output"]["task_status"]) == (200, "PENDING")
        told = await ends(w, answer)
        assert told["output"]["task_status"] == "SUCCEEDED"
        seconds = told["usage"]["duration"]
        assert told["usage"] == {"duration": seconds, "video_count": 1, "SR": int((resolution or "480P")[:-1])}
        entry = w.service.bill[-1]
        assert (entry.model, entry.price, entry.quantity) == ("wan2.2-s2v", Decimal(price), Decimal(str(seconds)))
        assert w.service.notes == []
        await w.client.download(told["output"]["results"]["video_url"], tmp_path / "v.mp4", 10_000_000)
        with av.open(str(tmp_path / "v.mp4")) as video:
            assert (video.streams.video[0].width, video.streams.video[0].height) == size


def test_about_as_many_pixels_as_the_resolution_says() -> None:
    for resolution, pixels in (("480P", 310_000), ("720P", 920_000)):
        for sides in ((400, 400), (400, 711), (711, 400), (3000, 4000), (7000, 3940)):
            wide, high = size_at(resolution, *sides)
            assert wide * high == pytest.approx(pixels, rel=0.04)
            assert wide / high == pytest.approx(sides[0] / sides[1], rel=0.03)


async def test_a_voice_stays_below_twenty_seconds() -> None:
    async with world() as w:
        w.site.put("voice.wav", recording(19.9))
        assert (await ends(w, (await submits(w))[1]))["output"]["task_status"] == "SUCCEEDED"
        paid = len(w.service.bill)
        w.site.put("voice.wav", recording(20.0))
        told = (await ends(w, (await submits(w))[1]))["output"]
        assert (told["task_status"], told["code"]) == ("FAILED", "InvalidFile.AudioLengthError")
        assert len(w.service.bill) == paid


@pytest.mark.parametrize("resolution", ["1080P", 480, ["480P"]])
async def test_a_resolution_that_there_is_not_is_refused(resolution: object) -> None:
    async with world() as w:
        status, answer = await submits(w, resolution)
        assert (status, answer["code"], answer["message"]) == (400, "InvalidParameter", "The resolution is invalid.")


@pytest.mark.parametrize(("width", "height"), [(399, 800), (7001, 500)])
async def test_a_picture_too_small_or_too_large_is_refused(width: int, height: int) -> None:
    async with world() as w:
        w.site.put("portrait.png", picture(width, height))
        assert (await looks(w))[1]["output"]["code"] == "InvalidFile.Resolution"
        told = await ends(w, (await submits(w))[1])
        assert told["output"]["code"] == "InvalidFile.Resolution"


async def test_a_look_by_the_other_model_is_noted_as_none() -> None:
    async with world() as w:
        await look(w.client, w.portrait, "1:1")
        await ends(w, (await submits(w))[1])
        assert "never detected" in w.service.notes[0]


async def test_each_model_and_account_runs_one_task_and_lists_its_own() -> None:
    async with world(seconds_per_video_second=0.3, api_keys=[KEY, "another"]) as w:
        emo = await w.submits()
        _, first = await submits(w)
        _, second = await submits(w)
        _, theirs = await submits(w, key="another")
        ids = [emo, *(answer["output"]["task_id"] for answer in (first, second, theirs))]
        most = 0
        while not (await w.client.poll(ids[2])).ended:
            running = [task for task in w.service.tasks.values() if task.state == "RUNNING"]
            most = max(most, len(running))
            lanes = [(task.account, task.model) for task in running]
            assert len(set(lanes)) == len(lanes)
        assert most >= 2
        await ends(w, theirs, "another") if (await w.client.poll(ids[3])).forgotten else pytest.fail("not theirs alone")
        for path, seen in (("?model_name=wan2.2-s2v", ids[2:0:-1]), ("?model_name=emo-v1", ids[:1]), ("", ids[2::-1])):
            _, answer = await call(w, "GET", f"/api/v1/tasks{path}")
            assert [row["task_id"] for row in answer["data"]] == seen
        _, answer = await call(w, "GET", "/api/v1/tasks", key="another")
        assert [(row["task_id"], row["model_name"]) for row in answer["data"]] == [(ids[3], "wan2.2-s2v")]
        assert [entry.task_id for entry in w.service.accounts[1].bill] == [ids[3]]
        assert {entry.task_id for entry in w.service.accounts[0].bill} == {None, *ids[:3]}
        status, answer = await call(w, "POST", f"/api/v1/tasks/{ids[3]}/cancel")
        assert (status, answer["code"]) == (400, "UnsupportedOperation")


DEAD: list[tuple[Any, int, str, str]] = [
    ("retired", 403, "access_denied", "emo"),
    ("not_exist", 404, "InvalidParameter", "Model not exist"),
    ("not_exist_400", 400, "InvalidParameter", "Model not exist"),
    ("not_found", 404, "ModelNotFound", "emo"),
    ("unknown", 404, "model_not_found", "emo"),
    ("no_channel", 503, "model_not_found", "emo"),
    ("unpurchased", 403, "AccessDenied.Unpurchased", "emo"),
    ("quota", 429, "insufficient_quota", "emo"),
    ("empty", 403, "insufficient_user_quota", "emo"),
]


@pytest.mark.parametrize(("life", "status", "code", "text"), DEAD, ids=[row[0] for row in DEAD])
async def test_a_model_that_is_gone_says_so_and_its_tasks_live_on(life: Any, status: int, code: str, text: str) -> None:
    async with world() as w:
        w.service.hold()
        task_id = await w.submits()
        w.service.models.retire(EMO, life)
        paid = len(w.service.bill)
        for path, body, headers in ((DETECT, detect_body(w, input={}), {}), (SUBMIT, submit_body(w), ASYNC)):
            got, answer = await call(w, "POST", path, body, headers)
            assert (got, answer["code"]) == (status, code)
            assert text in answer["message"]
        assert len(w.service.bill) == paid
        assert (await looks(w))[1]["output"]["check_pass"] is True
        w.service.release()
        assert (await w.sees_the_end(task_id)).succeeded
        w.service.models.retire(EMO, "alive")
        assert (await look(w.client, w.portrait, "1:1")).passed


@pytest.mark.parametrize("model", [EMO, S2V], ids=lambda model: model.name)
async def test_a_look_without_a_picture_tells_that_a_model_lives_and_costs_nothing(model: Any) -> None:
    async with world() as w:
        for given in ({}, {"picture": "x"}):
            status, answer = await call(w, "POST", DETECT, {"model": model.looker, "input": given})
            assert status == 400
            assert answer["code"] in ("BadRequest.EmptyInput", "InvalidParameter")
        assert w.service.bill == []
