"""Cancelling: at once in the queue, at the service while a task is pending, after that for the person only."""

from handlers.context import Services
from storage.clock import unix_now
from storage.renders import Render, Stage, end_render, read_render, update_render


async def cancel_render(services: Services, render: Render) -> None:
    """Ask a render to stop; its card says whether it did."""
    database = services.resources.database
    if await end_render(database, render.id, Stage.CANCELLED, only_from=(Stage.ASKING, Stage.QUEUED)):
        await services.duets.fail(render)
        await services.cards.end(await read_render(database, render.id) or render)
        return
    await update_render(database, render.id, cancel_asked_at=unix_now())
    await services.workflows.wake(render.id)
