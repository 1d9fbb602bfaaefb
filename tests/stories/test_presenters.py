"""Presenters: the operator's pictures, opened by a link, for everybody; the same words of theirs cost nothing twice."""

import io
from collections import Counter
from pathlib import Path

import pytest
from PIL import Image

from bot.sandbox.telegram import Person
from tests.stories.conftest import PORTRAIT, World, brief_voice


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """Anna Lee and a presenter whose name no link can carry; beside them what cannot be one."""
    folder = tmp_path / "presenters"
    folder.mkdir()
    (folder / "Anna_Lee.jpg").write_bytes(PORTRAIT.read_bytes())
    (folder / "Дарья.jpg").write_bytes(PORTRAIT.read_bytes())
    (folder / "Broken.png").write_bytes(b"no picture")
    (folder / ".hidden.jpg").write_bytes(PORTRAIT.read_bytes())
    return folder


async def test_a_link_opens_with_a_presenter_and_the_same_words_are_free_for_everybody(
    world: World, alice: Person, folder: Path, asked: Counter[str]
) -> None:
    bob = world.person("Bob")
    async with world.bot(presenters_dir=folder):
        alice.starts("as-Anna_Lee")
        await alice.sees("Anna Lee is ready. Now send a voice message")
        alice.sends_voice(brief_voice())
        await alice.sees_video()
        again = alice.sends_voice(brief_voice())
        video = await alice.sees_video()
        assert video.reply_to is not None
        assert video.reply_to.id == again.id
        bob.starts("as-anna_lee")
        await bob.sees("Anna Lee is ready")
        bob.sends_voice(brief_voice())
        await bob.sees_video()
    assert asked["submit"] == 1
    assert asked["detect"] == world.detects_paid() == 1


async def test_a_presenter_is_shown_with_a_link_and_goes_with_its_file(
    world: World, alice: Person, folder: Path
) -> None:
    async with world.bot(presenters_dir=folder):
        alice.starts()
        await alice.sees("Hello")
        alice.sends("/cast")
        heading = await alice.sees("Presenters, for everybody: 1 Anna Lee and 2 Дарья")
        assert heading.media == "photo"
        links = [line.partition(": ")[2] for line in heading.text.splitlines() if "https://t.me/" in line]
        assert links[0].endswith("?start=as-Anna_Lee")
        alice.starts(links[1].partition("?start=")[2])
        await alice.sees("Дарья is ready")
        alice.sends("/remove Дарья")
        await alice.sees("is a presenter for everybody")
    (folder / "Дарья.jpg").unlink()
    async with world.bot(presenters_dir=folder):
        alice.starts(links[1].partition("?start=")[2])
        await alice.sees("isn't here any more.*Hello")
        alice.sends("/as anna lee")
        await alice.sees("Anna Lee is ready")


async def test_of_many_presenters_the_words_come_behind_the_picture(world: World, alice: Person, folder: Path) -> None:
    for number in range(12):
        (folder / f"Another_presenter_{number}.jpg").write_bytes(PORTRAIT.read_bytes())
    async with world.bot(presenters_dir=folder):
        alice.sends("/cast")
        sheet = await alice.sees(lambda message: message.media == "photo")
        assert (sheet.text, sheet.buttons) == ("", [])
        words = await alice.sees("Presenters, for everybody: 1 Anna Lee, 2 Another presenter 0")
        assert len(words.text) > 1024
        await alice.presses(words, "1 Anna Lee")
        await alice.sees("Anna Lee is ready")


async def test_a_picture_that_shows_no_face_is_told_before_a_voice_is_recorded(
    world: World, alice: Person, folder: Path
) -> None:
    blank = io.BytesIO()
    Image.new("RGB", (640, 640), "grey").save(blank, "PNG")
    (folder / "Nobody.png").write_bytes(blank.getvalue())
    async with world.bot(presenters_dir=folder):
        alice.starts("as-Nobody")
        await alice.sees("no face in that photo")
        assert (await world.draft(alice)).portrait_sha is None


async def test_a_name_of_ones_own_goes_before_a_presenters(world: World, alice: Person, folder: Path) -> None:
    wide = io.BytesIO()
    Image.open(PORTRAIT).resize((700, 600)).save(wide, "JPEG")
    async with world.bot(presenters_dir=folder):
        alice.sends_photo(wide.getvalue())
        await alice.sees("Good photo")
        own = (await world.draft(alice)).portrait_sha
        alice.sends("/save anna lee")
        await alice.sees("anna lee is saved")
        alice.sends("/new")
        await alice.sees("Fresh start")
        alice.starts("as-Anna_Lee")
        await alice.sees("anna lee is ready")
        assert (await world.draft(alice)).portrait_sha == own
