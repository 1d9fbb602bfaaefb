"""A bucket of S3, or of what speaks its language, as the store of objects; many machines may share it.

What is read lies on this machine as a copy: decoders are confined to files, and links are served from them. Each file
is compared with its name, which is the hash of its content, before it counts as fetched.
"""

import asyncio
import hashlib
import re
from collections import defaultdict
from collections.abc import AsyncIterator
from contextlib import AbstractContextManager, asynccontextmanager
from dataclasses import dataclass, field
from datetime import timedelta
from pathlib import Path
from secrets import token_hex
from typing import TYPE_CHECKING

import structlog

from storage.copies import Copies, sync
from storage.scratch import Scratch
from storage.store import NAME, FileAway, StoreAway, StoreShut, sha_in

if TYPE_CHECKING:
    from obstore.store import S3Store

log = structlog.get_logger(__name__)

SHORT_SECONDS, LONG_SECONDS = 15.0, 300.0
"""For a question, and for a file."""
CONNECT_SECONDS, SILENT_SECONDS = 3.0, 10.0
"""After which a try counts as lost: until there is a connection, and in which nothing comes."""
RETRIES, RETRY_SECONDS = 3, 20.0
AT_ONCE = 8
"""Files fetched or sent at the same time."""
CHUNK = 1 << 20
PART = 5 << 20
"""Bytes from which on a file is sent in parts, and of one part."""

ANSWER = re.compile(r"<Code>(\w+)</Code>")
TO_MEND = {
    "AccessDenied": "this key may not do that there; it needs to list, read, write and delete",
    "InvalidAccessKeyId": "it does not know AWS_ACCESS_KEY_ID",
    "InvalidBucketName": "it takes no bucket of that name",
    "NoSuchBucket": "there is no such bucket; make it, or mend OBJECTS_URL",
    "PermanentRedirect": "the bucket is in another region; set AWS_REGION and AWS_ENDPOINT_URL to its own",
    "SignatureDoesNotMatch": "AWS_SECRET_ACCESS_KEY does not belong to AWS_ACCESS_KEY_ID",
}
"""What the operator mends, by the code of the answer."""


@dataclass(frozen=True)
class BucketAddress:
    """Where a bucket is, and who may use it.

    Args:
        prefix: of all names in it; empty: none.
        endpoint: of a service that is not Amazon's; None: the region's.
        key_id: None: what the machine itself has, as machines at Amazon do.
        virtual_hosted: whether the endpoint has the bucket in its name.
    """

    bucket: str
    prefix: str = ""
    endpoint: str | None = None
    region: str = "us-east-1"
    key_id: str | None = None
    secret: str | None = field(default=None, repr=False)
    token: str | None = field(default=None, repr=False)
    allow_http: bool = False
    virtual_hosted: bool = False

    @property
    def url(self) -> str:
        """The address of the service."""
        return self.endpoint or f"https://s3.{self.region}.amazonaws.com"

    def __str__(self) -> str:
        return f"s3://{self.bucket}" + (f"/{self.prefix}" if self.prefix else "")


def open_s3(address: BucketAddress) -> "S3Store":
    """Return a client of a bucket; nothing is asked yet."""
    from obstore.store import S3Store  # 15 MB, for those alone who have a bucket

    given = {
        "endpoint": address.endpoint,
        "region": address.region,
        "access_key_id": address.key_id,
        "secret_access_key": address.secret,
        "session_token": address.token,
    }
    return S3Store(
        address.bucket,
        prefix=address.prefix or None,
        config={name: value for name, value in given.items() if value},  # type: ignore[arg-type]
        virtual_hosted_style_request=address.virtual_hosted,
        disable_bulk_delete=True,  # not every service knows it
        client_options={
            "allow_http": address.allow_http,
            "connect_timeout": timedelta(seconds=CONNECT_SECONDS),
            "read_timeout": timedelta(seconds=SILENT_SECONDS),
            "timeout": timedelta(seconds=LONG_SECONDS),
        },
        retry_config={
            "max_retries": RETRIES,
            "retry_timeout": timedelta(seconds=RETRY_SECONDS),
            "backoff": {"init_backoff": timedelta(milliseconds=100), "max_backoff": timedelta(seconds=2), "base": 2},
        },
    )


