"""The stand-in speaks as gateways do: their envelopes, their words, their paths, and their ways to say no."""

import asyncio
from collections.abc import Callable
from typing import Any

import pytest
from yarl import URL

from bot.sandbox.emo import S2V, Dialect
from bot.sandbox.emo.dialect import FLAT, RELAY, VIDEO_PATH, WRAPPED, WRAPPED_FLAT, page
from bot.sandbox.faults import Fault
from tests.dashscope.world import KEY, World, picture, world
from tests.sandbox.emo.bare import ASYNC, DETECT, SUBMIT, call, detect_body

Told = Callable[[dict[str, Any]], tuple[Any, Any, Any]]


async def polls(w: World, path: str) -> tuple[int, dict[str, Any]]:
    """Ask about a task at a path from the host's root."""
    url = URL(w.service.url).with_path(path)
    async with w.session.get(url, headers={"Authorization": f"Bearer {KEY}"}) as response:
        return response.status, await response.json()


async def submits(w: World) -> dict[str, Any]:
    media = {"image_url": w.portrait, "audio_url": w.voice}
    status, answer = await call(w, "POST", SUBMIT, {"model": "wan2.2-s2v", "input": media}, ASYNC)
    assert status == 200
    return answer


async def ended(w: World) -> str:
    """Wait for the only task; gives its id."""
    (task,) = w.service.tasks.values()
    while task.ended_at is None:
        await asyncio.sleep(0.01)
    return task.task_id


SPOKEN: list[tuple[Dialect, str, str, tuple[str, str], Told, Told]] = [
    (
        RELAY,
        "/qwen",
        "/qwen/api/v1/tasks/{}",
        ("PENDING", "SUCCEEDED"),
        lambda said: (said["output"]["task_id"], said["output"]["task_status"], None),
        lambda said: (said["output"]["results"]["video_url"], said["output"]["task_status"], said["usage"]["duration"]),
    ),
    (
        VIDEO_PATH,
        "/qwen",
        "/qwen/api/v1/tasks/video/{}",
        ("PENDING", "SUCCEEDED"),
        lambda said: (said["output"]["task_id"], said["output"]["task_status"], None),
        lambda said: (said["output"]["results"]["video_url"], said["output"]["task_status"], said["usage"]["duration"]),
    ),
    (
        WRAPPED,
        "/qwen",
        "/qwen/api/v1/tasks/{}",
        ("PENDING", "SUCCEEDED"),
        lambda said: (said["data"]["output"]["task_id"], said["data"]["output"]["task_status"], said["code"]),
        lambda said: (
            said["data"]["output"]["results"]["video_url"],
            said["data"]["output"]["task_status"],
            said["data"]["usage"]["duration"],
        ),
    ),
    (
        WRAPPED_FLAT,
        "/qwen",
        "/qwen/api/v1/tasks/{}",
        ("NOT_START", "SUCCESS"),
        lambda said: (said["data"]["task_id"], said["data"]["status"], said["code"]),
        lambda said: (said["data"]["results"]["video_url"], said["data"]["status"], said["data"]["usage"]["duration"]),
    ),
    (
        FLAT,
        "/wan",
        "/v1/tasks/{}",
        ("queued", "completed"),
        lambda said: (said["task_id"], said["status"], None),
        lambda said: (said["result_url"], said["status"], said["usage"]["video_duration"]),
    ),
]


@pytest.mark.parametrize(("dialect", "prefix", "path", "words", "taken", "told"), SPOKEN)
async def test_a_task_is_told_in_the_gateways_own_words(
    dialect: Dialect, prefix: str, path: str, words: tuple[str, str], taken: Told, told: Told
) -> None:
    async with world(prefix=prefix, dialect=dialect) as w:
        task_id, state, code = taken(await submits(w))
        assert task_id == await ended(w)
        assert state == words[0]
        assert code == dialect.envelope
        if path.startswith("/v1"):
            assert (await bare_status(w, f"/api/v1/tasks/{task_id}")) == 404
        status, answer = await polls(w, path.format(task_id))
        link, state, seconds = told(answer)
        assert status == 200
        assert state == words[1]
        assert link.startswith("http://")
        assert seconds == pytest.approx(1.0, abs=0.1)


async def bare_status(w: World, path: str, method: str = "GET") -> int:
    headers = {"Authorization": f"Bearer {KEY}"}
    async with w.session.request(method, w.service.url + path, headers=headers) as response:
        return response.status


@pytest.mark.parametrize("dialect", [RELAY, WRAPPED, FLAT])
async def test_most_gateways_know_no_list_no_cancel_and_no_uploads(dialect: Dialect) -> None:
    async with world(prefix="/qwen", dialect=dialect) as w:
        for method, path in (
            ("GET", "/api/v1/tasks/?page_no=1"),
            ("POST", "/api/v1/tasks/x/cancel"),
            ("GET", "/api/v1/uploads?action=getPolicy&model=wan2.2-s2v"),
        ):
            assert await bare_status(w, path, method) == 404


async def test_errors_as_openai_writes_them() -> None:
    async with world(dialect=RELAY) as w:
        w.service.models.retire(S2V, "no_channel")
        status, answer = await call(w, "POST", DETECT, {"model": S2V.looker, "input": {}})
        assert (status, answer["error"]["code"]) == (503, "model_not_found")
        assert "request_id" not in answer


async def test_a_refused_face_may_be_http_400() -> None:
    async with world(dialect=Dialect(refused_looks=400)) as w:
        w.site.put("portrait.png", picture(plain=True))
        for body in (detect_body(w), detect_body(w, model=S2V.looker)):
            status, answer = await call(w, "POST", DETECT, body)
            assert (status, answer["code"]) == (400, "InvalidFile.NoHuman")
        assert w.service.bill == [], "a request that fails is free"


@pytest.mark.parametrize("status", [413, 502, 504, 524])
async def test_what_stands_before_a_gateway_answers_with_a_page(status: int) -> None:
    async with world() as w:
        w.service.faults.add(Fault("detect", status=status, body=page(status)))
        assert await bare_status(w, DETECT, "POST") == status
    async with world(dialect=Dialect(errors="page")) as w:
        headers = {"Authorization": "Bearer wrong"}
        async with w.session.post(w.service.url + DETECT, headers=headers) as response:
            assert (response.status, response.content_type) == (401, "text/html")
            assert "<html>" in await response.text()
