"""A voice that is longer than the engine takes is made in parts, each a task of its own, and joined into one video."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path

from bot.media.child import run_limited
from bot.media.jobs import cut_part, join_parts, plan_cuts
from bot.render.inputs import load_objects
from bot.render.resources import Resources
from storage.objects import Object
from storage.renders import Render
from storage.voice_parts import voice_of, write_parts

JOIN_SECONDS = 300.0
"""How long it may take to join the videos of parts, which encodes them anew."""


async def split_voice(resources: Resources, render: Render, voice: Object) -> None:
    """Cut the voice of a render into parts where the engine does not take it whole."""
    limit, shas = resources.engine_of(render).voice_seconds, [voice.sha]
    if (voice.seconds or 0.0) >= limit:
        async with resources.objects.reading(voice) as path:
            edges = (await run_limited(plan_cuts(path, limit=limit))).edges
            shas = [await _cut(resources, path, begin, end) for begin, end in pairwise(edges)]
    if len(shas) != render.parts:
        await write_parts(resources.database, render, shas)


async def _cut(resources: Resources, path: Path, begin: int, end: int) -> str:
    with resources.objects.scratch() as folder:
        fit = await run_limited(cut_part(path, folder / "part", begin=begin, end=end))
        part = await resources.objects.add(folder / "part", extension=fit.extension, kind="voice", seconds=fit.seconds)
    return part.sha


async def join_videos(resources: Resources, render: Render, videos: Sequence[Path], target: Path) -> None:
    """Write the videos of a render's parts as the one that was asked for.

    Raises:
        MediaError: one of them is no video.
        End: the voice was deleted by now.
    """
    shas = [await voice_of(resources.database, render, number) for number in range(1, len(videos) + 1)]
    *voices, whole = await load_objects(resources, *shas, render.voice_sha)
    seconds = [voice.seconds or 0.0 for voice in voices]
    async with resources.objects.reading(whole) as path:
        await run_limited(join_parts(videos, path, target, seconds=seconds), seconds=JOIN_SECONDS)
