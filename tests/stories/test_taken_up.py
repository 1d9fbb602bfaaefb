"""A bot of an earlier version was killed with work in every stage; today's bot takes its folder up.

`tests/recorded` has the folder as that version left it, and what stood around it. The clock is set back to that hour.
"""

import asyncio
import json
import shutil
import sqlite3
import tarfile
from contextlib import closing
from datetime import UTC, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import aiohttp
import pytest
import time_machine

from bot.sandbox.film import Film
from bot.sandbox.telegram import Person
from storage.renders import Stage
from tests import recorded
from tests.recorded.record import NAMES
from tests.still_renderer import render_still
from tests.stories.conftest import PORTRAIT, World, brief_voice

FOLDER = Path(recorded.__file__).parent
IN_FLIGHT = ("Dell", "Fern", "Rhea", "Walt", "Chad", "Suzy", "Quin")


@pytest.fixture(params=sorted(path.name for path in FOLDER.glob("*.tar.xz")))
def outside(request: pytest.FixtureRequest, world: World, tmp_path: Path) -> dict[str, Any]:
    """What stood around the bot; its folder is where today's bot will look."""
    with tarfile.open(FOLDER / request.param) as archive:
        archive.extraction_filter = getattr(tarfile, "data_filter", None)  # Debian 12's Python has none
        archive.extractall(tmp_path / "recorded")
    world.data_dir = tmp_path / "recorded" / "data"
    world.ledger_is_whole = False  # what the earlier service charged, this one does not know; the story adds it up
    return json.loads((tmp_path / "recorded" / "outside.json").read_text())  # type: ignore[no-any-return]


def rebuild_chats(world: World, outside: dict[str, Any]) -> dict[str, Person]:
    """Give everybody the chat that they had, message for message."""
    people = {name: world.person(name) for name in NAMES}
    telegram = world.telegram.world
    for said in outside["messages"]:
        chat = telegram.chats[said["chat"]]
        assert chat.person is not None
        chat.started = True
        sender = telegram.bot if said["from_bot"] else chat.person
        content = {"text": said["text"] or "a file"}
        telegram.post(chat, sender, content, number=said["id"], inline=said["inline"])
    newest = max(said["id"] for said in outside["messages"])
    while telegram.next_message_id(next(iter(telegram.chats.values()))) < newest:
        pass
    telegram.feed.waiting.clear()
    telegram.feed.next_id = outside["next_update"]
    return people


async def rebuild_tasks(world: World, outside: dict[str, Any], film: Path) -> dict[str, Any]:
    """Give the service the tasks that it had, all held but those that had ended; returns what a poll says of each."""
    world.emo.hold()
    base, answers = f"{world.emo.url}/api/v1", {}
    async with aiohttp.ClientSession(headers={"Authorization": "Bearer sandbox-key"}) as service:
        for known in outside["tasks"]:
            order = json.loads(json.dumps(known["order"]).replace(outside["links"], str(world.settings().public_url)))
            path = f"{base}/services/aigc/image2video/video-synthesis"
            async with service.post(path, json=order, headers={"X-DashScope-Async": "enable"}) as answer:
                task = world.emo.tasks.pop((await answer.json())["output"]["task_id"])
            task.task_id = known["id"]
            world.emo.tasks[task.task_id] = task
            if known["state"] == "SUCCEEDED":
                world.emo._board._lane(task).queue.remove(task)
                shutil.copy(film, world.emo._storage.video_path(task.task_id))
                task.state, task.scheduled_at, task.ended_at = "SUCCEEDED", task.submitted_at, task.submitted_at
                task.seconds = 1.5
            async with service.get(f"{base}/tasks/{task.task_id}") as answer:
                answers[task.task_id] = (await answer.json())["output"]
    return answers


def move_videos(world: World, answers: dict[str, Any]) -> None:
    """Let the recorded links of videos lead to the service of this test."""
    with closing(sqlite3.connect(world.data_dir / "emobot.db")) as database, database:
        for task_id, answer in answers.items():
            if "results" in answer:
                url = answer["results"]["video_url"]
                database.execute("UPDATE renders SET video_url = ? WHERE task_id = ?", (url, task_id))


async def test_what_an_earlier_version_was_killed_at_is_gone_on_with(
    world: World, outside: dict[str, Any], tmp_path: Path
) -> None:
    with time_machine.travel(datetime.fromtimestamp(outside["at"] + 5, UTC)):
        people = rebuild_chats(world, outside)
        film, voice = tmp_path / "film.mp4", tmp_path / "voice.ogg"
        voice.write_bytes(brief_voice())
        render_still(PORTRAIT, voice, Film((0, 0, 512, 512), (512, 512)), film)
        move_videos(world, await rebuild_tasks(world, outside, film))
        async with world.bot(max_in_flight=6):
            await people["Uma"].sees("that's all")
            await takes_up_renders(world, people)
            await takes_up_drafts(people)
            await takes_up_faces(world, people["Dora"])
    new = world.emo.tasks.keys() - {task["id"] for task in outside["tasks"]}
    assert len(new) == 5, "Chad's, Quin's, Dave's, Vera's and half a duet; what Ann says is a video that Dora had"
    assert all("never detected" in note for note in world.emo.notes), "which is so of tasks that are only rebuilt"
    world.emo.notes.clear()
    assert await world.spent() == sum((entry.amount for entry in world.emo.bill), start=Decimal(outside["bill"]))


async def takes_up_renders(world: World, people: dict[str, Person]) -> None:
    """Everybody whose video was in the works gets it, once; what an earlier task was paid for is not paid again."""
    world.emo.release()
    await asyncio.gather(*(people[name].sees_video() for name in IN_FLIGHT))
    async with asyncio.timeout(60):
        while not all(render.ended for render in await world.renders()):
            await asyncio.sleep(0.05)
    assert {render.stage for render in await world.renders()} == {Stage.DELIVERED}
    assert [world.videos(people[name]) for name in IN_FLIGHT] == [1] * len(IN_FLIGHT)
    async with asyncio.timeout(60):  # the cards go right after
        while any("Waiting" in message.text for name in IN_FLIGHT for message in people[name].chat.messages.values()):
            await asyncio.sleep(0.05)


async def takes_up_drafts(people: dict[str, Person]) -> None:
    """What was sent before needs only its other half."""
    people["Dave"].sends_voice(brief_voice())
    await people["Dave"].sees_video()
    people["Vera"].sends_photo(PORTRAIT)
    await people["Vera"].sees_video()


async def takes_up_faces(world: World, dora: Person) -> None:
    """The first half of a duet, the cast and the earlier videos are there."""
    asked = next(message for message in dora.chat.messages.values() if "what Bea says" in message.text)
    dora.sends_voice(brief_voice(), reply_to=asked)
    await dora.sees_video()
    dora.sends("/cast")
    await dora.sees("Ann.*Bea")
    dora.sends("/as Ann")
    await dora.sees("Ann is ready")
    dora.sends("/history")
    earlier = await dora.sees("Your last videos here")
    paid = len(world.emo.bill)
    await dora.presses(earlier, "1")
    await dora.sees_video()
    assert len(world.emo.bill) == paid, "an earlier video is had again for nothing"