class Bucket:
    """Files in a bucket, and the copies of those that were used here.

    Args:
        scratch: on the file system of the copies.
    """

    def __init__(self, address: BucketAddress, copies: Copies, scratch: Scratch) -> None:
        self.address, self.copies, self._scratch = address, copies, scratch
        self._s3 = open_s3(address)
        self._turns = asyncio.Semaphore(AT_ONCE)
        self._fetching: defaultdict[str, asyncio.Lock] = defaultdict(asyncio.Lock)

    async def bring(self, path: Path, name: str) -> None:
        """Send a file, unless there is a copy here: then it was sent, and `make_sure` sees whether it is there yet."""
        if self.copies.find(name) is None:
            await self._send(path, name)

    async def _send(self, path: Path, name: str) -> None:
        async with self._turns, self._asking(LONG_SECONDS):
            await self._s3.put_async(name, path, chunk_size=PART, max_concurrency=2)

    async def keep(self, path: Path, name: str) -> None:
        """Keep a file that was sent as a copy."""
        await asyncio.to_thread(sync, path)
        self.copies.take(path, name)

    async def make_sure(self, name: str) -> None:
        """Send a file again that somebody deleted between its sending and its row."""
        with self.copies.held(name):
            try:
                await self._look_for(name)
            except FileAway as away:
                await self._send_copy(name, away)
            except StoreAway as error:
                log.warning("a file was sent, and cannot be asked for yet", why=str(error))

    async def ask_for(self, name: str) -> None:
        """See that it has a file; what only this machine has is sent again."""
        with self.copies.held(name):
            try:
                await self._look_for(name)
            except FileAway as away:
                await self._send_copy(name, away)

    async def _look_for(self, name: str) -> None:
        async with self._asking(SHORT_SECONDS):
            await self._s3.head_async(name)

    async def _send_copy(self, name: str, away: FileAway) -> None:
        if (path := self.copies.find(name)) is None:
            raise away
        await self._send(path, name)

    def place(self, name: str) -> Path:
        """Return where the copy of a file is, if there is one."""
        return self.copies.place(name)

    def at_hand(self, name: str) -> Path | None:
        """Return where the copy of a file is."""
        return self.copies.find(name)

    def held(self, name: str) -> AbstractContextManager[None]:
        """Let a copy stay for the length of the block."""
        return self.copies.held(name)

    @asynccontextmanager
    async def reading(self, name: str) -> AsyncIterator[Path]:
        """Have a copy for the length of the block; those who want the same one fetch it once."""
        with self.copies.held(name):
            path = self.copies.find(name)
            if path is None:
                async with self._fetching[name]:
                    path = self.copies.find(name) or await self._fetch(name)
                self._fetching.pop(name, None)
            yield path

    async def delete(self, name: str) -> None:
        """Delete a file, and its copy here; the copies of other machines go when they see that it has no row."""
        self.copies.drop(name)
        async with self._asking(SHORT_SECONDS):
            await self._s3.delete_async(name)

    async def old_names(self, older_than: float) -> list[str]:
        """Return the names of files of objects that were written before a Unix time, by the bucket's own clock."""
        found: list[str] = []
        async with self._asking(LONG_SECONDS):
            async for some in self._s3.list_async(chunk_size=1000):
                found += [each["path"] for each in some if each["last_modified"].timestamp() < older_than]
        return [name for name in found if NAME.fullmatch(name)]

    async def check(self) -> None:
        """See that a file can be written, read, listed and deleted."""
        name, content = f"checks/{token_hex(8)}", token_hex(8).encode()
        async with self._asking(SHORT_SECONDS):
            await self._s3.put_async(name, content)
            got = bytes(await (await self._s3.get_async(name)).bytes_async())
            listed = [each["path"] async for some in self._s3.list_async("checks") for each in some]
            await self._s3.delete_async(name)
        if got != content or name not in listed:
            raise StoreAway(f"{self.address} does not give back what it was given")

    async def _fetch(self, name: str) -> Path:
        """Copy a file here."""
        async with self._turns:
            with self._scratch.directory() as folder:
                path = folder / "fetched"
                async with self._asking(LONG_SECONDS):
                    got = await self._s3.get_async(name)
                    digest = hashlib.sha256()
                    with path.open("wb") as file:
                        async for chunk in got.stream(min_chunk_size=CHUNK):
                            digest.update(chunk)
                            file.write(chunk)
                if digest.hexdigest() != sha_in(name):
                    raise StoreAway(f"{self.address} gave other bytes for {name} than it was given")
                await asyncio.to_thread(sync, path)
                self.copies.take(path, name)
        return self.copies.place(name)

    @asynccontextmanager
    async def _asking(self, seconds: float) -> AsyncIterator[None]:
        """Say in our own words what went wrong with a call."""
        try:
            async with asyncio.timeout(seconds):
                yield
        except TimeoutError as error:
            raise StoreAway(f"{self.address} has not answered for {seconds:.0f} s") from error
        except Exception as error:
            if (said := told(self.address, error)) is None:
                raise
            raise said from error


def told(address: BucketAddress, error: Exception) -> StoreAway | None:
    """Return what an error of a call means, without addresses of ours in it; None: it is none of the bucket."""
    from obstore.exceptions import BaseError

    if isinstance(error, FileNotFoundError):
        if error.errno is not None:
            return None  # a file of this machine
    elif not isinstance(error, BaseError):
        return None
    text = str(error)
    code = found[1] if (found := ANSWER.search(text)) else ""
    if code in TO_MEND:
        return StoreShut(f"{address}: {TO_MEND[code]}")
    if isinstance(error, FileNotFoundError):
        return FileAway(f"{address} does not have a file that should be there")
    if "403 Forbidden" in text or "401 Unauthorized" in text:
        return StoreShut(f"{address}: it refuses this bot; see AWS_ACCESS_KEY_ID and what that key may do")
    status = re.search(r"status code: (\d{3}[^:\n]{0,40})", text)
    why = code or (status[1] if status else "it cannot be reached")
    return StoreAway(f"{address} gives no good answer ({why})")
