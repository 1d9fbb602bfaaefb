"""Photos that make no portrait: the person is told what is wrong and what to do, and nothing else is lost."""

import re
import resource
import struct
import zlib
from collections import Counter

import pytest

from bot.sandbox.faults import Fault
from bot.sandbox.telegram import Person
from handlers import texts
from handlers.texts import endings
from tests.media.samples import noise, packed
from tests.still_renderer import still_engine
from tests.stories.coded_faces import FAULTS, detect_coded, faces, photo_with
from tests.stories.conftest import PORTRAIT, World, brief_voice

pytestmark = pytest.mark.usefixtures("coded")


@pytest.fixture
def coded(monkeypatch: pytest.MonkeyPatch) -> None:
    """The service finds every fault that it knows."""
    monkeypatch.setattr(still_engine(), "detect", detect_coded)


def whole(text: str) -> str:
    return f"^{re.escape(text)}"


def vast_png(side: int) -> bytes:
    """A whole and valid PNG of so many white pixels square, in few bytes."""

    def chunk(name: bytes, body: bytes) -> bytes:
        return struct.pack(">I", len(body)) + name + body + struct.pack(">I", zlib.crc32(name + body))

    packer, row = zlib.compressobj(1), b"\0" + b"\xff" * -(-side // 8)
    pixels = b"".join(packer.compress(row) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 1, 0, 0, 0, 0)
    return b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", pixels) + chunk(b"IEND", b"")


async def test_each_fault_of_a_face_is_said_in_plain_words_and_the_voice_stays(
    bot: None, world: World, alice: Person, asked: Counter[str]
) -> None:
    alice.sends_voice(brief_voice())
    await alice.sees("Got your voice")
    said = set()
    for fault in FAULTS:
        photo = alice.sends_photo(photo_with(fault))
        answer = await alice.sees(texts.VOICE_STAYS())
        assert answer.reply_to is not None
        assert answer.reply_to.id == photo.id
        assert answer.text.startswith(endings.REFUSED.get(fault, endings.PHOTO_REFUSED)()), fault
        said.add(answer.text)
    assert len(said) == len(FAULTS)
    draft = await world.draft(alice)
    assert (draft.portrait_sha, bool(draft.voice_sha)) == (None, True)
    assert asked == {"detect": len(FAULTS)}
    assert await world.renders() == []

    alice.sends_photo(PORTRAIT)
    await alice.sees_video()
    assert len(world.emo.tasks) == 1


async def test_a_refused_photo_sent_again_is_not_paid_again(bot: None, world: World, alice: Person) -> None:
    for _ in range(2):
        alice.sends_document(photo_with("InvalidFile.NoHuman"), "me.jpg", "image/jpeg")
        await alice.sees("I see no face")
    assert world.detects_paid() == 1


async def test_a_photo_that_nobody_could_look_at_in_time_is_refused_later_and_the_voice_stays(
    bot: None, world: World, alice: Person, asked: Counter[str]
) -> None:
    outage = world.emo.faults.add(Fault("detect", times=-1, status=503))
    alice.sends_photo(photo_with("InvalidFile.FacePose"))
    await alice.sees("check it later")
    alice.sends_voice(brief_voice())
    await alice.sees("it just takes longer")
    world.emo.faults.planned.remove(outage)
    end = await alice.sees(f"straight at the camera.*{texts.VOICE_STAYS()}")
    assert end.buttons == []
    assert asked["submit"] == 0
    alice.sends_photo(PORTRAIT)
    await alice.sees_video()


async def test_an_earlier_photo_stays_when_a_later_one_is_refused(bot: None, alice: Person) -> None:
    alice.sends_photo(PORTRAIT)
    await alice.sees("Now send a voice message")
    alice.sends_photo(photo_with("InvalidFile.MultiHuman"))
    await alice.sees(f"more than one face.*{texts.PHOTO_EARLIER_STAYS()}")
    alice.sends_voice(brief_voice())
    await alice.sees_video()


async def test_a_photo_that_is_refused_for_a_tall_video_stays_for_a_square_one(
    bot: None, world: World, alice: Person, asked: Counter[str]
) -> None:
    alice.sends_photo(PORTRAIT)
    alice.sends_voice(brief_voice())
    video = await alice.sees_video()
    await alice.presses(video, "Again")
    choices = await alice.sees(lambda message: "Tall" in message.buttons)
    await alice.presses(choices, "Tall")
    choices = await alice.sees(lambda message: "✓ Tall" in message.buttons)
    await alice.presses(choices, "Make it")
    await alice.sees(whole(endings.REFUSED["InvalidFile.FullBody"]()))
    assert asked["submit"] == 1
    draft = await world.draft(alice)
    assert draft.portrait_sha
    assert draft.voice_sha is None
    alice.sends_voice(brief_voice())
    await alice.sees_video()


async def test_files_that_are_no_pictures_are_refused_at_once_and_nobody_is_asked(
    bot: None, world: World, alice: Person, asked: Counter[str]
) -> None:
    alice.sends_voice(brief_voice())
    await alice.sees("Got your voice")
    jpeg = faces(900, 900)
    bad = {
        "“me.jpg”: I can't open that": (b"Dear Alice,\nthis is a letter.\n" * 50, "me.jpg", "image/jpeg"),
        "arrived damaged": (jpeg[: len(jpeg) // 2], "half.jpg", "image/jpeg"),
        "more pixels than I can open": (vast_png(20_000), "vast.png", "image/png"),
        "only 20 × 20 pixels": (faces(20, 20, "PNG"), "icon.png", "image/png"),
        "too long and narrow": (faces(40, 3000, "PNG"), "ribbon.png", "image/png"),
        "“empty.png”: I can't open that file as a picture": (b"", "empty.png", "image/png"),
    }
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    for words, (data, name, mime) in bad.items():
        alice.sends_document(data, name, mime)
        await alice.sees(f"{words}.*{texts.VOICE_STAYS()}")
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < 64 * 1024, "a bad picture was opened in here"
    assert asked == {}
    assert [path.suffix for path in world.objects()] == [".wav"]
    alice.sends_photo(PORTRAIT)
    await alice.sees_video()


async def test_a_file_of_25_mb_is_not_even_fetched(bot: None, world: World, alice: Person, asked: Counter[str]) -> None:
    alice.sends_document(bytes(25_000_000), "huge.png", "image/png")
    await alice.sees(whole(texts.FILE_NAMED(name="huge.png", why=texts.FILE_TOO_BIG())))
    assert world.telegram.calls("getFile") == []
    assert asked == {}


async def test_a_picture_of_noise_that_is_just_small_enough_for_telegram_is_used(
    bot: None, world: World, alice: Person
) -> None:
    data = packed(noise(2500, 2300), "PNG", compress_level=0)
    assert 17_000_000 < len(data) < 20_000_000
    alice.sends_document(data, "noise.png", "image/png")
    await alice.sees("Good photo")
    [portrait] = world.objects()
    assert portrait.stat().st_size <= 10 * 1024 * 1024


async def test_a_heic_document_of_a_telephone_works(bot: None, alice: Person) -> None:
    alice.sends_document(faces(800, 900, "HEIF"), "IMG_0001.HEIC", "image/heic")
    await alice.sees("Good photo")
    alice.sends_voice(brief_voice())
    await alice.sees_video()


async def test_a_small_photo_is_enlarged_and_that_is_said(bot: None, world: World, alice: Person) -> None:
    alice.sends_photo(faces(200, 220))
    await alice.sees(f"Good photo.*{re.escape(texts.PHOTO_ENLARGED())}")
    alice.sends_voice(brief_voice())
    video = await alice.sees_video()
    assert video.video is not None
    assert (video.video["width"], video.video["height"]) == (512, 512)


async def test_of_an_album_without_a_face_one_answer_comes(bot: None, world: World, alice: Person) -> None:
    alice.starts()
    await alice.sees("Hello")
    alice.sends_album([photo_with(fault) for fault in FAULTS[:3]])
    await alice.sees("I see no face")
    alice.sends("/status")
    await alice.sees("Nothing is in the works")
    answers = [message for message in world.telegram.chat_history(alice) if message.sender.is_bot]
    assert len(answers) == 4  # the welcome, what becomes of files, the answer, the status


async def test_of_an_album_the_first_face_is_taken_and_the_answer_corrected(
    bot: None, world: World, alice: Person, asked: Counter[str]
) -> None:
    alice.sends_album([photo_with("InvalidFile.NoHuman"), PORTRAIT, faces()])
    refused = await alice.sees("I see no face")
    corrected = await alice.sees("Good photo.*first photo of the album")
    assert corrected.id == refused.id
    alice.sends_voice(brief_voice())
    await alice.sees_video()
    assert asked["detect"] == 2
