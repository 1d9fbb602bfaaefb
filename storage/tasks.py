"""Tasks: one row for each attempt to have a part of a render made; what was ordered and paid is never overwritten.

A row is written before the paid call (the intent). It is *open* from then until its task's id is known; an open intent
whose answer was lost may be *judged*, meanwhile it holds up nobody.
"""

from collections.abc import Awaitable, Callable, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

import sqlalchemy as sa
from sqlalchemy.ext.asyncio import AsyncConnection, AsyncEngine

from storage.clock import unix_now
from storage.database import for_one_statement
from storage.machines import is_free
from storage.reservations import NOT_PAID, free, reference_of, rename_reservation
from storage.tables import renders, reservations, tasks, voice_parts

NOT_TAKEN, UNSURE = "NOT_TAKEN", "UNSURE"
"""States of an attempt that the service never took, and of one that may have been taken, which nobody can find out."""

FORGOTTEN = "FORGOTTEN"
"""State of an attempt that is taken up again after the service did not know it."""

BAD_ENDS = ("FAILED", "CANCELED", NOT_TAKEN, UNSURE)
VIDEO_LIFE = 24 * 3600.0
"""Seconds for which a video can be fetched, and a task is known."""

Check = Callable[[AsyncConnection], Awaitable[None]]
"""A gate in the transaction that writes an intent: what it raises undoes that."""


class OrderGoingOn(Exception):
    """Another order of the same account is on its way; this one must wait for its answer."""


@dataclass(frozen=True)
class TaskRow:
    """One attempt. Times are Unix seconds.

    Args:
        part: of the voice, counted from 1; most renders have one.
        attempt: counted from 1 for each part.
        account: whose key it was ordered with.
        engine: that was asked.
        model: the video model's name.
        second_price: CNY for a second of video, as it was when ordered; a decimal.
        image_link: the key of the portrait's link; None where files are uploaded.
        audio_link: the key of the voice's link.
        intent_at: when it was written down, before the paid call.
        judging_since: since when nobody knows whether the service took it.
        task_id: the service's; None until it has answered.
        state: the service's word, or one of ours.
        ended_at: when it ended, for us: it brought a video, or is known not to bring one.
        worked_until: when the service had the video ready.
        video_url: where the video can be fetched for a day.
        video_seconds: of the video.
    """

    render_id: str
    part: int
    attempt: int
    account: str
    engine: str
    model: str
    second_price: str
    image_link: str | None = field(repr=False)
    audio_link: str | None = field(repr=False)
    intent_at: float
    judging_since: float | None
    task_id: str | None
    state: str | None
    submitted_at: float | None
    started_at: float | None
    worked_until: float | None
    ended_at: float | None
    video_url: str | None = field(repr=False)
    video_seconds: float | None

    @property
    def ended(self) -> bool:
        """Whether nothing more will come of it."""
        return self.ended_at is not None

    @property
    def is_judged(self) -> bool:
        """Whether others order meanwhile, for its answer is lost."""
        return self.is_intent and self.judging_since is not None

    @property
    def is_intent(self) -> bool:
        """Whether nobody knows yet if the service took it."""
        return self.task_id is None and not self.ended


LATEST = (
    sa.select(tasks)
    .where(tasks.c.render_id == sa.bindparam("render_id"), tasks.c.part == sa.bindparam("part"))
    .order_by(tasks.c.attempt.desc())
    .limit(1)
)
UPDATE = (
    sa.update(tasks)
    .where(*(tasks.c[name] == sa.bindparam(f"of_{name}") for name in ("render_id", "part", "attempt")))
    .returning(*tasks.c)
)
OPEN_RENDER = (
    sa.update(renders)
    .where(renders.c.id == sa.bindparam("render_id"), renders.c.ended_at.is_(None), renders.c.restored_at.is_(None))
    .where(renders.c.owner.is_not_distinct_from(sa.bindparam("machine", type_=sa.String)))
    .values(stage=renders.c.stage)
)
"""Changes nothing, and holds the row until the transaction ends: nobody ends the render, or takes it up, meanwhile."""
INTENTS = sa.select(tasks.c.render_id).where(tasks.c.task_id.is_(None), tasks.c.ended_at.is_(None))


async def latest_task(database: AsyncEngine, render_id: str, part: int = 1) -> TaskRow | None:
    """Return the last attempt at a part, if there was one."""
    async with database.connect() as connection:
        row = (await connection.execute(LATEST, {"render_id": render_id, "part": part})).mappings().first()
    return TaskRow(**row) if row else None


async def current_task(database: AsyncEngine, render_id: str, parts: int) -> tuple[int, TaskRow | None]:
    """Return the first part of a render that is not made yet, and the last attempt at it, if there was one.

    Of a render that is made, that is its last part, with its video.
    """
    if parts == 1:
        return 1, await latest_task(database, render_id)
    latest = {task.part: task for task in await tasks_of(database, render_id)}
    made = {part for part, task in latest.items() if task.video_url is not None}
    current = next((part for part in range(1, parts) if part not in made), parts)
    return current, latest.get(current)


async def tasks_of(database: AsyncEngine, render_id: str) -> list[TaskRow]:
    """Return every attempt of a render, in order."""
    query = sa.select(tasks).where(tasks.c.render_id == render_id).order_by(tasks.c.part, tasks.c.attempt)
    async with database.connect() as connection:
        return [TaskRow(**row) for row in (await connection.execute(query)).mappings()]


