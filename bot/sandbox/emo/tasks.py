"""The service's tasks: their queue, their life of 24 hours, and what is told of them."""

import asyncio
import uuid
from collections import deque
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from itertools import count
from pathlib import Path
from typing import Any

import structlog

from bot.sandbox.emo.orders import SubmitOrder
from bot.sandbox.emo.refusal import Refusal, invalid, read_stamp, stamp

log = structlog.get_logger(__name__)

Clock = Callable[[], datetime]

LONGEST_LIST = timedelta(hours=24)
LARGEST_PAGE = 100


@dataclass
class ServedTask:
    """One task, as the service knows it.

    Args:
        task_id: its id.
        account: number of the account that it belongs to.
        order: as submitted; its links carry their signatures.
        submitted_at: when it was taken.
        progress: of its rendering, 0 to 1.
        video: the finished file.
        picture: a small JPEG of the portrait, once it has been fetched.
    """

    task_id: str
    account: int
    order: SubmitOrder
    submitted_at: datetime
    state: str = "PENDING"
    scheduled_at: datetime | None = None
    ended_at: datetime | None = None
    code: str | None = None
    message: str | None = None
    progress: float = 0.0
    video: Path | None = None
    seconds: float | None = None
    forgotten: bool = False
    picture: bytes | None = None

    @property
    def model(self) -> str:
        """Name of the model that makes it."""
        return self.order.model.name


@dataclass
class _Lane:
    """Tasks of one account and one model: those that wait, and how many run."""

    queue: deque[ServedTask] = field(default_factory=deque)
    running: int = 0


@dataclass
class TaskBoard:
    """Every task, and the lanes in which they run: each account has one for each model.

    Args:
        clock: tells the time, in UTC.
        work: makes the video of a task at a place that no other running task has; a Refusal fails the task.
        slots: tasks that run at a time in a lane.
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
        self._lanes: dict[tuple[int, str], _Lane] = {}
        self._taken: set[int] = set()
        self._running: set[asyncio.Task[None]] = set()

    def add(self, task: ServedTask) -> None:
        """Put a task at the end of the queue."""
        self.tasks[task.task_id] = task
        lane = self._lane(task)
        lane.queue.append(task)
        self.tell(task)
        # Scheduled a little later, never within the call: its answer says PENDING.
        asyncio.get_running_loop().call_soon(self._schedule, lane)

    def find(self, task_id: str, account: int) -> ServedTask | None:
        """A task that is known to an account: its own, not forgotten, not too old."""
        task = self.tasks.get(task_id)
        if task is None or task.account != account or task.forgotten:
            return None
        return task if self.clock() < task.submitted_at + self.life else None

    def cancel(self, task_id: str, account: int) -> None:
        """Take a task of an account out of its queue.

        Raises:
            Refusal: it is not PENDING.
        """
        task = self.find(task_id, account)
        if task is None or task.state != "PENDING":
            raise Refusal(
                400, "UnsupportedOperation", "Failed to cancel the task, please confirm if the task is pending."
            )
        self._lane(task).queue.remove(task)
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
        """Go on with the queues."""
        self.held = False
        for lane in self._lanes.values():
            self._schedule(lane)

    async def stop(self) -> None:
        """Break off what runs."""
        self.held = True
        for running in self._running:
            running.cancel()
        await asyncio.gather(*self._running, return_exceptions=True)

    def page(self, query: dict[str, str], account: int) -> dict[str, Any]:
        """One page of the list of an account's tasks, newest first.

        Raises:
            Refusal: a filter cannot be read, or spans more than 24 h.
        """
        start, end = self._span(query)
        number, size = _positive(query, "page_no", 1), min(_positive(query, "page_size", 10), LARGEST_PAGE)
        rows = [
            task
            for task in reversed(self.tasks.values())
            if self.find(task.task_id, account) is not None
            and start <= task.submitted_at.replace(microsecond=0) <= end
            and query.get("model_name") in (None, "", task.model)
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

    def _lane(self, task: ServedTask) -> _Lane:
        return self._lanes.setdefault((task.account, task.model), _Lane())

    def _schedule(self, lane: _Lane) -> None:
        while lane.queue and lane.running < self.slots and not self.held:
            place = next(place for place in count() if place not in self._taken)
            self._taken.add(place)
            lane.running += 1
            running = asyncio.create_task(self._run(lane.queue.popleft(), lane, place))
            self._running.add(running)
            running.add_done_callback(self._running.discard)

    async def _run(self, task: ServedTask, lane: _Lane, place: int) -> None:
        task.state, task.scheduled_at = "RUNNING", self.clock()
        self.tell(task)
        try:
            await self.work(task, place)
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
            self._taken.discard(place)
            lane.running -= 1
            self._schedule(lane)


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
        answer["usage"] = _usage(task)
    if task.state == "FAILED":
        output.update(code=task.code, message=task.message)
    return answer


def _usage(task: ServedTask) -> dict[str, Any]:
    if task.order.model.boxes:
        return {"video_duration": task.seconds, "video_ratio": task.order.tier}
    return {"duration": task.seconds, "video_count": 1, "SR": int(task.order.tier.removesuffix("P"))}


def _row(task: ServedTask) -> dict[str, Any]:
    row = {
        "task_id": task.task_id,
        "status": task.state,
        "model_name": task.model,
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
