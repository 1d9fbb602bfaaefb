"""Temporary files count as the vendor says: signed, with the header, for one model and account, for 48 hours."""

from datetime import UTC, datetime, timedelta

import pytest

from tests.dashscope.world import KEY, World, picture, recording, world
from tests.sandbox.emo.bare import ASYNC, DETECT, SUBMIT, call, detect_body, post, submit_body, upload

RESOLVE = {"X-DashScope-OssResourceResolve": "enable"}
NOT_THERE = (400, "InvalidParameter.DataInspection")


async def looks_at(w: World, link: str, headers: dict[str, str] | None = None, key: str = KEY) -> tuple[int, str]:
    body = detect_body(w, input={"image_url": link})
    status, answer = await call(w, "POST", DETECT, body, RESOLVE if headers is None else headers, key)
    return status, answer.get("code") or str(answer["output"]["check_pass"])


async def test_files_that_were_uploaded_become_a_video() -> None:
    async with world() as w:
        _, look = await upload(w, "emo-detect-v1", "p.png", picture())
        assert await looks_at(w, look) == (200, "True")
        _, image = await upload(w, "emo-v1", "p.png", picture())
        _, sound = await upload(w, "emo-v1", "v.wav", recording())
        body = submit_body(w, image_url=image, audio_url=sound)
        status, answer = await call(w, "POST", SUBMIT, body, ASYNC | RESOLVE)
        assert status == 200
        assert (await w.sees_the_end(answer["output"]["task_id"])).succeeded
        assert [fetch.url for fetch in w.service.fetches] == [look, image, sound]


async def test_without_the_header_or_for_another_model_a_name_is_nothing() -> None:
    async with world() as w:
        _, look = await upload(w, "emo-detect-v1", "p.png", picture())
        _, image = await upload(w, "emo-v1", "p.png", picture())
        _, sound = await upload(w, "wan2.2-s2v", "v.wav", recording())
        assert await looks_at(w, look, {}) == NOT_THERE
        assert await looks_at(w, image) == NOT_THERE
        assert await looks_at(w, "oss://dashscope-instant/nobody/p.png") == NOT_THERE
        for headers in (ASYNC, ASYNC | RESOLVE):
            status, answer = await call(w, "POST", SUBMIT, submit_body(w, image_url=image, audio_url=sound), headers)
            assert (status, answer["code"]) == NOT_THERE
        assert w.service.tasks == {}
        assert w.service.bill == []


async def test_a_name_is_gone_after_48_hours_even_for_a_task_that_waited() -> None:
    async with world(life=timedelta(days=9)) as w:
        start = datetime.now(UTC)
        w.service.clock = lambda: start
        _, look = await upload(w, "emo-detect-v1", "p.png", picture())
        _, image = await upload(w, "emo-v1", "p.png", picture())
        w.service.hold()
        body = submit_body(w, image_url=image)
        _, answer = await call(w, "POST", SUBMIT, body, ASYNC | RESOLVE)
        w.service.clock = lambda: start + timedelta(hours=47.9)
        assert await looks_at(w, look) == (200, "True")
        w.service.clock = lambda: start + timedelta(hours=48)
        assert await looks_at(w, look) == NOT_THERE
        w.service.release()
        task = await w.sees_the_end(answer["output"]["task_id"])
        assert (task.state, task.code) == ("FAILED", "InvalidParameter.DataInspection")


async def test_a_name_is_its_accounts_own_and_nobody_reads_it_over_http() -> None:
    async with world(api_keys=[KEY, "another"]) as w:
        _, look = await upload(w, "emo-detect-v1", "p.png", picture())
        assert await looks_at(w, look, key="another") == NOT_THERE
        _, policy = await call(w, "GET", "/api/v1/uploads?action=getPolicy&model=emo-v1")
        async with w.session.get(f"{policy['data']['upload_host']}/{look.removeprefix('oss://')}") as response:
            assert response.status == 403


async def test_the_name_must_end_in_what_the_file_is() -> None:
    async with world() as w:
        for name, body in (("p.jpg", picture()), ("p.png", picture(kind="jpeg")), ("p", picture())):
            _, look = await upload(w, "emo-detect-v1", name, body)
            assert await looks_at(w, look) == (400, "InvalidParameter")


@pytest.mark.parametrize(
    ("spoilt", "status"),
    [
        ({"Signature": "forged"}, 403),
        ({"OSSAccessKeyId": "somebody"}, 403),
        ({"key": "elsewhere/p.png"}, 403),
        ({"x-oss-object-acl": "public-read"}, 403),
        ({"x-oss-forbid-overwrite": "false"}, 403),
        ({"x-oss-forbid-overwrite": None}, 403),
        ({"policy": "bm90IGEgcG9saWN5"}, 403),
        ({"key": None}, 400),
        ({"Signature": None}, 400),
        ({"success_action_status": None}, 204),
    ],
)
async def test_a_form_is_checked_field_by_field(spoilt: dict[str, str | None], status: int) -> None:
    async with world() as w:
        assert (await upload(w, "emo-v1", "p.png", picture(), spoilt=spoilt))[0] == status


async def test_a_policy_ends_and_nothing_is_written_over() -> None:
    async with world() as w:
        start = datetime.now(UTC)
        w.service.clock = lambda: start
        _, answer = await call(w, "GET", "/api/v1/uploads?action=getPolicy&model=emo-v1")
        policy = answer["data"]
        assert (await post(w, policy, "p.png", picture()))[0] == 200
        assert (await post(w, policy, "p.png", picture(401, 401)))[0] == 409
        assert (await post(w, policy, "q.png", picture()))[0] == 200
        w.service.clock = lambda: start + timedelta(seconds=policy["expire_in_seconds"])
        assert (await post(w, policy, "r.png", picture()))[0] == 403


async def test_fields_after_the_file_are_not_read() -> None:
    async with world() as w:
        _, answer = await call(w, "GET", "/api/v1/uploads?action=getPolicy&model=emo-v1")
        policy = answer["data"]
        late = {"Signature": policy["signature"]}
        assert (await post(w, policy, "p.png", picture(), {"Signature": None}, late))[0] == 400
        assert (await post(w, policy, "p.png", picture(), late=late))[0] == 200


async def test_only_for_models_that_there_are() -> None:
    async with world() as w:
        status, answer = await call(w, "GET", "/api/v1/uploads?action=getPolicy&model=emo-v9")
        assert (status, answer["code"]) == (400, "InvalidParameter")
        assert (await call(w, "GET", "/api/v1/uploads?action=list&model=emo-v1"))[0] == 400