async def write_intent(
    database: AsyncEngine, render_id: str, checks: Sequence[Check] = (), machine: str | None = None, /, **columns: Any
) -> TaskRow | None:
    """Write down that a task is about to be ordered; None: the render has ended, or came back with a backup.

    Args:
        checks: are passed in the same transaction, such as the ones that nobody has said no, and that there is money.
        machine: that leads the render; None is also the answer to one that does not any more.
        columns: of the new row, `part` and `attempt` among them.

    Raises:
        OrderGoingOn: see there. And whatever a check raises.
    """
    row = {"render_id": render_id, "intent_at": unix_now(), **columns}
    try:
        async with database.begin() as connection:
            if (await connection.execute(OPEN_RENDER, {"render_id": render_id, "machine": machine})).rowcount == 0:
                return None
            added = (await connection.execute(sa.insert(tasks).returning(*tasks.c), row)).mappings().one()
            for check in checks:
                await check(connection)
    except sa.exc.IntegrityError as error:
        raise OrderGoingOn from error
    return TaskRow(**added)


async def drop_intent(database: AsyncEngine, task: TaskRow) -> None:
    """Forget an order that the service has certainly not taken, and give back what was reserved for it."""
    key = (tasks.c[name] == getattr(task, name) for name in ("render_id", "part", "attempt"))
    async with database.begin() as connection:
        if (await connection.execute(sa.delete(tasks).where(*key, tasks.c.task_id.is_(None)))).rowcount:
            await free(connection, _reserved(task))


def _reserved(task: TaskRow) -> sa.ColumnElement[bool]:
    return reservations.c.reference == reference_of(task.render_id, task.part, task.attempt)


async def close_intents(database: AsyncEngine) -> None:
    """Let renders that have ended, or are gone, hold up no order of others."""
    is_open = sa.exists().where(renders.c.id == tasks.c.render_id, renders.c.ended_at.is_(None))
    change = sa.update(tasks).where(tasks.c.task_id.is_(None), tasks.c.ended_at.is_(None), ~is_open)
    async with for_one_statement(database) as connection:
        await connection.execute(change.values(state=UNSURE, ended_at=unix_now()))


async def update_task(database: AsyncEngine, task: TaskRow, **columns: Any) -> TaskRow:
    """Write some columns of an attempt; returns it as it is then, also where its render is gone."""
    async with for_one_statement(database) as connection:
        row = (await connection.execute(UPDATE, {**_key(task), **columns})).mappings().first()
    return TaskRow(**row) if row else replace(task, **columns)


def _key(task: TaskRow) -> dict[str, Any]:
    return {f"of_{name}": getattr(task, name) for name in ("render_id", "part", "attempt")}


async def end_task(database: AsyncEngine, task: TaskRow, state: str | None = None) -> TaskRow:
    """Note that nothing more comes of an attempt; one that cost nothing gives back what was reserved for it.

    Of one whose fate nobody knows, the reservation stays.
    """
    state = state or task.state
    columns: dict[str, Any] = {"state": state, "ended_at": unix_now()}
    async with database.begin() as connection:
        row = (await connection.execute(UPDATE, {**_key(task), **columns})).mappings().first()
        if state in NOT_PAID:
            await free(connection, _reserved(task))
    return TaskRow(**row) if row else replace(task, **columns)


def _may_live(render_id: str) -> sa.ColumnElement[bool]:
    """Match attempts of a render of which something may still come, whether it has ended or not."""
    known = sa.and_(tasks.c.task_id.is_not(None), sa.func.coalesce(tasks.c.state, "").not_in(BAD_ENDS))
    young = sa.or_(tasks.c.ended_at.is_(None), tasks.c.ended_at > unix_now() - VIDEO_LIFE)
    return sa.and_(tasks.c.render_id == render_id, known, young)


async def may_live(database: AsyncEngine, render_id: str) -> bool:
    """Return whether the service may still have something of a render, ended or not."""
    async with database.connect() as connection:
        return bool((await connection.execute(sa.select(sa.exists().where(_may_live(render_id))))).scalar())


async def adopt_tasks(database: AsyncEngine, from_id: str, to_id: str) -> None:
    """Let a new render take up what an ended one may still have at the service, with what is reserved for it.

    It is asked about afresh, and ordered anew only where the service says that nothing comes of it. The voice is cut as
    it was.
    """
    was_forgotten = sa.and_(tasks.c.state == "UNKNOWN", tasks.c.ended_at.is_not(None))
    state = sa.case((was_forgotten, FORGOTTEN), else_=tasks.c.state)
    values = {"render_id": to_id, "state": state, "ended_at": None, "video_url": None}
    count = sa.select(renders.c.parts).where(renders.c.id == from_id).scalar_subquery()
    async with database.begin() as connection:
        adopted = sa.update(tasks).where(_may_live(from_id)).values(values).returning(tasks.c.part, tasks.c.attempt)
        for part, attempt in (await connection.execute(adopted)).all():
            names = [reference_of(render_id, part, attempt) for render_id in (from_id, to_id)]
            await rename_reservation(connection, *names)
        await connection.execute(sa.update(renders).where(renders.c.id == to_id).values(parts=count))
        pieces = sa.update(voice_parts).where(voice_parts.c.render_id == from_id)
        await connection.execute(pieces.values(render_id=to_id))


async def forget_tasks(database: AsyncEngine) -> int:
    """Let open renders without a video be ordered anew, for a service that has lost its tasks; returns how many."""
    alone = (renders.c.ended_at.is_(None), renders.c.video_sha.is_(None), is_free(renders.c.owner))
    lost = sa.select(renders.c.id).where(*alone)
    change = (
        sa.update(tasks)
        .where(tasks.c.render_id.in_(lost), sa.or_(tasks.c.ended_at.is_(None), tasks.c.video_url.is_not(None)))
        .values(state=NOT_TAKEN, ended_at=unix_now(), video_url=None)
    )
    async with for_one_statement(database) as connection:
        return (await connection.execute(change)).rowcount
