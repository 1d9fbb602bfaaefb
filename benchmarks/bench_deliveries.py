"""Videos delivered a minute, the whole way through one bot, against what the machine's cores could transcode alone.

Many people send a photo as a phone makes it and a voice of 30 s, all at once. The EMO service has each video ready at
once; what transcoding alone takes is the bot's four functions (photo, voice, the note that it is made by AI, thumbnail)
on the same files, in as many processes as there are cores. The stand-ins take their share of the same cores; how much
is shown. Run: `python -m benchmarks.bench_deliveries`; it takes about a minute.
"""

import asyncio
import multiprocessing
import os
import sys
import tempfile
import time
from concurrent.futures import ProcessPoolExecutor
from functools import partial
from pathlib import Path
from unittest.mock import patch

from PIL import Image

from benchmarks.stand_ins import post, program, worlds
from benchmarks.table import Row, report
from bot.__main__ import main as emobot
from bot.media.formats import mark_video
from bot.media.portrait import fit_portrait
from bot.media.video import make_thumbnail
from bot.media.voice import fit_voice
from bot.sandbox.film import Film
from tests.media.samples import recorded, speech
from tests.still_renderer import render_still
from tests.stories.conftest import PORTRAIT, World

PEOPLE = 80
SECONDS = 30.0
PHOTO_SIDE = 1280
"""Telegram's largest photo."""
AT_ONCE = 32
GOAL = 0.7
LONGEST = 240.0
NO_PAUSE = 1 / 1000


def run_bot() -> int:
    """The bot, with nothing changed but that neither Telegram's nor EMO's limits of calls a second hold it up."""
    pauses = {f"bot.dashscope.client.{name}": NO_PAUSE for name in ("DETECT_PAUSE", "SUBMIT_PAUSE", "TASK_PAUSE")}
    with patch("handlers.transport.flood.PER_SECOND", 1_000_000):
        for name, pause in pauses.items():
            patch(name, pause).start()
        return emobot(["run"])


def transcode(photo: Path, voice: Path, video: Path, folder: Path) -> None:
    """What one video costs in decoders and encoders."""
    name = folder / f"{os.getpid()}"
    fit_portrait(photo, name.with_suffix(".portrait"))
    fit_voice(voice, name.with_suffix(".voice"))
    mark_video(video, name.with_suffix(".mp4"), in_picture=False)
    make_thumbnail(name.with_suffix(".mp4"), name.with_suffix(".jpg"))


def alone(photo: Path, voice: Path, folder: Path) -> float:
    """Videos a minute, when nothing but transcoding is done."""
    video, cores = folder / "video.mp4", os.cpu_count() or 1
    square = (0, 0, PHOTO_SIDE, PHOTO_SIDE)
    render_still(photo, voice, Film(square, (512, 512)), video)
    with ProcessPoolExecutor(cores, multiprocessing.get_context("forkserver")) as pool:
        work = partial(transcode, photo, voice, video, folder)
        for warm in [pool.submit(work) for _ in range(4 * cores)]:
            warm.result()
        began = time.monotonic()
        for done in [pool.submit(work) for _ in range(PEOPLE)]:
            done.result()
        return 60 * PEOPLE / (time.monotonic() - began)


async def whole_way(world: World, photo: Path, voice: Path) -> tuple[float, float]:
    """Videos a minute, and the share of one core that the stand-ins took."""
    telegram = world.telegram
    people = [telegram.person(f"Person {number}") for number in range(PEOPLE)]
    somebody = telegram.person("Somebody")
    sent = somebody.sends_photo(photo), somebody.sends_voice(voice)
    telegram.world.feed.waiting.clear()
    arrived, all_there = 0, asyncio.Event()

    async def hear() -> None:
        nonlocal arrived
        async for event in telegram.events():
            if event.kind == "new" and event.message and event.message.sender.is_bot and event.message.media == "video":
                arrived += 1
                if arrived == PEOPLE:
                    all_there.set()

    hearing = asyncio.create_task(hear())
    try:
        environment = {"LOG_LEVEL": "ERROR", "MAX_IN_FLIGHT": str(AT_ONCE)}
        async with program(world, "benchmarks.bench_deliveries", "bot", **environment):
            await asyncio.sleep(2)
            began, used = time.monotonic(), time.process_time()
            for person in people:
                for message in sent:
                    post(world, person, message)
            await asyncio.wait_for(all_there.wait(), LONGEST)
            took = time.monotonic() - began
            return 60 * PEOPLE / took, (time.process_time() - used) / took
    finally:
        hearing.cancel()


async def measure(photo: Path, voice: Path, folder: Path) -> tuple[float, float]:
    async with worlds(folder, running=2) as (world,):
        return await whole_way(world, photo, voice)


def main() -> int:
    """Measure both and print; 1 when the goal was missed."""
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        photo = folder / "photo.jpg"
        with Image.open(PORTRAIT) as portrait:
            portrait.resize((PHOTO_SIDE, PHOTO_SIDE)).save(photo, quality=87)
        voice = recorded(speech(SECONDS), folder / "voice.ogg")
        most = alone(photo, voice, folder)
        ours, share = asyncio.run(measure(photo, voice, folder))
    what = f"videos delivered a minute (the stand-ins took {share:.0%} of a core)"
    return report([Row(what, f"{ours:.0f}", f"transcoding alone: {most:.0f}", ours / most, GOAL, True)])


if __name__ == "__main__":
    sys.exit(run_bot() if len(sys.argv) > 1 else main())
