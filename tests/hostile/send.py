"""Puts a hostile file into a chat as Telegram would show it, whatever its bytes are."""

from typing import Any

from bot.sandbox.telegram import Person
from bot.sandbox.telegram.media import media_content
from bot.sandbox.telegram.message import Message
from tests.hostile.draw import Hostile

PLAIN = {"photo": "image/jpeg", "voice": "audio/ogg", "video_note": "video/mp4", "sticker": "image/webp"}


def send(person: Person, file: Hostile) -> Message:
    """Send it; the message says of it what the sender's client said."""
    facts: dict[str, Any] = {}
    if file.sent_as in ("document", "audio", "video", "animation", "voice") and file.mime is not None:
        facts["mime_type"] = file.mime
    if file.sent_as in ("document", "audio", "video", "animation") and file.name:
        facts["file_name"] = file.name
    if file.sent_as in ("voice", "audio", "video", "video_note", "animation"):
        facts["duration"] = file.seconds
    if file.sent_as in ("photo", "video", "animation", "sticker"):
        facts |= {"width": 512, "height": 512}
    if file.sent_as == "video_note":
        facts["length"] = 384
    if file.sent_as == "sticker":
        facts |= {"type": "regular", "is_animated": False, "is_video": False}
    store = person.world.files
    stored = store.keep(file.data, file.sent_as, {"mime_type": PLAIN.get(file.sent_as, "application/octet-stream")})
    stored = store.describe(stored, **facts)  # its name only now: the stand-in's own disk is not to suffer from it
    if "mime_type" not in facts:
        stored.facts.pop("mime_type")
    return person._post(media_content(file.sent_as, (stored,)), (stored,), {})
