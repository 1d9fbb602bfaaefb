"""`python -m tests.recorded.record FILE.tar.xz`: the data folder of a bot that was killed with work in every stage.

Run it in a checkout of the version whose folder is to be kept. Beside the folder, `outside.json` says what was outside:
the time, the people and their messages, and the tasks at the service.
"""

import asyncio
import json
import shutil
import sys
import tarfile
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from aiohttp import web

from bot.sandbox.emo import EmoServer
from bot.sandbox.faults import Fault
from bot.sandbox.telegram import Person, TelegramServer
from storage.renders import Stage
from tests.ports import port_of_its_own
from tests.still_renderer import detect_centre, render_still
from tests.stories.coded_faces import faces
from tests.stories.conftest import PORTRAIT, RATES, BotProcess, World, brief_voice

NAMES = ("Dora", "Dave", "Vera", "Dell", "Fern", "Rhea", "Walt", "Chad", "Suzy", "Quin", "Uma")
"""Who is there: the number of a person's chat is their place here."""
MOST_IN_FLIGHT = 6
"""Of the renders of Dell, Fern, Rhea, Walt, Chad and Suzy; Quin has to queue."""
HOUR = 3600.0


async def asks(person: Person, answer: str = "Good photo", photo: Any = PORTRAIT) -> None:
    """Send a photo that is answered, and a voice."""
    person.sends_photo(photo)
    await person.sees(answer)
    person.sends_voice(brief_voice())


async def reached(world: World, person: Person, stage: Stage, also: Callable[[Any], bool] = lambda _: True) -> None:
    """Wait until the render of somebody is at a stage."""
    async with asyncio.timeout(60):
        while not any(
            render.user_id == person.user.id and render.stage is stage and also(render)
            for render in await world.renders()
        ):
            await asyncio.sleep(0.05)


async def play(world: World) -> None:
    """Bring everybody to where the kill is to find them."""
    dora, dave, vera, dell, fern, rhea, walt, chad, suzy, quin, uma = (world.person(name) for name in NAMES)
    telegram, emo = world.telegram.faults, world.emo.faults
    await play_dora(dora)
    dave.sends_photo(PORTRAIT)
    await dave.sees("Good photo")
    vera.sends_voice(brief_voice())
    await vera.sees("Now send a photo")

    telegram.add(Fault("sendVideo", delay=HOUR))
    await asks(dell)
    await reached(world, dell, Stage.DELIVERING)
    emo.add(Fault("video", delay=HOUR, times=-1))
    await asks(fern)
    await reached(world, fern, Stage.FETCHING)

    world.emo.hold()
    await asks(rhea)
    await reached(world, rhea, Stage.WAITING)
    task = list(world.emo.tasks.values())[-1]
    task.state, task.scheduled_at = "RUNNING", task.submitted_at
    await reached(world, rhea, Stage.WAITING, lambda render: render.task_started_at is not None)
    await asks(walt)
    await reached(world, walt, Stage.WAITING)

    taken = len(world.emo.tasks)
    emo.add(Fault("submit", drop="after"))
    await asks(suzy)
    await reached(world, suzy, Stage.SUBMITTING, lambda render: render.submit_intent_at is not None)
    async with asyncio.timeout(60):
        while len(world.emo.tasks) == taken:
            await asyncio.sleep(0.05)
    emo.add(Fault("detect", delay=HOUR, times=-1))
    await asks(chad, "check it later", faces())
    await reached(world, chad, Stage.CHECKING)
    await asks(quin)
    await reached(world, quin, Stage.QUEUED, lambda render: render.card_message_id is not None)

    asked = asyncio.Event()
    telegram.add(Fault("sendMessage", delay=HOUR))
    telegram.watch("sendMessage", "before", lambda _: asked.set())
    uma.sends("/help")
    await asyncio.wait_for(asked.wait(), 30)


async def play_dora(dora: Person) -> None:
    """A finished video, a cast of two, and the first half of a duet."""
    dora.starts()
    await dora.sees("Hello")
    await asks(dora)
    await dora.sees_video()
    for name in ("Ann", "Bea"):
        photo = dora.sends_photo(PORTRAIT)
        await dora.sees("Good photo")
        dora.sends(f"/save {name}", reply_to=photo)
        await dora.sees("is saved, for everybody")
    dora.sends("/duet Ann Bea")
    dora.sends_voice(brief_voice(), reply_to=await dora.sees("Send what Ann says"))
    await dora.sees("Now send what Bea says")


async def record(target: Path) -> None:
    """Play, kill the bot, and pack what is left."""
    folder = Path(tempfile.mkdtemp())
    emo = EmoServer(detect_centre, render_still, rates=RATES)
    orders: list[Any] = []

    async def note(request: web.Request) -> None:
        orders.append(await request.json())

    emo.faults.watch("submit", "before", note)
    async with TelegramServer() as telegram:
        await emo.start()
        world = World(telegram, emo, folder / "data", port_of_its_own())
        world.data_dir.mkdir()
        process = BotProcess(world)
        await process.start(EMO_MAX_IN_FLIGHT=str(MOST_IN_FLIGHT), LOG_LEVEL="DEBUG")
        try:
            await play(world)
        except BaseException:
            print(process.log[-5000:], file=sys.stderr)
            raise
        finally:
            process.kill()
            await process.stopped()
        (folder / "outside.json").write_text(json.dumps(outside(world, orders), indent=1))
        await emo.stop()
    with tarfile.open(target, "w:xz") as archive:
        for name in ("data", "outside.json"):
            archive.add(folder / name, name)
    shutil.rmtree(folder)


def outside(world: World, orders: list[Any]) -> dict[str, Any]:
    """What stood around the bot: enough to build it again."""
    return {
        "at": time.time(),
        "links": f"http://127.0.0.1:{world.port}",
        "next_update": world.telegram.world.feed.next_id,
        "messages": [
            {
                "chat": person.chat.id,
                "id": message.id,
                "from_bot": message.sender.is_bot,
                "text": message.text,
                "inline": message.inline,
            }
            for person in (world.person(name) for name in NAMES)
            for message in person.chat.messages.values()
        ],
        "tasks": [
            {"id": task.task_id, "state": task.state, "order": order}
            for task, order in zip(world.emo.tasks.values(), orders, strict=True)
        ],
        "bill": str(sum(entry.amount for entry in world.emo.bill)),
    }


if __name__ == "__main__":
    asyncio.run(record(Path(sys.argv[1]).absolute()))
