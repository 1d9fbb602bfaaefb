"""The methods for sticker sets."""

import io
import re
from collections.abc import Awaitable, Callable
from typing import Any

import av

from bot.sandbox.telegram.call import Call
from bot.sandbox.telegram.files import StoredFile
from bot.sandbox.telegram.media import take_files
from bot.sandbox.telegram.refusal import bad_request
from bot.sandbox.telegram.world import World

Handler = Callable[[World, Call], Awaitable[Any]]
SIDE = 512
MAX_BYTES = {"video": 256_000, "static": 512_000, "animated": 64_000}
MAX_SECONDS = 3.0
MAX_STICKERS = 120


def check_video(data: bytes) -> None:
    """Refuse what is not WebM with VP9, soundless, 512 px on its longer side, at most 3 s and 256 kB."""
    try:
        with av.open(io.BytesIO(data), "r") as container:
            picture = container.streams.video[0] if container.streams.video else None
            seconds = (container.duration or 0) / av.time_base
            if (
                picture is None
                or "webm" not in container.format.name
                or picture.codec_context.name not in ("vp9", "libvpx-vp9")
            ):
                raise bad_request("STICKER_VIDEO_NOWEBM")
            sides = (picture.width, picture.height)
            audible = bool(container.streams.audio)
    except av.error.FFmpegError:
        raise bad_request("STICKER_VIDEO_NOWEBM") from None
    if len(data) > MAX_BYTES["video"]:
        raise bad_request("STICKER_VIDEO_BIG")
    if seconds > MAX_SECONDS + 0.05:
        raise bad_request("STICKER_VIDEO_LONG")
    if max(sides) != SIDE:
        raise bad_request("STICKER_VIDEO_NODIMENSIONS")
    if audible:
        raise bad_request("STICKER_VIDEO_HASAUDIO")


async def take_sticker(world: World, call: Call, item: dict[str, Any], set_name: str) -> dict[str, Any]:
    """An InputSticker as a Sticker of a set; raises Refusal."""
    if item["format"] not in MAX_BYTES:
        raise bad_request("invalid sticker format specified")
    if not 1 <= len(item["emoji_list"]) <= 20:
        raise bad_request("STICKER_EMOJI_INVALID")
    (stored,) = await take_files(world, call, "sticker", item, "sticker")
    if item["format"] == "video":
        check_video(stored.path.read_bytes())
    elif stored.size > MAX_BYTES[item["format"]]:
        raise bad_request("STICKER_FILE_INVALID")
    elif item["format"] == "static" and max(stored.facts["width"], stored.facts["height"]) != SIDE:
        raise bad_request("STICKER_PNG_DIMENSIONS")
    facts = {"is_video": item["format"] == "video", "emoji": item["emoji_list"][0], "set_name": set_name}
    return world.files.describe(stored, **facts).payload()


async def upload_sticker(world: World, call: Call) -> Any:
    """UploadStickerFile."""
    stored: StoredFile
    (stored,) = await take_files(world, call, "sticker", call.params, "sticker")
    return {"file_id": stored.file_id, "file_unique_id": stored.unique_id, "file_size": stored.size}


async def create_set(world: World, call: Call) -> Any:
    """CreateNewStickerSet."""
    name = call.get("name")
    if call.get("user_id") not in world.users:
        raise bad_request("user not found")
    ending = f"_by_{world.bot.username}"
    if not re.fullmatch(r"[A-Za-z](?!.*__)\w{0,63}", name, re.ASCII) or not name.lower().endswith(ending.lower()):
        raise bad_request("invalid sticker set name is specified")
    if name.lower() in world.sticker_sets:
        raise bad_request("sticker set name is already occupied")
    if not 1 <= len(call.get("title")) <= 64:
        raise bad_request("PACK_TITLE_INVALID")
    stickers = [await take_sticker(world, call, item, name) for item in call.get("stickers")]
    kind = call.get("sticker_type", "regular")
    world.sticker_sets[name.lower()] = {
        "name": name,
        "title": call.get("title"),
        "sticker_type": kind,
        "stickers": stickers,
    }
    return True


def find_set(world: World, name: str) -> dict[str, Any]:
    """A set by its name; raises Refusal."""
    found = world.sticker_sets.get(name.lower())
    if found is None:
        raise bad_request("STICKERSET_INVALID")
    return found


async def add_to_set(world: World, call: Call) -> Any:
    """AddStickerToSet."""
    found = find_set(world, call.get("name"))
    if len(found["stickers"]) >= MAX_STICKERS:
        raise bad_request("STICKERS_TOO_MUCH")
    found["stickers"].append(await take_sticker(world, call, call.get("sticker"), found["name"]))
    return True


async def get_set(world: World, call: Call) -> Any:
    """GetStickerSet."""
    return find_set(world, call.get("name"))


async def delete_from_set(world: World, call: Call) -> Any:
    """DeleteStickerFromSet."""
    for found in world.sticker_sets.values():
        for sticker in found["stickers"]:
            if sticker["file_id"] == call.get("sticker"):
                found["stickers"].remove(sticker)
                return True
    raise bad_request("STICKER_INVALID")


async def delete_set(world: World, call: Call) -> Any:
    """DeleteStickerSet."""
    find_set(world, call.get("name"))
    del world.sticker_sets[call.get("name").lower()]
    return True


METHODS: dict[str, Handler] = {
    "uploadStickerFile": upload_sticker,
    "createNewStickerSet": create_set,
    "addStickerToSet": add_to_set,
    "getStickerSet": get_set,
    "deleteStickerFromSet": delete_from_set,
    "deleteStickerSet": delete_set,
}
