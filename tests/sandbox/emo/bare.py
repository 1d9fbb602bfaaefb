"""Bare calls of the service, as anybody's program makes them."""

from typing import Any

import aiohttp

from tests.dashscope.world import KEY, World

DETECT = "/api/v1/services/aigc/image2video/face-detect"
SUBMIT = "/api/v1/services/aigc/image2video/video-synthesis"
Fields = dict[str, str | None]
ASYNC = {"X-DashScope-Async": "enable"}
BOXES = {"face_bbox": [200, 200, 400, 400], "ext_bbox": [0, 0, 600, 600]}


async def call(
    world: World, method: str, path: str, body: Any = None, headers: dict[str, str] | None = None, key: str = KEY
) -> tuple[int, dict[str, Any]]:
    """One bare call."""
    given = {"Authorization": f"Bearer {key}", **(headers or {})}
    async with world.session.request(method, world.service.url + path, json=body, headers=given) as response:
        return response.status, await response.json()


async def upload(
    world: World, model: str, name: str, body: bytes, *, key: str = KEY, spoilt: Fields | None = None
) -> tuple[int, str]:
    """Put a file into the temporary storage; None leaves a field out. Gives the status and the name."""
    _, answer = await call(world, "GET", f"/api/v1/uploads?action=getPolicy&model={model}", key=key)
    return await post(world, answer["data"], name, body, spoilt)


async def post(
    world: World,
    policy: dict[str, Any],
    name: str,
    body: bytes,
    spoilt: Fields | None = None,
    late: Fields | None = None,
) -> tuple[int, str]:
    """Post a file by a policy, and `late` fields after it."""
    place = f"{policy['upload_dir']}/{name}"
    fields = {
        "OSSAccessKeyId": policy["oss_access_key_id"],
        "policy": policy["policy"],
        "Signature": policy["signature"],
        "key": place,
        "success_action_status": "200",
        "x-oss-object-acl": policy["x_oss_object_acl"],
        "x-oss-forbid-overwrite": policy["x_oss_forbid_overwrite"],
    } | (spoilt or {})
    form = aiohttp.FormData()
    for field, value in fields.items():
        if value is not None:
            form.add_field(field, value)
    form.add_field("file", body, filename=name)
    for field, value in (late or {}).items():
        form.add_field(field, value)
    async with world.session.post(policy["upload_host"], data=form) as response:
        return response.status, f"oss://{place}"


def detect_body(world: World, **changes: Any) -> dict[str, Any]:
    body = {"model": "emo-detect-v1", "input": {"image_url": world.portrait}, "parameters": {"ratio": "1:1"}}
    return {**body, **changes}


def submit_body(world: World, style: str = "normal", **given: Any) -> dict[str, Any]:
    media = {"image_url": world.portrait, "audio_url": world.voice, **BOXES, **given}
    media = {name: value for name, value in media.items() if value is not None}
    return {"model": "emo-v1", "input": media, "parameters": {"style_level": style}}
