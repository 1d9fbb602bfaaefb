"""The files that come with a message, and what each was sent as."""

from dataclasses import dataclass
from datetime import timedelta

from telegram import Bot, ExternalReplyInfo, Message, Sticker

from bot.media.facts import Kind

Sent = Message | ExternalReplyInfo
"""Whatever may bring a file: a message, or the part of a message of another chat that a reply to it shows."""


@dataclass(frozen=True)
class Attachment:
    """A file at Telegram.

    Args:
        size: bytes, where they are known.
        seconds: as the sender stated.
        unique_id: what Telegram calls the file, wherever it is sent.
        kind: a picture or a sound, as it was sent; None: only the bytes tell.
        name: what its sender calls it.
    """

    bot: Bot
    file_id: str
    size: int | None = None
    seconds: float | None = None
    unique_id: str = ""
    kind: Kind | None = None
    name: str | None = None

    @property
    def may_be_picture(self) -> bool:
        """Whether it is one, or its bytes may say so."""
        return self.kind in (None, Kind.PICTURE)

    @property
    def may_be_sound(self) -> bool:
        """Whether it is one, or its bytes may say so."""
        return self.kind in (None, Kind.SOUND)


def attachment_in(sent: Sent) -> Attachment | None:
    """Return the file of a message: the largest size of a photo, a static sticker, a sound, a video or any document."""
    picture = max(sent.photo or (), key=lambda size: size.width * size.height, default=None) or _static_sticker(sent)
    if picture is not None:
        return Attachment(
            sent.get_bot(), picture.file_id, picture.file_size, unique_id=picture.file_unique_id, kind=Kind.PICTURE
        )
    for sound in (sent.voice, sent.audio, sent.video_note, None if sent.animation else sent.video):
        if sound is not None:
            seconds, unique_id = _seconds(sound.duration), sound.file_unique_id
            return Attachment(sent.get_bot(), sound.file_id, sound.file_size, seconds, unique_id, Kind.SOUND)
    document = None if sent.animation else sent.document
    if document is None:
        return None
    return Attachment(
        sent.get_bot(),
        document.file_id,
        document.file_size,
        unique_id=document.file_unique_id,
        kind=_claimed(document.mime_type),
        name=document.file_name,
    )


def _static_sticker(sent: Sent) -> Sticker | None:
    sticker = sent.sticker
    return None if sticker is None or sticker.is_animated or sticker.is_video else sticker


def _claimed(mime_type: str | None) -> Kind | None:
    """Return the kind that a document claims by its type; names are not believed."""
    family = (mime_type or "").partition("/")[0]
    return {"image": Kind.PICTURE, "audio": Kind.SOUND, "video": Kind.SOUND}.get(family)


def _seconds(duration: int | timedelta | None) -> float | None:
    return duration.total_seconds() if isinstance(duration, timedelta) else duration
