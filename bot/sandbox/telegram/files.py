"""Files as Telegram keeps them: bytes on disk, an identifier for the bot, sizes of a photo, what else is known."""

import hashlib
import io
import mimetypes
from base64 import urlsafe_b64encode
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import av
from PIL import Image, ImageOps, UnidentifiedImageError

PHOTO_SIDES = (90, 320, 800, 1280)
FOLDERS = {
    "photo": "photos",
    "video": "videos",
    "video_note": "video_notes",
    "voice": "voice",
    "audio": "music",
    "document": "documents",
    "animation": "animations",
    "sticker": "stickers",
    "thumbnail": "thumbnails",
}
SUFFIXES = {"photo": ".jpg", "thumbnail": ".jpg", "voice": ".oga", "video": ".mp4", "video_note": ".mp4"}


@dataclass(frozen=True)
class StoredFile:
    """One file.

    Args:
        kind: what it was sent as: `photo`, `video`, `thumbnail` …
        path: where the bytes are on this machine.
        remote: its path in `/file/bot<token>/PATH`.
        facts: the fields that a message shows beside the identifiers: width, height, duration, mime_type, file_name …
        thumbnail: its small picture.
    """

    file_id: str
    unique_id: str
    kind: str
    path: Path
    remote: str
    size: int
    facts: dict[str, Any] = field(default_factory=dict)
    thumbnail: "StoredFile | None" = None

    def payload(self) -> dict[str, Any]:
        """What a message shows of it, such as a PhotoSize, a Video or a Voice."""
        body = {"file_id": self.file_id, "file_unique_id": self.unique_id, "file_size": self.size} | self.facts
        if self.thumbnail is not None:
            body["thumbnail"] = self.thumbnail.payload()
        return body


class FileStore:
    """All files of one server, in one folder."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._by_id: dict[str, StoredFile] = {}
        self._by_remote: dict[str, StoredFile] = {}
        self._photos: dict[str, tuple[StoredFile, ...]] = {}

    def find(self, file_id: str) -> StoredFile | None:
        """The file that has this identifier."""
        return self._by_id.get(file_id)

    def at(self, remote: str) -> StoredFile | None:
        """The file at this path of the server."""
        return self._by_remote.get(remote)

    def keep(
        self,
        data: bytes | Path,
        kind: str,
        facts: dict[str, Any] | None = None,
        thumbnail: StoredFile | None = None,
    ) -> StoredFile:
        """Keep bytes, or take over a file of ours, under a new identifier."""
        number = len(self._by_id) + 1
        facts = facts or {}
        suffix = SUFFIXES.get(kind) or Path(str(facts.get("file_name", ""))).suffix
        suffix = suffix or mimetypes.guess_extension(str(facts.get("mime_type", ""))) or ""
        remote = f"{FOLDERS[kind]}/file_{number}{suffix.lower()}"
        path = self.folder / remote
        path.parent.mkdir(parents=True, exist_ok=True)
        if isinstance(data, Path):
            data.rename(path)
        else:
            path.write_bytes(data)
        digest = hashlib.sha256(f"{self.folder}/{number}".encode()).digest()
        file_id = "AgACAgQAAxkB" + urlsafe_b64encode(digest + digest[:10]).decode().rstrip("=")
        unique = "AQAD" + urlsafe_b64encode(digest[10:20]).decode().rstrip("=")
        stored = StoredFile(file_id, unique, kind, path, remote, path.stat().st_size, facts, thumbnail)
        self._by_id[file_id] = self._by_remote[remote] = stored
        return stored

    def keep_photo(self, data: bytes) -> tuple[StoredFile, ...]:
        """Keep a photo as Telegram does: upright JPEGs of growing size, none larger than the original.

        Raises:
            ValueError: the bytes are no picture.
        """
        sizes = tuple(
            self.keep(small, "photo", {"width": width, "height": height}) for small, width, height in shrink(data)
        )
        self._photos.update({size.file_id: sizes for size in sizes})
        return sizes

    def whole(self, stored: StoredFile) -> tuple[StoredFile, ...]:
        """The file as a message holds it: a photo in all its sizes, anything else alone."""
        return self._photos.get(stored.file_id, (stored,))

    def keep_thumbnail(self, data: bytes) -> StoredFile | None:
        """Keep the JPEG that came with a video; None when Telegram would not use it: over 320 px, over 200 kB."""
        try:
            with Image.open(io.BytesIO(data)) as image:
                width, height, format_ = image.width, image.height, image.format
        except (UnidentifiedImageError, OSError):
            return None
        if format_ != "JPEG" or max(width, height) > 320 or len(data) > 200_000:
            return None
        return self.keep(data, "thumbnail", {"width": width, "height": height})

    def describe(self, stored: StoredFile, **facts: Any) -> StoredFile:
        """The same file with other facts."""
        changed = replace(stored, facts=stored.facts | facts)
        self._by_id[stored.file_id] = self._by_remote[stored.remote] = changed
        return changed


def shrink(data: bytes) -> list[tuple[bytes, int, int]]:
    """JPEGs (bytes, width, height) with sides of at most 90, 320, 800 and 1280; raises ValueError."""
    try:
        with Image.open(io.BytesIO(data)) as image:
            whole = ImageOps.exif_transpose(image).convert("RGB")
    except (UnidentifiedImageError, OSError, SyntaxError, Image.DecompressionBombError) as error:
        raise ValueError("these bytes are no picture that a client could send as a photo") from error
    sizes = []
    for side in PHOTO_SIDES:
        copy = whole.copy()
        copy.thumbnail((side, side))
        buffer = io.BytesIO()
        copy.save(buffer, "JPEG", quality=87)
        sizes.append((buffer.getvalue(), copy.width, copy.height))
        if max(whole.size) <= side:
            break
    return sizes


def measure(data: bytes) -> dict[str, Any]:
    """What a media file says: `duration` in whole seconds, `width` and `height`; {} for what no player opens."""
    try:
        with av.open(io.BytesIO(data), "r") as container:
            facts: dict[str, Any] = {}
            if container.duration:
                facts["duration"] = max(1, round(container.duration / av.time_base))
            for video in container.streams.video[:1]:
                facts |= {"width": video.width, "height": video.height}
            return facts
    except (av.error.FFmpegError, ValueError):
        return {}
