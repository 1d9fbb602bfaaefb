"""The service's tasks: their queue, their life of 24 hours, and what is told of them."""

import asyncio
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import structlog

from bot.sandbox.emo.refusal import Refusal, invalid, read_stamp, stamp

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]
Box = tuple[int, int, int, int]

LONGEST_LIST = timedelta(hours=24)
LARGEST_PAGE = 100


@dataclass
class ServedTask:
    """One task, as the service knows it.

    Args:
        task_id: its id.
        image_url: as submitted, with its signature.
        audio_url: as submitted.
        face_bbox: as submitted.
        ext_bbox: as submitted.
        style_level: as submitted.
        submitted_at: when it was taken.
        resolve: whether `oss://` links are to be resolved.
        progress: of its rendering, 0 to 1.
        video: the finished file.
        picture: a small JPEG of the portrait, once it has been fetched.
    """

    task_id: str
    image_url: str
    audio_url: str
    face_bbox: Box
    ext_bbox: Box
    style_level: str
    submitted_at: datetime
    resolve: bool = False
    state: str = "PENDING"
    scheduled_at: datetime | None = None
    ended_at: datetime | None = None
    code: str | None = None
    message: str | None = None
    progress: float = 0.0
    video: Path | None = None
    seconds: float | None = None
    ratio: str | None = None
    forgotten: bool = False
    picture: bytes | None = None


