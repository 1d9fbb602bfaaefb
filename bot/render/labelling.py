"""Labelling: every video that goes out is marked, then signed; what is kept is the master without a mark."""

from dataclasses import dataclass, field
from pathlib import Path
from typing import Literal

import structlog

from bot.media.child import run_limited
from bot.media.errors import ChildError, MediaError
from bot.media.facts import VideoFacts
from bot.media.jobs import Mark, finish_video, sign_video
from bot.render.credentials import Credentials

log = structlog.get_logger(__name__)

MARK_SECONDS = 600.0
SIGN_SECONDS = 60.0
Mode = Literal["start", "always", "off"]


@dataclass(frozen=True)
class Labels:
    """How videos say that they are made by AI.

    Args:
        mode: the mark is seen at the start, always, or not at all.
        credentials: who signs; None: nobody does.
    """

    mode: Mode = "start"
    credentials: Credentials | None = field(default=None, repr=False)

    def mark_for(self, language: str) -> str:
        """Return the mark of a video in a language, as a render keeps it: a part of what makes two videos the same."""
        return self.mode if self.mode == "off" else f"{self.mode}:{'zh' if language.split('-')[0] == 'zh' else 'en'}"

    async def finish(self, master: Path, target: Path, mark: str, max_bytes: int) -> VideoFacts:
        """Write a master as it goes out.

        Raises:
            MediaError: it is no video, or cannot be made that small.
        """
        facts = await run_limited(finish_video(master, target, mark_of(mark), max_bytes), seconds=MARK_SECONDS)
        await self.sign(target)
        return facts

    async def sign(self, path: Path) -> None:
        """Put credentials into an mp4, in its place; without them it goes out all the same, and the operator hears."""
        if self.credentials is None:
            return
        signed = path.with_name(f"{path.name}.signed")
        job = sign_video(path, signed, self.credentials.certificates)
        try:
            await run_limited(job, seconds=SIGN_SECONDS, sign=self.credentials.sign)
        except (MediaError, ChildError) as error:
            log.error("a video could not be signed, and goes out without credentials", why=str(error))
            return
        signed.replace(path)


def mark_of(mark: str) -> Mark:
    """Return the mark that a render keeps."""
    mode, _, words = mark.partition(":")
    return Mark(words, mode == "always")
