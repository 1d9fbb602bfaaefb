"""The disk is lost, and yesterday's bot comes back: nothing is paid or sent twice unasked, and nobody is left out."""

import asyncio
import json
import shutil
import sqlite3
import sys
from collections import Counter
from contextlib import closing
from pathlib import Path

from bot.sandbox.telegram import Message, Person
from handlers import texts
from handlers.texts.restored import LOST, RESTORED
from storage.backup import unpack, write_backup
from storage.database import open_database
from storage.inbox import write_updates
from tests.faults.client import brief_voice, tiny_portrait
from tests.stories.conftest import PORTRAIT, VOICE, BotProcess, World

PEOPLE = 20


async def emobot(world: World, *arguments: str) -> None:
    """Run another command of the same bot."""
    command = (sys.executable, "-m", "bot", *arguments)
    process = await asyncio.create_subprocess_exec(*command, env=world.environment(), cwd=Path(__file__).parents[2])
    assert await process.wait() == 0


def question(world: World, person: Person) -> Message | None:
    """What the restored bot asks somebody, if it does."""
    asked = [text() for text in RESTORED.values()]
    said = [message for message in world.telegram.chat_history(person) if message.sender.is_bot and message.inline]
    return next((message for message in said if any(text in message.text for text in asked)), None)


async def until(true, seconds: float = 120) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.05)


async def test_a_backup_in_the_middle_of_twenty_renders_brings_each_video_or_a_question(
    world: World, process: BotProcess, tmp_path: Path
) -> None:
    people = [world.person(f"Person {number}") for number in range(PEOPLE)]

    def served() -> int:
        return sum(world.videos(person) > 0 for person in people)

    held = True
    world.emo.faults.watch(
        "submit", "after", lambda _: world.emo.hold() if held and len(world.emo.tasks) > 11 else None
    )
    await process.start(MAX_IN_FLIGHT="6")
    for number, person in enumerate(people):
        person.sends_photo(tiny_portrait(number))
        person.sends_voice(brief_voice(number))
    async with asyncio.timeout(120):
        while len(await world.renders()) < PEOPLE:  # what is still being collected is told otherwise: another story
            await asyncio.sleep(0.1)
    await until(lambda: served() >= 5 and len(world.emo.tasks) > 11)
    await emobot(world, "backup", str(tmp_path / "backup"))
    at_backup = served()
    held = False
    world.emo.release()
    await until(lambda: served() >= 14)
    process.kill()
    await process.stopped()
    shutil.rmtree(world.data_dir)
    before = {person: world.videos(person) for person in people}
    ordered = set(world.emo.tasks)
    await emobot(world, "restore", str(tmp_path / "backup"))
    await process.start(MAX_IN_FLIGHT="6")
    await until(lambda: all(world.videos(person) or question(world, person) for person in people))
    # Only a render that the service was still at has gone on by itself, and nothing was ordered.
    assert set(world.emo.tasks) == ordered
    assert at_backup < PEOPLE, "the backup was to be made in the middle"
    assert all(world.videos(person) == 1 for person in people if before[person]), "no video is sent again unasked"
    for person in (person for person in people if not world.videos(person)):
        asked = question(world, person)
        assert asked is not None
        labels = [button["text"] for row in (asked.inline or {})["inline_keyboard"] for button in row]
        person.presses(asked, labels[0])
    await until(lambda: served() == PEOPLE)
    paid = Counter(entry.task_id for entry in world.emo.bill if entry.model == "emo-v1")
    assert max(paid.values()) == 1
    assert await process.stop() == 0, process.log
    world.ledger_is_whole = False  # it has lost what was paid after the backup


def back_up(world: World, backup: Path) -> None:
    write_backup(backup, world.data_dir, world.data_dir / "emobot.db")


def lose_and_restore(world: World, backup: Path) -> None:
    shutil.rmtree(world.data_dir)
    world.data_dir.mkdir()
    unpack(backup, world.data_dir)
    world.ledger_is_whole = False


async def test_a_task_that_is_still_at_work_is_seen_to_its_end_without_a_question(
    world: World, alice: Person, tmp_path: Path
) -> None:
    world.emo.hold()
    async with world.bot():
        alice.sends_photo(PORTRAIT)
        alice.sends_voice(VOICE)
        await alice.sees("Waiting for the service")
        back_up(world, tmp_path / "backup")
    lose_and_restore(world, tmp_path / "backup")
    async with world.bot():
        world.emo.release()
        await alice.sees_video()
    assert question(world, alice) is None
    assert len(world.emo.tasks) == 1


async def test_a_video_that_was_ready_since_is_fetched_and_sent_only_after_a_yes(
    world: World, alice: Person, tmp_path: Path
) -> None:
    world.emo.hold()
    async with world.bot():
        alice.sends_photo(PORTRAIT)
        alice.sends_voice(VOICE)
        await alice.sees("Waiting for the service")
        back_up(world, tmp_path / "backup")
        world.emo.release()
        await alice.sees_video()
    lose_and_restore(world, tmp_path / "backup")
    async with world.bot():
        asked = await alice.sees(RESTORED["restored_made"]())
        assert world.videos(alice) == 1
        alice.presses(asked, texts.BUTTON_SEND_AGAIN())
        await until(lambda: world.videos(alice) == 2)
    assert len(world.emo.tasks) == 1


async def test_what_only_waited_is_made_again_only_after_a_yes_and_the_operator_hears_of_the_other_task(
    world: World, alice: Person, tmp_path: Path
) -> None:
    world.emo.hold()
    async with world.bot(max_in_flight=1):
        for person in (world.person("Bob"), alice):
            person.sends_photo(PORTRAIT)
            person.sends_voice(VOICE)
            await person.sees("Waiting for the service" if person is not alice else "In the queue")
        back_up(world, tmp_path / "backup")
        world.emo.release()
        await alice.sees_video()
    strange = list(world.emo.tasks)[-1]
    lose_and_restore(world, tmp_path / "backup")
    async with world.bot():
        asked = await alice.sees(RESTORED["restored"]())
        await until(lambda: not (world.data_dir / "restored.unasked").exists())
        assert len(world.emo.tasks) == 2
        alice.presses(asked, texts.BUTTON_TRY_AGAIN())
        await until(lambda: world.videos(alice) == 2)
    assert len(world.emo.tasks) == 3
    with closing(sqlite3.connect(world.data_dir / "emobot.db")) as database:
        assert database.execute("SELECT task_id FROM strange_tasks").fetchall() == [(strange,)]


async def test_an_update_in_hand_at_the_backup_is_not_handled_again_but_spoken_of(
    world: World, alice: Person, tmp_path: Path
) -> None:
    alice.sends("/help")
    database = open_database(world.settings().database_url)
    await write_updates(database, world.telegram.updates())
    await database.dispose()
    back_up(world, tmp_path / "backup")
    lose_and_restore(world, tmp_path / "backup")
    async with world.bot():
        await alice.sees(LOST())
        alice.sends("/status")
        await alice.sees("Nothing is in the works")
    said = [message.text for message in world.telegram.chat_history(alice) if message.sender.is_bot]
    assert not [text for text in said if "that's all" in text]
    assert json.dumps(said).count(LOST()[:20]) == 1
