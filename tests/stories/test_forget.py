"""What is kept of people: seen again free, explained, and forgotten so that no byte is left."""

import asyncio
import re
import struct
from pathlib import Path

import pytest

from bot.sandbox.telegram import Person
from bot.sandbox.telegram.group import Group
from storage.tables import BY_ITSELF, CHAT, FILE, OWNER, PERSON, columns_naming, metadata
from tests.stories.conftest import PORTRAIT, VOICE, World, brief_voice


async def has_a_video(person: Person, name: str = "Ann") -> None:
    person.sends_photo(PORTRAIT)
    await person.sees("Good photo")
    person.sends(f"/save {name}")
    await person.sees("is saved, for everybody")
    person.sends_voice(brief_voice())
    await person.sees_video()


def traces(folder: Path, *numbers: int, words: tuple[str, ...] = ()) -> list[str]:
    """Where the raw bytes of a bot's folder mention a number or a word."""
    found = []
    for path in sorted(each for each in folder.rglob("*") if each.is_file()):
        data = path.read_bytes()
        for number in numbers:
            width = 4 if abs(number) < 2**31 else 8
            packed = struct.pack(">q", number)[2 if 2**31 <= abs(number) < 2**47 else 8 - width :]
            found += [f"{path.name}: {number}" for form in (str(number).encode(), packed) if form in data]
        found += [f"{path.name}: {word}" for word in words if word.encode() in data]
    return found


async def test_nothing_of_a_forgotten_person_is_left_in_any_file_and_others_keep_theirs(world: World) -> None:
    alice, bob = world.person("Alice"), world.person("Bob")
    async with world.bot():
        await has_a_video(alice, "Quetzalcoatl")
        alice.sends("/settings")
        await alice.presses(await alice.sees("How videos are made"), "Lively")
        bob.sends_document(PORTRAIT, mime="image/jpeg")
        await bob.sees("Good photo")
        bob.sends_voice(VOICE)
        await bob.sees_video()
        files = {path.name for path in world.objects()}
        assert traces(world.data_dir, alice.user.id, words=("Quetzalcoatl",))
        alice.sends("/forget")
        question = await alice.sees("Nothing can bring it back")
        press = await alice.presses(question, "Forget me")
        assert press.text == "Done: 3 files and everything I kept about them are deleted for good."
        await alice.sees("Done: 3 files")
        alice.sends("/history")
        await alice.sees("no videos of yours")
        await world.render_that(lambda render: render.ended)
        bob.sends("/history")
        assert "1" in (await bob.sees("Your last videos")).buttons
    left = {path.name for path in world.objects()}
    assert left < files
    assert traces(world.data_dir, bob.user.id)
    # What Alice wrote after that is not kept either, once it is handled.
    assert traces(world.data_dir, alice.user.id, words=("Quetzalcoatl",)) == []


async def test_what_is_in_the_works_stops_and_is_paid_for_nobody(world: World) -> None:
    alice = world.person("Alice")
    async with world.bot():
        world.emo.hold()
        alice.sends_photo(PORTRAIT)
        alice.sends_voice(brief_voice())
        card = await alice.sees("Waiting for the service|Handing it over|You're next")
        await world.task_that(lambda task: task.task_id is not None)
        alice.sends("/forget")
        await alice.presses(await alice.sees("Nothing can bring it back"), "Forget me")
        world.emo.release()
        for _ in range(200):
            if not await world.renders():
                break
            await asyncio.sleep(0.05)
        assert await world.renders() == []
        await alice.sees_gone(card)
        assert world.videos(alice) == 0
        (task,) = world.emo.tasks.values()
        assert task.state in ("CANCELED", "FAILED")  # taken back, or its links were dead: nothing is paid
        assert world.objects() == []
    assert traces(world.data_dir, alice.user.id) == []


async def test_an_admin_lets_a_whole_group_be_forgotten_and_a_member_only_themselves(world: World) -> None:
    alice, bob = world.person("Alice"), world.person("Bob")
    group: Group = world.telegram.group("Friends", [alice, bob], topics=("Fun",))
    group.takes(alice, administrator=True)
    async with world.bot():
        for person in (alice, bob):
            person.sends(
                f"/save {person.user.first_name}", chat=group, reply_to=person.sends_photo(PORTRAIT, chat=group)
            )
            await person.sees("is saved, for everybody", chat=group)
        await has_a_video(bob)
        bob.sends("/forget", chat=group)
        question = await bob.sees("Nothing can bring it back", chat=group)
        assert "Forget this group" not in question.buttons
        assert (await alice.presses(question, "Forget me")).text == "Only the person who wrote /forget can press that."
        assert (await bob.presses(question, "Keep everything")).text == "Nothing was deleted."
        alice.sends("/forget", chat=group)
        question = await alice.sees("all its members", chat=group)
        await alice.presses(question, "Forget this group")
        await alice.sees("Done", chat=group)
        bob.sends("/cast", chat=group)
        await bob.sees("No face is saved", chat=group)
        bob.sends("/history")
        await bob.sees("Your last videos")
        group_id = group.chat.id
    assert traces(world.data_dir, group_id, words=("Friends",)) == []
    assert traces(world.data_dir, bob.user.id)


async def test_a_video_can_be_had_again_for_nothing(bot: None, world: World, alice: Person) -> None:
    await has_a_video(alice)
    await world.render_that(lambda render: render.ended)
    alice.sends("/history")
    listed = await alice.sees(r"Your last videos here.*1\. .*0:0[12]")
    await alice.presses(listed, "1")
    await alice.sees_video()
    assert len(world.emo.tasks) == 1


async def test_privacy_says_what_is_kept_and_for_how_long(world: World, alice: Person) -> None:
    async with world.bot(keep_days=3, operator_contact="@owner"):
        alice.sends("/privacy")
        await alice.sees("for 3 days.*used them for 365 days.*gateway 127.0.0.1.*3 days.*@owner.*/forget")


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_every_table_is_known_to_forgetting(table) -> None:
    ids = {column for column in table.c if column.name.endswith("_id") and "INT" in str(column.type).upper()}
    ids = {column for column in ids if not re.search("update|thread|message|notice", column.name)}
    named = set(columns_naming(CHAT, PERSON, OWNER, table=table))
    assert ids == named, "a column that names a chat or a person says so in its info"
    assert named or table.info == BY_ITSELF, f"how is {table.name} forgotten?"


@pytest.mark.parametrize("table", metadata.sorted_tables, ids=lambda table: table.name)
def test_every_file_of_a_table_is_known_to_forgetting(table) -> None:
    files = {column for column in table.c if column.name.endswith("_sha")}
    assert files == set(columns_naming(FILE, table=table)), "a column that keeps a file says so in its info"
