"""/history: one picture of numbered faces, who said how long, when in plain words, and each again for free."""

import io

from PIL import Image

from bot.sandbox.telegram import Person
from tests.stories.conftest import PORTRAIT, World, brief_voice


async def test_the_last_videos_are_one_picture_with_names_formats_and_plain_times(
    bot: None, world: World, alice: Person
) -> None:
    alice.sends_photo(PORTRAIT)
    await alice.sees("Good photo")
    alice.sends("/save Anna")
    await alice.sees("Anna is saved")
    for extra in (b"", b"\0"):
        alice.sends_voice(brief_voice() + extra)
        await alice.sees_video()
    alice.sends("/history")
    shown = await alice.sees("Your last videos here")
    assert shown.media == "photo"
    with Image.open(io.BytesIO(shown.files[-1].path.read_bytes())) as sheet:
        assert sheet.width > 1.9 * sheet.height
    _, first, second = shown.text.splitlines()
    assert first.startswith("1. Anna · Square · Normal · 0:0")
    assert first.endswith(" ago")
    assert second.startswith("2. Anna · ")
    assert shown.buttons == ["1", "2"]
    paid = len(world.emo.bill)
    await alice.presses(shown, "2")
    await alice.sees_video()
    assert len(world.emo.bill) == paid


async def test_faces_that_are_gone_leave_the_words(bot: None, world: World, alice: Person) -> None:
    alice.speaks("es")
    alice.sends_photo(PORTRAIT)
    alice.sends_voice(brief_voice())
    await alice.sees_video()
    for path in world.objects():
        if path.suffix == ".jpg":
            path.unlink()
    alice.sends("/history")
    shown = await alice.sees("Tus últimos vídeos")
    assert shown.media is None
    assert "hace" in shown.text
