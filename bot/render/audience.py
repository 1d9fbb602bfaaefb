"""Where a render is shown, a chat or a terminal, and what can come of showing it."""

from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Protocol

from storage.renders import Render


@dataclass(frozen=True)
class Video:
    """A finished video on disk: width and height in pixels, length in seconds, and its thumbnail (JPEG)."""

    path: Path
    thumbnail: Path
    width: int
    height: int
    seconds: float


@dataclass(frozen=True)
class Sent:
    """What became of a video that was sent: its message, and the id by which it is sent again for nothing, if known."""

    message_id: int
    file_id: str | None


class ChatGone(Exception):
    """Nobody can be answered there any more: the bot was blocked or removed, or the chat is no more."""


class Barrier(StrEnum):
    """What keeps the bot from sending into a chat that exists; a render ends with it as its reason."""

    NO_VIDEOS = "send_forbidden"
    NO_WRITING = "write_forbidden"
    ADMINS_ONLY = "admins_only"
    TOPIC_CLOSED = "topic_closed"
    PRIVACY = "privacy"
    FEE = "fee"


class SendForbidden(Exception):
    """The chat exists, but does not take this from the bot."""

    def __init__(self, why: str, barrier: Barrier) -> None:
        super().__init__(why)
        self.barrier = barrier


class MaybeSent(Exception):
    """The video was handed over, but the answer never came: it may have arrived."""


class HeldBack(Exception):
    """The video is one part of something, and is shown with the rest of it."""


class NotTaken(Exception):
    """Telegram does not take the video just now; it may in so many seconds."""

    def __init__(self, why: str, seconds: float) -> None:
        super().__init__(why)
        self.seconds = seconds


class UploadTooLarge(Exception):
    """The way to Telegram takes no file of that size, however often it is tried."""


class FileIdDead(Exception):
    """Telegram does not know the earlier video any more."""


class Audience(Protocol):
    """Where a render is shown: a chat, or a terminal."""

    async def send_video(self, render: Render, video: Video) -> Sent:
        """Try once to hand the video over.

        Raises:
            ChatGone, HeldBack, SendForbidden, MaybeSent, NotTaken, UploadTooLarge: see there.
        """
        ...

    async def send_again(self, render: Render, file_id: str) -> Sent:
        """Try once to hand an earlier video over again. Raises FileIdDead as well."""
        ...

    async def tell_end(self, render: Render) -> None:
        """Say how a render ended that brought no video, or maybe did."""
        ...

    async def clear_card(self, render: Render) -> None:
        """Take the card away: the video is there."""
        ...
