"""The files of a call: uploaded, fetched from a link, or known by identifier; and what a message shows of them."""

from pathlib import Path
from typing import Any

import aiohttp

from bot.sandbox.telegram.call import Call, Upload
from bot.sandbox.telegram.files import StoredFile, measure
from bot.sandbox.telegram.refusal import Refusal, bad_request, too_large
from bot.sandbox.telegram.world import World

Files = tuple[StoredFile, ...]
WRONG_FILE = "wrong file identifier/HTTP URL specified"
MIMES = {"voice": "audio/ogg", "audio": "audio/mpeg", "video": "video/mp4", "animation": "video/mp4"}
NAMES = {
    "photo": "Photo",
    "video": "Video",
    "video_note": "VideoNote",
    "voice": "VoiceNote",
    "audio": "Audio",
    "document": "Document",
    "animation": "Animation",
    "sticker": "Sticker",
    "thumbnail": "Thumbnail",
}
MAX_PHOTO = 10_000_000
MAX_FETCHED = 20_000_000


async def take_files(world: World, call: Call, kind: str, source: dict[str, Any], field: str) -> Files:
    """The file that `source[field]` names, as this kind of media.

    Args:
        source: the parameters of the call, or one item of an album, which also say size, duration, thumbnail.

    Raises:
        Refusal: no such file, a file of another kind, too large, or not what it should be.
    """
    value = source.get(field)
    part = find_part(call, value, field)
    if part is None and isinstance(value, str) and value.startswith(("http://", "https://")):
        part = await fetch(world, value)
    if part is None:
        known = world.files.find(str(value))
        if known is None:
            raise bad_request(WRONG_FILE)
        if known.kind != kind and {known.kind, kind} != {"animation", "document"}:
            raise bad_request(f"can't use file of type {NAMES[known.kind]} as {NAMES[kind]}")
        return world.files.whole(known)
    if part.size == 0:
        raise bad_request("file must be non-empty")
    if kind == "photo":
        return keep_photo(world, part)
    facts = state_facts(kind, source, part)
    return (world.files.keep(part.path, kind, facts, take_thumbnail(world, call, source)),)


def find_part(call: Call, value: Any, field: str) -> Upload | None:
    """The uploaded part that is meant: by `attach://name`, or by the parameter's own name."""
    if isinstance(value, str) and value.startswith("attach://"):
        part = call.uploads.get(value.removeprefix("attach://"))
        if part is None:
            raise bad_request(WRONG_FILE)
        return part
    return call.uploads.get(field) if value is None else None


async def fetch(world: World, url: str) -> Upload:
    """A file from a link, as Telegram fetches it: at most 20 MB."""
    path = world.files.folder / f"fetched-{world.log.last}"
    size = 0
    try:
        timeout = aiohttp.ClientTimeout(total=20)
        async with aiohttp.ClientSession(timeout=timeout) as session, session.get(url) as answer:
            answer.raise_for_status()
            with path.open("wb") as file:
                async for chunk in answer.content.iter_chunked(1 << 16):
                    size += len(chunk)
                    if size > MAX_FETCHED:
                        raise too_large()
                    file.write(chunk)
            return Upload(path, Path(answer.url.path).name, answer.content_type, size)
    except (aiohttp.ClientError, TimeoutError):
        raise bad_request("failed to get HTTP URL content") from None


def keep_photo(world: World, part: Upload) -> Files:
    """An uploaded photo in its sizes; raises Refusal."""
    if part.size > MAX_PHOTO:
        raise too_large()
    try:
        sizes = world.files.keep_photo(part.path.read_bytes())
    except ValueError:
        raise bad_request("IMAGE_PROCESS_FAILED") from None
    part.path.unlink()
    return sizes


def state_facts(kind: str, source: dict[str, Any], part: Upload) -> dict[str, Any]:
    """What a message will say of an upload: as the bot stated it; unstated, a video is 320×320, as large ones are."""
    facts: dict[str, Any] = {}
    if kind in ("video", "animation"):
        facts = {name: source.get(name, 320) for name in ("width", "height")}
    if kind in ("video", "animation", "voice", "audio", "video_note"):
        facts["duration"] = source.get("duration", 0)
    if kind == "video_note":
        facts["length"] = source.get("length", 240)
    if kind == "audio":
        facts |= {name: source[name] for name in ("performer", "title") if name in source}
    if kind in ("video", "animation", "audio", "document"):
        facts["file_name"] = part.name
    if kind in ("video", "animation", "audio", "document", "voice"):
        facts["mime_type"] = MIMES.get(kind, part.mime)
    if kind == "sticker":
        facts = sticker_facts(part.path, source)
    return facts


def sticker_facts(path: Path, source: dict[str, Any]) -> dict[str, Any]:
    """What a message says of a sticker."""
    data = path.read_bytes()
    measured = measure(data)
    facts: dict[str, Any] = {
        "type": "regular",
        "width": measured.get("width", 512),
        "height": measured.get("height", 512),
        "is_animated": False,
        "is_video": data[:4] == b"\x1aE\xdf\xa3",
    }
    return facts | ({"emoji": source["emoji"]} if source.get("emoji") else {})


def take_thumbnail(world: World, call: Call, source: dict[str, Any]) -> StoredFile | None:
    """The small picture that came with an upload; one that Telegram would not use is left out, silently."""
    try:
        part = find_part(call, source.get("thumbnail"), "thumbnail")
    except Refusal:
        return None
    if part is None:
        return None
    return world.files.keep_thumbnail(part.path.read_bytes())


def media_content(kind: str, files: Files) -> dict[str, Any]:
    """The fields of a message that holds these files."""
    if kind == "photo":
        return {"photo": [size.payload() for size in files]}
    shown = files[0].payload()
    if kind != "animation":
        return {kind: shown}
    document = {name: value for name, value in shown.items() if name not in ("width", "height", "duration")}
    return {"animation": shown, "document": document}
