"""Cancelling: at once while it is queued here, at the service while it is pending there, and honestly after that."""

import time

from handlers.context import Desk
from handlers.duet import come_to_nothing
from storage.renders import Render, Stage, end_render, read_render, update_render


async def cancel_render(desk: Desk, render: Render) -> None:
    """Ask a render to stop; its card says what came of it."""
    engine = desk.parts.engine
    if await end_render(engine, render.id, Stage.CANCELLED, only_from=Stage.QUEUED):
        if render.duet_id is not None:
            await come_to_nothing(desk.shaper, render)
        await desk.cards.end(await read_render(engine, render.id) or render)
        return
    await update_render(engine, render.id, cancel_asked_at=time.time())
    desk.parts.wakes.wake(render.id)
