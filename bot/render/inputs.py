"""What an order is made of: the options, the files, what was said of the face, and what it may cost."""

from decimal import Decimal

from bot.dashscope.types import Box, Verdict
from bot.engines.engine import Options
from bot.gates.money import billed_seconds
from bot.render.ending import End
from bot.render.resources import Resources
from storage.objects import Object
from storage.renders import Render, Stage
from storage.tasks import TaskRow, tasks_of
from storage.verdicts import read_verdict
from storage.voice_parts import voice_of


def options_of(render: Render) -> Options:
    """Return what was chosen for a render."""
    return Options(render.ratio, render.style, render.resolution)


def links_of(*tasks: TaskRow) -> list[str]:
    """Return the keys of the links of attempts."""
    return [key for task in tasks for key in (task.image_link, task.audio_link) if key]


async def load_objects(resources: Resources, *shas: str) -> list[Object]:
    """Return files of a render.

    Raises:
        End: one of them was deleted by now.
    """
    found = await resources.objects.get_all(*shas)
    if not found.keys() >= set(shas):
        raise End(Stage.FAILED, "file_gone")
    return [found[sha] for sha in shas]


async def verdict_of(resources: Resources, render: Render) -> Verdict:
    """Return what was said of the portrait, as an order needs it."""
    engine = resources.engine_of(render)
    known = await read_verdict(resources.database, render.portrait_sha, render.ratio, engine.detect_model)
    if known is None or (engine.gives_boxes and (known.face_box is None or known.ext_box is None)):
        raise End(Stage.FAILED, "unexplained")
    face, ext = (Box(*box) if box is not None else None for box in (known.face_box, known.ext_box))
    return Verdict(True, face, ext)


async def costs_of(
    resources: Resources, render: Render, part: int, price: Decimal, voice: Object
) -> dict[int, Decimal]:
    """What a part costs at most, and those after it that were never ordered, by their numbers."""
    longest = resources.engine_of(render).voice_seconds
    costs = {part: price * billed_seconds(voice.seconds or longest)}
    if part == render.parts:
        return costs
    begun = {task.part for task in await tasks_of(resources.database, render.id)}
    for number in (later for later in range(part + 1, render.parts + 1) if later not in begun):
        other = await resources.objects.get(await voice_of(resources.database, render, number))
        costs[number] = price * billed_seconds(other.seconds if other and other.seconds else longest)
    return costs
