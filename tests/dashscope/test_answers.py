"""Answers of every shape that the service, its siblings and gateways have been seen to give."""

import json
from datetime import UTC, datetime
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.dashscope.answers import read_answer
from bot.dashscope.readers import read_list, read_task, read_task_id, read_verdict
from bot.dashscope.types import Box, Task
from bot.dashscope.values import read_time


def task_of(**fields: Any) -> Task | None:
    return read_task("t", read_answer(200, json.dumps(fields).encode()))


def test_the_recorded_poll() -> None:
    task = task_of(
        output={
            "task_id": "a8532587",
            "task_status": "SUCCEEDED",
            "submit_time": "2025-09-11 14:33:38.716",
            "scheduled_time": "2025-09-11 14:33:53.089",
            "end_time": "2025-09-11 14:35:51.541",
            "results": {"video_url": "http://host/xxx.mp4?Expires=1"},
        },
        usage={"video_duration": 13.93, "video_ratio": "1:1"},
    )
    assert task is not None
    assert task.succeeded
    assert task.video_url == "http://host/xxx.mp4?Expires=1"
    assert (task.video_seconds, task.video_ratio) == (13.93, "1:1")
    assert task.submitted_at == datetime(2025, 9, 11, 6, 33, 38, 716000, UTC)


@pytest.mark.parametrize(
    "output",
    [
        {"results": [{"video_url": "https://host/v.mp4"}]},
        {"results": [{"code": "x"}, {"url": "https://host/v.mp4"}]},
        {"results": "https://host/v.mp4"},
        {"video_url": "https://host/v.mp4"},
    ],
)
def test_the_video_is_found_wherever_it_is(output: dict[str, Any]) -> None:
    task = task_of(output={"task_status": "succeeded", **output}, usage={"video_duration": "3.5"})
    assert task is not None
    assert task.video_url == "https://host/v.mp4"
    assert task.video_seconds == 3.5


def test_a_video_link_of_another_scheme_is_none() -> None:
    task = task_of(output={"task_status": "SUCCEEDED", "results": {"video_url": "file:///etc/passwd"}})
    assert task is not None
    assert not task.ended, "a video may be named yet"
    assert not task.succeeded


@pytest.mark.parametrize("state", ["PENDING", "RUNNING", "PRE-PROCESSING", "SUSPENDED", "UNKNOWN", "BRAND_NEW"])
def test_a_state_that_may_change_has_not_ended(state: str) -> None:
    task = task_of(output={"task_status": state})
    assert task is not None
    assert not task.ended


@pytest.mark.parametrize("state", ["FAILED", "CANCELED", "CANCELLED"])
def test_a_state_that_stays_has_ended(state: str) -> None:
    task = task_of(output={"task_status": state})
    assert task is not None
    assert task.ended


VIDEO = "https://host/v.mp4"
RAW = {"output": {"task_id": "up", "task_status": "RUNNING"}}
SHAPES: list[tuple[dict[str, Any], str | None, str | None]] = [
    ({"code": 0, "message": "success", "data": {"output": {"task_id": "t", "task_status": "RUNNING"}}}, "RUNNING", "t"),
    ({"code": "success", "data": {"task_id": "t", "status": "NOT_START"}}, "PENDING", "t"),
    ({"code": "success", "data": {"task_id": "t", "status": "IN_PROGRESS", "data": RAW}}, "RUNNING", "t"),
    ({"task_id": "t", "status": "queued"}, "PENDING", "t"),
    ({"id": "t", "object": "video", "status": "completed", "result_url": VIDEO}, "SUCCEEDED", "t"),
    ({"status": "success", "data": {"task_id": "t", "task_status": "RUNNING"}}, "RUNNING", "t"),
    ({"data": [{"task_id": "t", "task_status": "running"}]}, "RUNNING", "t"),
    ({"task_id": "t", "status": "failed"}, "FAILED", "t"),
    ({"output": {"task_id": "t", "task_status": "FAILED"}}, "FAILED", "t"),
    ({"data": {"task_id": "t", "status": "SUCCESS", "result_url": VIDEO, "data": RAW}}, "SUCCEEDED", "t"),
    ({"status": "failed", "message": "upstream timed out"}, None, None),
    ({"status": 200, "message": "ok"}, None, None),
    ({"id": "request-7", "message": "ok"}, None, None),
    ({"output": None}, None, None),
]  # fmt: skip


