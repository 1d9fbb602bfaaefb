"""The values that go to the service and come from it."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any

Body = dict[str, Any]
"""Of a call, as JSON."""

BAD_ENDS = frozenset({"FAILED", "CANCELED"})
"""States in which a task brings no video, and costs nothing."""

ENDED = BAD_ENDS | {"SUCCEEDED"}


@dataclass(frozen=True)
class Box:
    """A rectangle in the pixels of the very image that was detected."""

    x1: int
    y1: int
    x2: int
    y2: int

    def as_list(self) -> list[int]:
        """Return it as the service takes it: [x1, y1, x2, y2]."""
        return [self.x1, self.y1, self.x2, self.y2]


@dataclass(frozen=True)
class Verdict:
    """What the service says of a portrait for one ratio.

    Args:
        passed: whether it can be animated; the boxes are there exactly then.
        face_box: around the face.
        ext_box: around all that moves; its ratio decides the video's.
        code: why it was refused, such as `InvalidFile.NoHuman`; None when passed, or when the service did not say.
        message: the service's sentence that goes with the code.
        billed: whether the look costs something: what is refused as a request (HTTP 400) does not.
    """

    passed: bool
    face_box: Box | None = None
    ext_box: Box | None = None
    code: str | None = None
    message: str | None = None
    billed: bool = True


@dataclass(frozen=True)
class Task:
    """The service's own job, as one poll saw it. Times are aware, in UTC.

    Args:
        task_id: the service's id.
        state: PENDING, RUNNING, SUCCEEDED, FAILED, CANCELED, UNKNOWN, or any word that the service makes up later.
        video_url: where the video can be fetched for 24 h; often plain http.
        code: why it failed.
        message: the service's sentence that goes with the code.
        video_seconds: length of the video, which is what is billed.
        video_ratio: `1:1` or `3:4`.
        submitted_at: when the service took it.
        scheduled_at: when it left the service's queue.
        ended_at: when it ended.
    """

    task_id: str
    state: str
    video_url: str | None = None
    code: str | None = None
    message: str | None = None
    video_seconds: float | None = None
    video_ratio: str | None = None
    submitted_at: datetime | None = None
    scheduled_at: datetime | None = None
    ended_at: datetime | None = None

    @property
    def ended(self) -> bool:
        """Whether it will never change again.

        A state that we don't know has not ended, nor has UNKNOWN, nor a success whose video is not named yet.
        """
        return self.state in BAD_ENDS or self.succeeded

    @property
    def succeeded(self) -> bool:
        """Whether there is a video to fetch."""
        return self.state == "SUCCEEDED" and self.video_url is not None

    @property
    def forgotten(self) -> bool:
        """Whether the service does not know it: never heard of, or older than 24 h."""
        return self.state == "UNKNOWN"


@dataclass(frozen=True)
class ListedTask:
    """One line of the service's list of tasks. The time is aware, in UTC."""

    task_id: str
    state: str
    created_at: datetime | None = None
    model: str | None = None
