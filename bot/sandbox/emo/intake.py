"""Fetches the media that calls link to, as the service does: itself, over HTTP, and with a sharp eye."""

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path, PurePosixPath
from typing import Literal, TypeVar
from urllib.parse import unquote, urlsplit

import aiohttp

from bot.sandbox.emo.media import image_facts, small_picture, sound_facts
from bot.sandbox.emo.models import VideoModel
from bot.sandbox.emo.refusal import Refusal, invalid
from bot.sandbox.emo.uploads import NOT_DOWNLOADED, Caller, Uploads
from bot.sandbox.emo.worker import Worker, WorkerError

T = TypeVar("T")

USER_AGENT = "Mozilla/5.0 (compatible; DashScopeUserBot/1.0)"
MEGABYTE = 1024 * 1024
LARGEST_IMAGE = 10 * MEGABYTE
LARGEST_SOUND = 15 * MEGABYTE
SHORTEST_SIDE, LONGEST_SIDE = 400, 7000


@dataclass(frozen=True)
class Fetch:
    """One fetch by the service.

    Args:
        url: without the query, where the signature is.
        user_agent: what the fetcher called itself.
        method: HTTP method.
        status: of the answer; None when there was none.
    """

    url: str
    user_agent: str
    method: str
    status: int | None


@dataclass(frozen=True)
class Media:
    """A fetched file."""

    path: Path
    extension: str
    digest: str


@dataclass(frozen=True)
class Portrait:
    """A fetched image that is fit in type and bytes; whether its size in pixels is, is the verdict's to say."""

    media: Media
    width: int
    height: int

    @property
    def fits(self) -> bool:
        """Whether its sides are within the service's limits."""
        return min(self.width, self.height) >= SHORTEST_SIDE and max(self.width, self.height) <= LONGEST_SIDE


class Intake:
    """Fetches and checks media.

    Args:
        folder: where the files go.
        worker: the process that looks into them.
        uploads: finds the files behind `oss://` names.
        timeout: seconds for one file.
    """

    def __init__(self, folder: Path, worker: Worker, uploads: Uploads, timeout: float = 20.0) -> None:
        self.fetches: list[Fetch] = []
        self._folder = folder
        self._worker = worker
        self._uploads = uploads
        limits = aiohttp.ClientTimeout(total=timeout)
        self._session = aiohttp.ClientSession(headers={"User-Agent": USER_AGENT}, timeout=limits)

    async def close(self) -> None:
        """Close the connections."""
        await self._session.close()

    async def image(self, link: str, caller: Caller) -> Portrait:
        """Fetch an image.

        Args:
            link: http, https or oss.
            caller: who names it.

        Raises:
            Refusal: it cannot be had, or is not what the service takes.
        """
        media = await self._fetch(link, caller, LARGEST_IMAGE, "image")
        facts = await self._look(image_facts, media.path)
        if facts is None or media.extension not in facts.extensions:
            raise invalid("File type is not supported. Allowed types are: .jpg, .jpeg, .png, .bmp, .webp.")
        return Portrait(media, facts.width, facts.height)

    async def picture(self, portrait: Portrait) -> bytes | None:
        """A small JPEG to show; None when the image cannot be decoded."""
        return await self._look(small_picture, portrait.media.path)

    async def sound(self, link: str, caller: Caller, model: VideoModel) -> Media:
        """Fetch a recording that a model takes; arguments and refusals as for an image."""
        media = await self._fetch(link, caller, LARGEST_SOUND, "audio")
        facts = await self._look(sound_facts, media.path)
        if facts is None or media.extension not in facts.extensions:
            raise invalid("File type is not supported. Allowed types are: .wav, .mp3.")
        if facts.seconds >= model.longest_sound:
            raise Refusal(400, *model.too_long)
        return media

    async def _look(self, look: Callable[[Path], T | None], path: Path) -> T | None:
        try:
            return await self._worker.run(look, path)
        except WorkerError:
            return None

    async def _fetch(self, link: str, caller: Caller, most: int, kind: Literal["image", "audio"]) -> Media:
        extension = PurePosixPath(unquote(urlsplit(link).path)).suffix.lower().lstrip(".")
        if link.startswith("oss://"):
            body = self._uploads.find(link, caller).read_bytes()
            self.fetches.append(Fetch(link, USER_AGENT, "GET", 200))
        else:
            body = await self._get(link, most)
        if len(body) > most or (kind == "audio" and len(body) == most):
            raise invalid(f"The {kind} file is larger than {most // MEGABYTE} MB.")
        path = self._folder / uuid.uuid4().hex
        path.write_bytes(body)
        return Media(path, extension, hashlib.sha256(body).hexdigest())

    async def _get(self, link: str, most: int) -> bytes:
        parts = urlsplit(link)
        if parts.scheme not in ("http", "https") or not parts.hostname:
            raise Refusal(400, "InvalidURL", "The request URL is invalid.")
        status = None
        try:
            async with self._session.get(link) as response:
                status = response.status
                if status != 200:
                    raise Refusal(400, "InvalidParameter.DataInspection", NOT_DOWNLOADED)
                body = bytearray()
                async for chunk in response.content.iter_chunked(256 * 1024):
                    body += chunk
                    if len(body) > most:
                        break
                return bytes(body)
        except (aiohttp.ClientConnectorError, ConnectionRefusedError):
            raise Refusal(400, "InvalidURL.ConnectionRefused", "The connection to the URL was refused.") from None
        except TimeoutError:
            raise Refusal(400, "InvalidURL.Timeout", "The download of the URL timed out.") from None
        except aiohttp.ClientError:
            raise Refusal(400, "InvalidURL", "The download of the URL failed.") from None
        finally:
            bare = parts._replace(query="", fragment="").geturl()
            self.fetches.append(Fetch(bare, USER_AGENT, "GET", status))
