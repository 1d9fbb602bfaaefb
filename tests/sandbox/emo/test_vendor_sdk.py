"""The vendor's own SDK drives the stand-in, so that both sides of our protocol are not merely our own idea of it."""

import asyncio
import io
import warnings
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import av
import pytest
from PIL import Image

from bot.sandbox.emo import EMO, Engine
from bot.sandbox.puppet import detect_face, render_video
from tests.dashscope.world import KEY, World, picture, recording, world

with warnings.catch_warnings():
    warnings.simplefilter("ignore")
    import dashscope
    from dashscope.client.base_api import BaseApi, BaseAsyncApi
    from dashscope.utils.oss_utils import OssUtils, upload_file

IMAGE2VIDEO = {"task_group": "aigc", "task": "image2video"}
VIDEO = {"model": "emo-v1", "function": "video-synthesis", **IMAGE2VIDEO}
DETECT = {"model": "emo-detect-v1", "function": "face-detect", **IMAGE2VIDEO}
RESOLVE = {"X-DashScope-OssResourceResolve": "enable"}


@pytest.fixture
async def place(monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[World]:
    async with world(prefix="/qwen") as made:
        monkeypatch.setattr(dashscope, "base_http_api_url", f"{made.service.url}/api/v1")
        yield made


async def sdk(function: Any, /, *args: Any, **kwargs: Any) -> Any:
    """Call the SDK, which blocks, in a thread."""
    return await asyncio.to_thread(function, *args, **{"api_key": KEY, **kwargs})


async def detects(place: World, ratio: str = "1:1", **kwargs: Any) -> Any:
    return await sdk(BaseApi.call, **DETECT, input={"image_url": place.portrait}, ratio=ratio, **kwargs)


async def submits(place: World, output: Any) -> Any:
    media = {"image_url": place.portrait, "audio_url": place.voice}
    boxes = {"face_bbox": output["face_bbox"], "ext_bbox": output["ext_bbox"]}
    return await sdk(BaseAsyncApi.async_call, **VIDEO, input={**media, **boxes}, style_level="normal")


async def test_detect_submit_wait_and_fetch(place: World) -> None:
    found = await detects(place)
    assert found.status_code == 200
    assert found.output["check_pass"] is True
    task = await submits(place, found.output)
    assert task.output["task_status"] == "PENDING"
    done = await sdk(BaseAsyncApi.wait, task)
    assert done.output["task_status"] == "SUCCEEDED"
    assert done.usage["video_ratio"] == "1:1"
    again = await sdk(BaseAsyncApi.fetch, task)
    ours = await place.client.poll(task.output["task_id"])
    assert again.output["results"]["video_url"] == ours.video_url
    assert done.usage["video_duration"] == ours.video_seconds


async def test_cancel_and_list(place: World) -> None:
    place.service.hold()
    task = await submits(place, (await detects(place)).output)
    assert (await sdk(BaseAsyncApi.cancel, task)).status_code == 200
    second = await sdk(BaseAsyncApi.cancel, task)
    assert (second.status_code, second.code) == (400, "UnsupportedOperation")
    listed = await sdk(BaseAsyncApi.list, model_name="emo-v1", status="CANCELED")
    assert listed.status_code == 200
    assert [row["task_id"] for row in listed.output["data"]] == [task.output["task_id"]]


async def test_refusals(place: World) -> None:
    wrong = await detects(place, api_key="sk-wrong")
    assert (wrong.status_code, wrong.code) == (401, "InvalidApiKey")
    ratio = await detects(place, ratio="16:9")
    assert (ratio.status_code, ratio.code) == (400, "InvalidParameter.Ratio")
    unknown = await sdk(BaseAsyncApi.fetch, "nobody")
    assert unknown.output["task_status"] == "UNKNOWN"


async def test_s2v_makes_a_video_of_uploaded_files(place: World, tmp_path: Path) -> None:
    portrait, voice = tmp_path / "portrait.png", tmp_path / "voice.wav"
    portrait.write_bytes(picture(600, 800))
    voice.write_bytes(recording())
    look = await sdk(upload_file, "wan2.2-s2v-detect", f"file://{portrait}")
    looked = {**DETECT, "model": "wan2.2-s2v-detect", "input": {"image_url": look}}
    found = await sdk(BaseApi.call, **looked, headers=RESOLVE)
    assert found.output == {"check_pass": True, "humanoid": True}
    without_header = await sdk(BaseApi.call, **looked)
    assert (without_header.status_code, without_header.code) == (400, "InvalidParameter.DataInspection")

    image, grant = await sdk(OssUtils.upload, "wan2.2-s2v", str(portrait))
    sound, _ = await sdk(OssUtils.upload, "wan2.2-s2v", str(voice), upload_certificate=grant)
    order = {**VIDEO, "model": "wan2.2-s2v", "input": {"image_url": image, "audio_url": sound}}
    task = await sdk(BaseAsyncApi.async_call, **order, resolution="720P", headers=RESOLVE)
    done = await sdk(BaseAsyncApi.wait, task)
    assert done.output["task_status"] == "SUCCEEDED"
    assert done.usage == {"duration": 1.0, "video_count": 1, "SR": 720}
    await place.client.download(done.output["results"]["video_url"], tmp_path / "v.mp4", 10_000_000)
    with av.open(str(tmp_path / "v.mp4")) as video:
        assert (video.streams.video[0].width, video.streams.video[0].height) == (832, 1112)
    listed = await sdk(BaseAsyncApi.list, model_name="wan2.2-s2v")
    assert [row["model_name"] for row in listed.output["data"]] == ["wan2.2-s2v"]


async def test_an_uploaded_file_is_for_one_model_alone(place: World, tmp_path: Path) -> None:
    (tmp_path / "portrait.png").write_bytes(picture())
    look, _ = await sdk(OssUtils.upload, "wan2.2-s2v-detect", str(tmp_path / "portrait.png"))
    emo = await sdk(BaseApi.call, **DETECT, input={"image_url": look}, ratio="1:1", headers=RESOLVE)
    assert (emo.status_code, emo.code) == (400, "InvalidParameter.DataInspection")


async def test_a_model_that_was_retired(place: World) -> None:
    place.service.models.retire(EMO)
    gone = await detects(place)
    assert (gone.status_code, gone.code) == (403, "access_denied")


async def test_the_puppet_as_the_engine_is_no_special_case(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    engine, portrait = Engine(detect_face, render_video), io.BytesIO()
    with Image.open(Path(__file__).parents[3] / "examples/portrait.jpg") as image:
        image.save(portrait, "PNG")
    try:
        async with world(prefix="/qwen", engine=engine) as place:
            monkeypatch.setattr(dashscope, "base_http_api_url", f"{place.service.url}/api/v1")
            faceless = await detects(place)
            assert (faceless.output["check_pass"], faceless.output["code"]) == (False, "InvalidFile.NoHuman")
            place.site.put("portrait.png", portrait.getvalue())
            place.service.hold()
            found = await detects(place)
            task, waiting = await submits(place, found.output), await submits(place, found.output)
            assert (await sdk(BaseAsyncApi.cancel, waiting)).status_code == 200
            place.service.release()
            done = await sdk(BaseAsyncApi.wait, task)
            listed = await sdk(BaseAsyncApi.list, model_name="emo-v1")
            await place.client.download(done.output["results"]["video_url"], tmp_path / "v.mp4", 10_000_000)
    finally:
        await asyncio.to_thread(engine.close)
    assert {row["task_id"]: row["status"] for row in listed.output["data"]} == {
        task.output["task_id"]: "SUCCEEDED",
        waiting.output["task_id"]: "CANCELED",
    }
    with av.open(str(tmp_path / "v.mp4")) as video:
        assert "puppet" in video.metadata["comment"]