@pytest.mark.parametrize(("fields", "state", "task_id"), SHAPES)
def test_a_task_is_read_out_of_every_gateways_shape(
    fields: dict[str, Any], state: str | None, task_id: str | None
) -> None:
    answer = read_answer(200, json.dumps(fields).encode())
    task = read_task("t", answer)
    assert (task.state if task else None) == state
    assert read_task_id(answer) == task_id
    assert (task.video_url if task else None) == (VIDEO if state == "SUCCEEDED" else None)


def test_why_a_task_failed_is_read_from_the_wrapped_answer_and_not_from_the_envelope() -> None:
    task = task_of(
        code="success", message="", data={"task_id": "t", "status": "FAILURE", "fail_reason": "The audio is silent."}
    )
    assert task is not None
    assert (task.code, task.message) == (None, "The audio is silent.")


def test_an_error_that_is_sent_with_200_has_the_status_that_it_names() -> None:
    answer = read_answer(200, b'{"code": 401, "message": "Invalid token."}')
    assert (answer.status, answer.http_status) == (401, 200)


def test_boxes_become_integers() -> None:
    output = {"check_pass": "true", "face_bbox": [302.4, "286", 610, 592.6], "ext_bbox": [71, 9, 840, 778]}
    verdict = read_verdict(read_answer(200, json.dumps({"output": output}).encode()))
    assert verdict is not None
    assert verdict.face_box == Box(302, 286, 610, 593)
    assert verdict.ext_box == Box(71, 9, 840, 778)


def test_a_pass_without_boxes_is_no_verdict() -> None:
    assert read_verdict(read_answer(200, b'{"output":{"check_pass":true,"face_bbox":[1,2,NaN,4]}}')) is None


@pytest.mark.parametrize("place", ["output", "top"])
def test_the_reason_of_a_refusal_is_kept_wherever_it_is(place: str) -> None:
    reason = {"code": "InvalidFile.FacePose", "message": "Tilted."}
    body = {"output": {"check_pass": False, **(reason if place == "output" else {})}}
    verdict = read_verdict(read_answer(200, json.dumps({**body, **(reason if place == "top" else {})}).encode()))
    assert verdict is not None
    assert (verdict.passed, verdict.code) == (False, "InvalidFile.FacePose")


@pytest.mark.parametrize(
    "value", ["2025-09-11 14:33:38.716", "2025-09-11T06:33:38.716Z", 1757572418716, "1757572418716"]
)
def test_times_of_every_kind(value: object) -> None:
    assert read_time(value) == datetime(2025, 9, 11, 6, 33, 38, 716000, UTC)


@pytest.mark.parametrize("value", ["", "yesterday", None, [], True, 1e300, "9" * 400, "nan"])
def test_a_time_that_cannot_be_read_is_none(value: object) -> None:
    assert read_time(value) is None


ODD = st.one_of(
    st.none(), st.booleans(), st.integers(), st.floats(), st.text(), st.lists(st.integers() | st.floats(), max_size=5)
)
FIELDS = st.sampled_from(
    ["task_status", "results", "video_url", "check_pass", "face_bbox", "ext_bbox", "code", "message", "submit_time"]
)


@given(
    st.dictionaries(FIELDS, ODD | st.dictionaries(FIELDS, ODD) | st.lists(st.dictionaries(FIELDS, ODD))),
    st.dictionaries(st.sampled_from(["usage", "data", "total_page", "code", "error"]), ODD),
)
@settings(max_examples=150, deadline=None)
def test_no_answer_breaks_the_reader(output: dict[str, Any], rest: dict[str, Any]) -> None:
    answer = read_answer(200, json.dumps({**rest, "output": output}).encode())
    for outcome in (read_task("t", answer), read_verdict(answer), read_list(answer), answer.code, answer.message):
        repr(outcome).encode()


@given(st.binary(max_size=200) | st.sampled_from([b"[" * 100_000, b'{"a":' * 50_000, b"null", b"[]", b'"x"']))
@settings(max_examples=200, deadline=None)
def test_no_bytes_break_the_reader(body: bytes) -> None:
    answer = read_answer(200, body)
    assert answer.fields is None or isinstance(answer.fields, dict)
