"""End a render without a video, and see that a cancelled one ends."""

from typing import NoReturn

from bot.render.resources import Resources
from storage.renders import Render, Stage, end_render, read_render
from storage.tasks import tasks_of

OVER_BUDGET = "budget_"
"""The beginning of the reason of a render for which a budget had no room: `budget_day`."""
RESTORED, RESTORED_MADE = "restored", "restored_made"
"""Why one ends that came back with a backup: nobody knows whether it was made; or it was, and may have been sent."""

RUNNING_THERE = "running_there"
"""Why one ends that its person cancelled when the service had begun."""
MADE_THERE = "made_there"
"""Why one ends that its person cancelled when the service was done."""
AFTER_SERVICE = (Stage.FETCHING, Stage.DELIVERING)
"""Where the service has made the video; no render that has ended is there."""


class End(Exception):
    """The render ends here, without a video."""

    def __init__(self, stage: Stage, reason: str | None = None) -> None:
        super().__init__(stage, reason)
        self.stage = stage
        self.reason = reason


async def refuse_cancelled(resources: Resources, render: Render) -> None:
    """Raise `End` when the person has cancelled the render meanwhile, or when it has ended or is gone."""
    now = await read_render(resources.database, render.id)
    if now is not None and now.cancel_asked_at is not None and now.stage in AFTER_SERVICE:
        await refuse_made(resources, now)
    refuse_ended(now)


async def refuse_made(resources: Resources, render: Render) -> NoReturn:
    """Raise `End` for a cancelled render that the service is done with: what it made for it is paid."""
    asked_for = any(task.task_id for task in await tasks_of(resources.database, render.id))
    raise End(Stage.CANCELLED, MADE_THERE if asked_for else None)


def refuse_ended(render: Render | None) -> None:
    """Raise `End` for a render that its person has cancelled, that has ended, or that is gone."""
    if render is None or render.ended or render.cancel_asked_at is not None:
        raise End(Stage.CANCELLED)


async def refuse_restored(resources: Resources, render: Render) -> None:
    """Raise `End` for a render that came back with a backup: what it would order may have been ordered since."""
    now = await read_render(resources.database, render.id)
    if now is not None and now.restored_at is not None:
        raise End(Stage.UNSURE, RESTORED)


async def let_go(resources: Resources, render: Render) -> None:
    """Tell a person who has cancelled meanwhile that it ends for them; what the service has is seen to its end."""
    now = await read_render(resources.database, render.id)
    asked = now is not None and now.cancel_asked_at is not None
    if asked and await end_render(resources.database, render.id, Stage.CANCELLED, RUNNING_THERE):
        await resources.audience.tell_end(await read_render(resources.database, render.id) or render)
