"""The service's temporary files: a policy to ask for, a form to post, an `oss://` name to call with for 48 hours."""

import asyncio
import base64
import binascii
import hashlib
import hmac
import json
import secrets
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from aiohttp import BodyPartReader, web

from bot.sandbox.emo.account import Account
from bot.sandbox.emo.models import Models
from bot.sandbox.emo.refusal import Refusal, invalid

POLICY_LIFE = timedelta(minutes=5)
UPLOAD_LIFE = timedelta(hours=48)
LARGEST = 100 * 1024 * 1024
SIGNED_FIELDS = {"x-oss-object-acl": "private", "x-oss-forbid-overwrite": "true"}
NOT_DOWNLOADED = "Unable to download the media resource during the data inspection process."


@dataclass(frozen=True)
class Caller:
    """Who names a file: the account and model of the call, and whether it asks for `oss://` names to be resolved."""

    account: int
    model: str
    resolve: bool


@dataclass(frozen=True)
class Uploaded:
    """A file that was uploaded.

    Args:
        account: whose.
        model: the only one that it counts for.
        ends: when it is gone.
        path: its bytes.
    """

    account: int
    model: str
    ends: datetime
    path: Path


class Uploads:
    """Gives out policies, takes files by form, and finds them again.

    Args:
        folder: where the files lie.
        models: that files can be uploaded for.
        clock: tells the time, in UTC.
    """

    def __init__(self, folder: Path, models: Models, clock: Callable[[], datetime]) -> None:
        self.host = ""
        self.files: dict[str, Uploaded] = {}
        self._folder = folder
        self._models = models
        self._clock = clock
        self._secret = secrets.token_bytes(32)
        self._granted: dict[str, tuple[int, str]] = {}

    def policy(self, account: Account, model: str) -> dict[str, Any]:
        """What an upload for a model needs to know.

        Raises:
            Refusal: there is no such model.
        """
        if model not in self._models.lives:
            raise invalid("The model is invalid.")
        folder = f"dashscope-instant/{uuid.uuid4().hex}/{self._clock():%Y-%m-%d}/{uuid.uuid4()}"
        terms = {
            "expiration": (self._clock() + POLICY_LIFE).isoformat(),
            "conditions": [
                ["content-length-range", 0, LARGEST],
                ["starts-with", "$key", folder + "/"],
                *({name: value} for name, value in SIGNED_FIELDS.items()),
            ],
        }
        policy = base64.b64encode(json.dumps(terms).encode()).decode()
        self._granted[policy] = (account.number, model)
        return {
            "policy": policy,
            "signature": self._sign(policy),
            "upload_dir": folder,
            "upload_host": self.host,
            "expire_in_seconds": int(POLICY_LIFE.total_seconds()),
            "max_file_size_mb": LARGEST // (1024 * 1024),
            "capacity_limit_mb": 999999999,
            "oss_access_key_id": "SANDBOX",
            "x_oss_object_acl": SIGNED_FIELDS["x-oss-object-acl"],
            "x_oss_forbid_overwrite": SIGNED_FIELDS["x-oss-forbid-overwrite"],
        }

    def find(self, link: str, caller: Caller) -> Path:
        """The file behind an `oss://` name.

        Raises:
            Refusal: the call did not ask for it to be resolved, or the name is not this account's, was uploaded for
                another model, is too old, or was never there: the service cannot download it.
        """
        file = self.files.get(link.removeprefix("oss://")) if caller.resolve else None
        if file is None or (file.account, file.model) != (caller.account, caller.model) or self._clock() >= file.ends:
            raise Refusal(400, "InvalidParameter.DataInspection", NOT_DOWNLOADED)
        return file.path

    async def take(self, request: web.Request) -> web.StreamResponse:
        """Take a file by form: the signed fields first, `file` last."""
        fields: dict[str, str] = {}
        body = None
        try:
            async for part in await request.multipart():
                if isinstance(part, BodyPartReader) and part.name == "file":
                    body = bytes(await part.read(decode=False))
                    break  # what comes after the file is not read
                if isinstance(part, BodyPartReader) and part.name:
                    fields[part.name] = await part.text()
            refused = self._check(fields, body)
        except (KeyError, ValueError, AssertionError, binascii.Error):
            refused = _no(400, "MalformedPOSTRequest", "A field is missing or broken, or stands after the file.")
        if refused is not None or body is None:
            return refused or _no(400, "MalformedPOSTRequest", "The file is missing.")
        key = fields["key"]
        account, model = self._granted[fields["policy"]]
        path = self._folder / uuid.uuid4().hex
        self.files[key] = Uploaded(account, model, self._clock() + UPLOAD_LIFE, path)
        await asyncio.to_thread(path.write_bytes, body)
        return web.Response(status=200 if fields.get("success_action_status") == "200" else 204)

    def sweep(self) -> None:
        """Delete the files that are too old."""
        for file in self.files.values():
            if self._clock() >= file.ends:
                file.path.unlink(missing_ok=True)

    def _check(self, fields: dict[str, str], body: bytes | None) -> web.Response | None:
        policy, key = fields["policy"], fields["key"]
        if fields["OSSAccessKeyId"] != "SANDBOX":
            return _no(403, "InvalidAccessKeyId", "The access key does not exist.")
        if not hmac.compare_digest(self._sign(policy).encode(), fields["Signature"].encode()):
            return _no(403, "SignatureDoesNotMatch", "The signature does not match.")
        terms = json.loads(base64.b64decode(policy))
        if self._clock() >= datetime.fromisoformat(terms["expiration"]).astimezone(UTC):
            return _no(403, "AccessDenied", "Invalid according to Policy: Policy expired.")
        if not key.startswith(terms["conditions"][1][2]):
            return _no(403, "AccessDenied", "Invalid according to Policy: Policy Condition failed: $key.")
        for name, value in SIGNED_FIELDS.items():
            if fields.get(name) != value:
                return _no(403, "AccessDenied", f"Invalid according to Policy: Policy Condition failed: {name}.")
        if body is not None and len(body) > LARGEST:
            return _no(400, "EntityTooLarge", "The file is too large.")
        if key in self.files:
            return _no(409, "FileAlreadyExists", "The object you specified already exists and can not be overwritten.")
        return None

    def _sign(self, text: str) -> str:
        return base64.b64encode(hmac.digest(self._secret, text.encode(), hashlib.sha1)).decode()


async def refuse(_: web.Request) -> web.Response:
    """Nobody but the service reads an uploaded file."""
    return _no(403, "AccessDenied", "You have no right to access this object because of bucket acl.")


def _no(status: int, code: str, message: str) -> web.Response:
    text = f'<?xml version="1.0" encoding="UTF-8"?>\n<Error><Code>{code}</Code><Message>{message}</Message></Error>'
    return web.Response(status=status, text=text, content_type="application/xml")
