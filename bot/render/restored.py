"""Renders that came back with a backup: what is at the service is seen to its end, and people are asked about the rest.

The bot went on after the backup was made: it may have ordered since, and delivered. So such a render orders nothing and
sends nothing unasked. One whose tasks are all known, and one at work, was not delivered: it is like any other again.
"""

import asyncio
from datetime import UTC, datetime, timedelta
from functools import partial
from itertools import product
from pathlib import Path

import structlog

from bot.backoff import growing_pauses
from bot.dashscope.errors import DashscopeError, ListUnsupported
from bot.dashscope.types import ListedTask
from bot.render.ending import RESTORED, RESTORED_MADE, End, let_go
from bot.render.resources import Resources
from bot.render.retry import retry_call
from bot.render.strangers import CLOCK_SKEW
from storage.clock import unix_now
from storage.passing import until_written
from storage.renders import Render, Stage, update_render
from storage.restored import UNASKED, note_asked, restored_from
from storage.strange_tasks import note_strange_tasks
from storage.tasks import TaskRow, tasks_of
from storage.workload import known_task_ids

log = structlog.get_logger(__name__)

FIRST_PAUSE, LONGEST_PAUSE = 5.0, 600.0


async def doubt(resources: Resources, render: Render, stage: Stage) -> None:
    """Let a restored render go on only as far as nothing is paid or said twice.

    Raises:
        End: the person is asked.
    """
    if stage is Stage.DELIVERING:
        if render.duet_id is None:  # a half is not sent by itself; its duet asks
            raise End(Stage.DELIVERED, RESTORED_MADE)
        return
    if render.has_video:
        return
    tasks = {task.part: task for task in await tasks_of(resources.database, render.id)}  # the last attempt at each part
    alive = [task for task in tasks.values() if task.task_id and (task.video_url or not task.ended)]
    if len(alive) < render.parts:
        raise End(Stage.UNSURE, RESTORED)
    if stage is Stage.WAITING and await _is_at_work(resources, render, alive):
        await update_render(resources.database, render.id, restored_at=None)


async def _is_at_work(resources: Resources, render: Render, tasks: list[TaskRow]) -> bool:
    """Whether the service is still at one of the tasks: then nothing was delivered, and nothing ordered anew."""
    for task in (task for task in tasks if not task.ended):
        account = resources.account_with(task)
        poll = partial(account.service.poll, task.task_id or "")
        seen = await retry_call(resources, render, poll, when_cancelled=let_go, at=account)
        if not seen.ended and not seen.forgotten:
            return True
    return False


async def tell_strange_tasks(resources: Resources, data_dir: Path) -> None:
    """After a restore, tell the operator which tasks were ordered since the backup; nothing otherwise."""
    since = restored_from(data_dir, UNASKED)
    if since is None:
        return
    for pause in growing_pauses(FIRST_PAUSE, LONGEST_PAUSE):
        try:
            await _tell_of_models(resources, datetime.fromtimestamp(since, UTC) - CLOCK_SKEW)
        except ListUnsupported:
            log.warning("what was ordered since the backup cannot be told: the service has no list of tasks")
        except DashscopeError as error:
            log.warning("what was ordered since the backup is not known yet", why=str(error), again_in=round(pause))
            await asyncio.sleep(pause)
            continue
        note_asked(data_dir)
        return


async def _tell_of_models(resources: Resources, since: datetime) -> None:
    until = datetime.fromtimestamp(unix_now(), UTC) + CLOCK_SKEW
    since = max(since, until - timedelta(days=2))  # the service remembers no longer
    models = sorted({engine.video_model for engine in (resources.engine, *resources.others.values())})
    for account, model in product(resources.accounts, models):
        listed = await account.service.list_tasks(model, since, until)
        known = await known_task_ids(resources.database, [task.task_id for task in listed])
        strange = [task for task in listed if task.task_id not in known]
        ids = [task.task_id for task in strange]
        await until_written(partial(note_strange_tasks, resources.database, ids, RESTORED))
        for task in strange:
            _tell(task, account.name)
        facts = {"account": account.name, "model": model}
        log.info("the tasks since the backup were looked at", **facts, of_ours=len(known), strange=len(strange))


def _tell(task: ListedTask, account: str) -> None:
    log.warning(
        "a task was ordered since the backup, and is of no render here; it may be on the bill",
        account=account,
        task=task.task_id,
        state=task.state,
    )
