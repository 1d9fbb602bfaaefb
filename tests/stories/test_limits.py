"""Somebody who sends more than their share is told so kindly and seldom, and others are served meanwhile."""

import asyncio
import sqlite3
from contextlib import closing

import pytest
from aiohttp import web

from storage.book import Book
from storage.objects import Objects
from tests.faults.client import tiny_portrait
from tests.stories.conftest import PORTRAIT, World, brief_voice


async def test_a_person_with_many_videos_waiting_is_asked_to_wait_and_told_once(world: World) -> None:
    alice, bob = world.person("Alice"), world.person("Bob")
    async with world.bot(person_waiting=2):
        world.emo.hold()
        alice.sends_photo(PORTRAIT)
        await alice.sees("Good photo")
        for number in range(2):
            alice.sends_voice(brief_voice() if number else brief_voice() + b"\0")
            await alice.sees("You're next|In the queue|Waiting|Checking|Handing")
        downloads = len(world.objects())
        for _ in range(20):
            alice.sends_voice(brief_voice())
        await alice.sees("2 videos of yours are in the works already")
        alice.sends("/status")
        await alice.sees("In the works")
        told = [each for each in world.telegram.chat_history(alice) if "of yours are in the works" in each.text]
        assert len(told) == 1
        assert len(await world.renders()) == 2
        assert len(world.objects()) == downloads
        bob.sends_photo(PORTRAIT)
        await bob.sees("Good photo")
        world.emo.release()
        await alice.sees_video()
        await alice.sees_video()


async def test_a_chat_has_a_limit_of_its_own(world: World) -> None:
    alice, bob = world.person("Alice"), world.person("Bob")
    group = world.telegram.group("Friends", [alice, bob])
    async with world.bot(chat_waiting=1):
        world.emo.hold()
        alice.sends("/talk", chat=group, reply_to=alice.sends_photo(PORTRAIT, chat=group))
        question = await alice.sees("Now send a voice message", chat=group)
        alice.sends_voice(brief_voice(), chat=group, reply_to=question)
        await alice.sees("Waiting for the service", chat=group)
        bob.sends_photo(PORTRAIT, chat=group, reply_to=question)
        await bob.sees("1 video of this chat is in the works", chat=group)
        world.emo.release()
        await alice.sees_video(chat=group)


async def test_what_a_person_may_send_in_a_day_ends(world: World) -> None:
    alice = world.person("Alice")
    async with world.bot(person_daily_mb=1):
        answered = 0
        for number in range(12):
            alice.sends_document(PORTRAIT.read_bytes() + bytes(150_000 + number), "me.jpg", "image/jpeg")
            answer = await alice.sees("Good photo|as much as I can take from you in a day: 1 megabyte")
            answered += 1
            if "in a day" in answer.text:
                break
        assert 2 < answered < 12


async def test_a_day_counts_what_is_kept_of_a_voice_and_the_video_for_all(world: World) -> None:
    alice, bob = world.person("Alice"), world.person("Bob")
    async with world.bot(daily_mb=1):
        alice.sends_document(PORTRAIT.read_bytes(), "me.jpg", "image/jpeg")
        await alice.sees("Good photo")
        alice.sends_voice(brief_voice())
        await alice.sees_video()
        kept = {path.suffix: path.stat().st_size for path in world.objects()}
        with closing(sqlite3.connect(world.data_dir / "emobot.db")) as database:
            counted = dict(database.execute("SELECT kind, used FROM counts WHERE kind LIKE '%bytes'"))
        sent = PORTRAIT.stat().st_size + kept[".wav"]
        assert counted == {"bytes": sent, "chat_bytes": sent, "all_bytes": sent + kept[".mp4"]}
        bob.sends_document(PORTRAIT.read_bytes() + bytes(1_000_000), "me.jpg", "image/jpeg")
        await bob.sees("So many people have sent me files today")


async def test_where_the_disk_is_nearly_full_nothing_new_is_taken_and_the_videos_in_the_works_come(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = world.person("Alice"), world.person("Bob")
    async with world.bot():
        world.emo.hold()
        alice.sends_photo(PORTRAIT)
        await alice.sees("Good photo")
        alice.sends_voice(brief_voice())
        await alice.sees("Waiting for the service")
        monkeypatch.setattr(Objects, "free_bytes", lambda _: 499_999_999)
        bob.sends_photo(PORTRAIT)
        await bob.sees("I can't keep any more files until the operator makes room")
        world.emo.release()
        await alice.sees_video()


async def test_who_sends_hundreds_of_photos_keeps_nobody_waiting_and_costs_no_hundreds_of_looks(
    world: World, monkeypatch: pytest.MonkeyPatch
) -> None:
    alice, bob = world.person("Alice"), world.person("Bob")
    day = Book().day()
    monkeypatch.setattr(Book, "day", lambda *_: day)  # midnight would give her another share
    served, files = asyncio.Event(), 0

    async def keep_the_first_waiting(_: web.Request) -> None:
        nonlocal files
        files += 1
        if files == 1:
            await served.wait()

    world.telegram.faults.watch("getFile", "before", keep_the_first_waiting)
    for number in range(400):
        alice.sends_photo(tiny_portrait(number, side=90))
    bob.sends_photo(PORTRAIT)
    bob.sends_voice(brief_voice())
    async with world.bot(person_daily_files=5):
        await bob.sees_video()
        assert unhandled(world) > 300, "her flood is still going on: her first photo has not even come"
        served.set()
        await alice.sees("as much as I can take from you in a day: 5 photos and voice messages")
        async with asyncio.timeout(60):
            while unhandled(world):
                await asyncio.sleep(0.2)
        alice.sends_photo(PORTRAIT)
        alice.sends("/status")
        await alice.sees("Nothing is in the works")
    told = [each for each in world.telegram.chat_history(alice) if "as I can take" in each.text]
    assert len(told) == 1
    assert files == 5 + 2
    assert world.detects_paid() == 5 + 1


def unhandled(world: World) -> int:
    """How many updates the bot has not come to the end of."""
    with closing(sqlite3.connect(world.data_dir / "emobot.db")) as database:
        return int(database.execute("SELECT count(*) FROM inbox WHERE done_at IS NULL").fetchone()[0])
