"""The vendor's temporary storage: a file goes there by a form, and is named `oss://…` for 48 hours after."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import aiohttp

from bot.dashscope.causes import cause_in_words
from bot.dashscope.errors import ServiceError, UnknownError
from bot.dashscope.types import Body

RESOLVE = {"X-DashScope-OssResourceResolve": "enable"}
"""What a call must carry that names an uploaded file."""


@dataclass(frozen=True)
class Policy:
    """Leave to upload into one folder, for one model.

    Args:
        host: where the form goes.
        folder: that the name must begin with.
        fields: of the form, signed; no key of ours is among them.
    """

    host: str
    folder: str
    fields: dict[str, str]


def read_policy(output: Body) -> Policy:
    """Read what the service grants.

    Raises:
        UnknownError: something is missing.
    """
    wanted = ("policy", "signature", "upload_dir", "upload_host", "oss_access_key_id")
    found = {name: output.get(name) for name in wanted}
    host = found["upload_host"]
    if not all(isinstance(value, str) and value for value in found.values()):
        raise UnknownError("The service's leave to upload lacks something.")
    if urlsplit(str(host)).scheme not in ("http", "https"):
        raise UnknownError("The service's storage has no http address.")
    fields = {
        "OSSAccessKeyId": str(found["oss_access_key_id"]),
        "policy": str(found["policy"]),
        "Signature": str(found["signature"]),
        "x-oss-object-acl": str(output.get("x_oss_object_acl", "private")),
        "x-oss-forbid-overwrite": str(output.get("x_oss_forbid_overwrite", "true")),
    }
    return Policy(str(host), str(found["upload_dir"]), fields)


async def send_file(
    session: aiohttp.ClientSession, policy: Policy, path: Path, name: str, limits: aiohttp.ClientTimeout
) -> str:
    """Post a file, and return its `oss://` name.

    Raises:
        ServiceError: the storage is in trouble; try again with a new policy.
    """
    key = f"{policy.folder}/{name}"
    form = aiohttp.FormData(quote_fields=False)
    ahead = ("OSSAccessKeyId", "policy", "Signature")
    for field in ahead:
        form.add_field(field, policy.fields[field])
    form.add_field("key", key)
    form.add_field("success_action_status", "200")
    for field in policy.fields.keys() - set(ahead):
        form.add_field(field, policy.fields[field])
    try:
        with path.open("rb") as file:
            form.add_field("file", file, filename=name)  # last: what comes after it is not read
            async with session.post(policy.host, data=form, timeout=limits, allow_redirects=False) as answer:
                await answer.read()
                if answer.status != 200:
                    raise ServiceError("The service's storage did not take a file.", status=answer.status)
    except (aiohttp.ClientError, TimeoutError, ConnectionError) as error:
        raise ServiceError(f"The service's storage broke off: {cause_in_words(error)}.") from None
    return f"oss://{key}"


def headers_for(body: Any) -> dict[str, str]:
    """Return what a call carries besides: that its `oss://` names are to be resolved, where it has some."""
    named = body.get("input", {}).values() if isinstance(body, dict) else ()
    return RESOLVE if any(isinstance(value, str) and value.startswith("oss://") for value in named) else {}
