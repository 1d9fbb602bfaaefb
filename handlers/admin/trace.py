"""What happened to one render, in plain words: in the chat by `/trace ID`, and by `emobot trace ID`."""

from collections.abc import Callable
from datetime import datetime, tzinfo

from sqlalchemy.ext.asyncio import AsyncEngine
from telegram import Update

from handlers.admin.panel import is_for_admin
from handlers.admin.words import stage_of, state_of, told_of, troubled_by
from handlers.context import Context, services_of
from handlers.texts import admin as texts
from handlers.transport.answering import answer
from storage.book import money
from storage.renders import Render, read_render
from storage.reservations import reference_of, reserved
from storage.tasks import TaskRow, tasks_of


async def show(update: Update, context: Context) -> None:
    """Tell an admin what happened to a render."""
    if not await is_for_admin(update, context) or update.message is None:
        return
    if not context.args:
        await answer(update.message, texts.TRACE_HOW())
        return
    resources = services_of(context).resources
    lines = await trace(resources.database, context.args[0].strip(), resources.money.book.zone)
    await answer(update.message, "\n".join(lines or [texts.TRACE_UNKNOWN()]))


async def trace(database: AsyncEngine, render_id: str, zone: tzinfo | None) -> list[str]:
    """Return what happened to a render, a line each, in the order in which it did; nothing for an unknown one."""
    render = await read_render(database, render_id)
    if render is None:
        return []

    def when(at: float) -> str:
        return datetime.fromtimestamp(at, zone).strftime("%Y-%m-%d %H:%M:%S")

    options = " ".join(filter(None, (render.ratio, render.style, render.resolution)))
    asked = texts.TRACE_ASKED(when=when(render.created_at), chat=render.chat_id, engine=render.engine, options=options)
    happened: list[tuple[float, str]] = [(render.created_at, asked.strip())]
    for task in await tasks_of(database, render_id):
        happened += _of_task(task, when)
        held = await reserved(database, [reference_of(render_id, task.part, task.attempt)])
        happened += [(task.intent_at, texts.TRACE_RESERVED(amount=money(units))) for units in held.values()]
    if render.cancel_asked_at is not None:
        happened.append((render.cancel_asked_at, texts.TRACE_CANCEL(when=when(render.cancel_asked_at))))
    lines = [line for _, line in sorted(happened, key=lambda each: each[0])]
    return [*lines, _end(render, when)]


def _of_task(task: TaskRow, at: Callable[[float], str]) -> list[tuple[float, str]]:
    facts = {"part": task.part, "attempt": task.attempt, "account": task.account}
    found = [(task.intent_at, texts.TRACE_ORDERED(when=at(task.intent_at), **facts))]
    if task.submitted_at is not None:
        found.append((task.submitted_at, texts.TRACE_TAKEN(when=at(task.submitted_at), task=task.task_id)))
    if task.started_at is not None:
        found.append((task.started_at, texts.TRACE_BEGUN(when=at(task.started_at))))
    if task.ended_at is not None and task.video_seconds is not None:
        found.append((task.ended_at, texts.TRACE_MADE(when=at(task.ended_at), seconds=task.video_seconds)))
    elif task.ended_at is not None:
        found.append((task.ended_at, texts.TRACE_ENDED(when=at(task.ended_at), state=state_of(task.state))))
    return found


def _end(render: Render, at: Callable[[float], str]) -> str:
    if render.ended_at is None:
        return texts.TRACE_NOW(stage=stage_of(render), trouble=troubled_by(render)).rstrip()
    return texts.TRACE_END(when=at(render.ended_at), stage=stage_of(render), reason=told_of(render.reason)).rstrip()