@dataclass
class TaskBoard:
    """Every task, and the slots in which they run.

    Args:
        clock: tells the time, in UTC.
        work: makes the video of a task in a slot; a Refusal fails the task.
        slots: tasks that run at a time.
        life: how long a task is known.
        tell: hears of a task when its state has changed.
    """

    clock: Clock
    work: Callable[[ServedTask, int], Awaitable[None]]
    slots: int = 1
    life: timedelta = timedelta(hours=24)
    tell: Callable[[ServedTask], None] = lambda _: None
    tasks: dict[str, ServedTask] = field(default_factory=dict)
    held: bool = False

    def __post_init__(self) -> None:
        self._free = list(range(self.slots))
        self._queue: deque[ServedTask] = deque()
        self._running: set[asyncio.Task[None]] = set()

    def add(self, task: ServedTask) -> None:
        """Put a task at the end of the queue."""
        self.tasks[task.task_id] = task
        self._queue.append(task)
        self.tell(task)
        # Scheduled a little later, never within the call: its answer says PENDING.
        asyncio.get_running_loop().call_soon(self._schedule)

    def find(self, task_id: str) -> ServedTask | None:
        """A task that is known: submitted, not forgotten, not too old."""
        task = self.tasks.get(task_id)
        known = task is not None and not task.forgotten and self.clock() < task.submitted_at + self.life
        return task if known else None

    def cancel(self, task_id: str) -> None:
        """Take a task out of the queue.

        Raises:
            Refusal: it is not PENDING.
        """
        task = self.find(task_id)
        if task is None or task.state != "PENDING":
            raise Refusal(
                400, "UnsupportedOperation", "Failed to cancel the task, please confirm if the task is pending."
            )
        self._queue.remove(task)
        task.state, task.ended_at = "CANCELED", self.clock()
        self.tell(task)

    def sweep(self) -> None:
        """Delete the videos whose links have died."""
        for task in self.tasks.values():
            if task.video and task.ended_at and self.clock() >= task.ended_at + self.life:
                task.video.unlink(missing_ok=True)
                task.video = None

    def hold(self) -> None:
        """Leave every task that has not begun PENDING."""
        self.held = True

    def release(self) -> None:
        """Go on with the queue."""
        self.held = False
        self._schedule()

    async def stop(self) -> None:
        """Break off what runs."""
        self.held = True
        for running in self._running:
            running.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def page(self, query: dict[str, str]) -> dict[str, Any]:
        """One page of the list of tasks, newest first.

        Raises:
            Refusal: a filter cannot be read, or spans more than 24 h.
        """
        start, end = self._span(query)
        number, size = _positive(query, "page_no", 1), min(_positive(query, "page_size", 10), LARGEST_PAGE)
        rows = [
            task
            for task in reversed(self.tasks.values())
            if self.find(task.task_id) is not None
            and start <= task.submitted_at.replace(microsecond=0) <= end
            and query.get("model_name") in (None, "", "emo-v1")
            and query.get("status") in (None, "", task.state)
        ]
        shown = rows[(number - 1) * size : number * size]
        return {
            "total": len(rows),
            "data": [_row(task) for task in shown],
            "page_no": number,
            "page_size": size,
            "total_page": -(-len(rows) // size),
            "request_id": str(uuid.uuid4()),
        }

    def _span(self, query: dict[str, str]) -> tuple[datetime, datetime]:
        start = read_stamp(query["start_time"]) if query.get("start_time") else None
        end = read_stamp(query["end_time"]) if query.get("end_time") else None
        if end is None:
            end = start + LONGEST_LIST if start else self.clock()
        start = start or end - LONGEST_LIST
        if end < start or end - start > LONGEST_LIST:
            raise invalid("The time range must not exceed 24 hours.")
        return start, end

    def _schedule(self) -> None:
        while self._free and self._queue and not self.held:
            task, slot = self._queue.popleft(), self._free.pop()
            running = asyncio.create_task(self._run(task, slot))
            self._running.add(running)
            running.add_done_callback(self._running.discard)

    async def _run(self, task: ServedTask, slot: int) -> None:
        task.state, task.scheduled_at = "RUNNING", self.clock()
        self.tell(task)
        try:
            await self.work(task, slot)
            task.state, task.progress = "SUCCEEDED", 1.0
        except Refusal as refusal:
            task.state, task.code, task.message = "FAILED", refusal.code, refusal.message
        except Exception as error:
            log.exception("The sandbox could not make a video", task=task.task_id)
            task.state, task.code, task.message = (
                "FAILED",
                "InternalError.Algo",
                f"Inference error: {type(error).__name__}",
            )
        finally:
            task.ended_at = self.clock()
            self.tell(task)
            self._free.append(slot)
            self._schedule()


def output_of(task: ServedTask, video_url: str | None) -> dict[str, Any]:
    """What a poll tells of a task, with `usage` when there is a video."""
    output: dict[str, Any] = {
        "task_id": task.task_id,
        "task_status": task.state,
        "submit_time": stamp(task.submitted_at),
    }
    if task.scheduled_at:
        output["scheduled_time"] = stamp(task.scheduled_at)
    if task.ended_at:
        output["end_time"] = stamp(task.ended_at)
    answer: dict[str, Any] = {"request_id": str(uuid.uuid4()), "output": output}
    if task.state == "SUCCEEDED":
        output["results"] = {"video_url": video_url}
        answer["usage"] = {"video_duration": task.seconds, "video_ratio": task.ratio}
    if task.state == "FAILED":
        output.update(code=task.code, message=task.message)
    return answer


def _row(task: ServedTask) -> dict[str, Any]:
    row = {
        "task_id": task.task_id,
        "status": task.state,
        "model_name": "emo-v1",
        "gmt_create": _milliseconds(task.submitted_at),
        "start_time": _milliseconds(task.scheduled_at),
        "end_time": _milliseconds(task.ended_at),
        "region": "cn-beijing",
    }
    return {name: value for name, value in row.items() if value is not None}


def _milliseconds(moment: datetime | None) -> int | None:
    return int(moment.timestamp() * 1000) if moment else None


def _positive(query: dict[str, str], name: str, default: int) -> int:
    text = query.get(name, str(default))
    if not (text.isascii() and text.isdigit() and 0 < int(text) < 1_000_000):
        raise invalid(f"The {name} is invalid.")
    return int(text)
