"""Where the service gets a render's files from: signed links of our own, or the vendor's temporary storage."""

import time
from dataclasses import dataclass, field
from typing import Protocol

from bot.dashscope.client import DashscopeClient
from storage.links import Links
from storage.objects import Object, Objects

UPLOAD_LIFE = 40 * 3600.0
"""Seconds for which an upload is named again: the service keeps it for 48 hours, and a task may wait for some."""


@dataclass(frozen=True)
class Hosted:
    """A file that the service can fetch.

    Args:
        url: its address, a secret for as long as it works.
        link: the key of our own link, which tells whether it was fetched and can be taken back; None: an upload.
    """

    url: str = field(repr=False)
    link: str | None = field(default=None, repr=False)


class Hosting(Protocol):
    """A way for files to the service."""

    async def host(self, model: str, *files: Object) -> list[Hosted]:
        """Offer files to a model, all or none."""
        ...


@dataclass(frozen=True)
class OwnLinks:
    """The service fetches from this bot, by links of its own for each call."""

    links: Links

    async def host(self, _: str, *files: Object) -> list[Hosted]:
        """Make a new link to each file."""
        return [Hosted(link.url, link.key) for link in await self.links.issue_all(*files)]


@dataclass(frozen=True)
class Uploads:
    """Files go to the vendor's temporary storage: nobody can take them back there, or see whether they were read."""

    service: DashscopeClient
    objects: Objects
    _known: dict[tuple[str, str], tuple[str, float]] = field(default_factory=dict, repr=False)
    """The name of an upload and when it was made, by the file's sha and the model that may read it."""

    async def host(self, model: str, *files: Object) -> list[Hosted]:
        """Upload each file for that model, unless that was done within the last hours."""
        return [Hosted(await self._name(model, file)) for file in files]

    async def _name(self, model: str, file: Object) -> str:
        now = time.monotonic()
        for key in [key for key, (_, made_at) in self._known.items() if now - made_at > UPLOAD_LIFE]:
            del self._known[key]
        known = self._known.get((file.sha, model))
        if known is not None:
            return known[0]
        async with self.objects.reading(file) as path:
            name = await self.service.upload(model, path, f"{file.sha[:16]}.{file.extension}")
        self._known[file.sha, model] = (name, now)
        return name
