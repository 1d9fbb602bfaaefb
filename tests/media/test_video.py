"""Videos on their way to a chat."""

from pathlib import Path

import pytest
from PIL import Image

from bot.media import jobs
from bot.media.child import run_limited
from bot.media.errors import MediaError, Reason
from bot.media.finishing import finish_video
from bot.media.video import inspect_video, make_thumbnail
from bot.media.voice import fit_voice
from tests.media.samples import filmed, noise, recorded, saved, speech


def test_a_video_tells_what_it_is(tmp_path: Path) -> None:
    facts = inspect_video(filmed(tmp_path / "film", 2.0, (320, 240), speech(2.0)))
    assert (facts.width, facts.height, facts.has_sound) == (320, 240, True)
    assert facts.seconds == pytest.approx(2.0, abs=0.1)
    assert facts.size == (tmp_path / "film").stat().st_size
    assert not inspect_video(filmed(tmp_path / "mute")).has_sound


def test_what_is_no_video_is_said_to_be_none(tmp_path: Path) -> None:
    film = filmed(tmp_path / "film").read_bytes()
    (tmp_path / "half").write_bytes(film[: len(film) // 2])
    (tmp_path / "page").write_text("<Error><Code>AccessDenied</Code></Error>")
    (tmp_path / "empty").write_bytes(b"")
    recorded(speech(1), tmp_path / "sound", "aac", kind="mp4")
    recorded(speech(1), tmp_path / "voice.ogg")
    saved(noise(64, 64), tmp_path / "picture", "JPEG")
    for name in ("half", "page", "empty", "sound", "voice.ogg", "picture"):
        for ask in (inspect_video, lambda path: make_thumbnail(path, tmp_path / "thumbnail")):
            with pytest.raises(MediaError) as caught:
                ask(tmp_path / name)
            assert caught.value.reason is Reason.NOT_A_VIDEO, name


@pytest.mark.parametrize(
    ("size", "wanted"), [((512, 704), (233, 320)), ((640, 640), (320, 320)), ((160, 120), (160, 120))]
)
def test_a_thumbnail_is_small(tmp_path: Path, size: tuple[int, int], wanted: tuple[int, int]) -> None:
    make_thumbnail(filmed(tmp_path / "film", 1.0, size), tmp_path / "thumbnail")
    with Image.open(tmp_path / "thumbnail") as image:
        assert (image.format, image.size) == ("JPEG", wanted)
    assert (tmp_path / "thumbnail").stat().st_size < 200_000


async def test_a_large_video_is_shrunk_with_its_sound(tmp_path: Path) -> None:
    film = filmed(tmp_path / "film", 4.0, (512, 512), speech(4.0), bitrate=12_000_000)
    assert film.stat().st_size > 2_000_000
    facts = await run_limited(jobs.finish_video(film, tmp_path / "small", jobs.Mark("en"), 500_000))
    assert facts.size <= 500_000
    assert facts.has_sound
    assert facts.seconds == pytest.approx(4.0, abs=0.15)
    assert (facts.width, facts.height) == (512, 512)
    assert fit_voice(tmp_path / "small", tmp_path / "sound").seconds == pytest.approx(4.0, abs=0.1)


def test_what_cannot_be_made_that_small_is_said(tmp_path: Path) -> None:
    film = filmed(tmp_path / "film", 2.0, (320, 240), speech(2.0))
    with pytest.raises(MediaError) as caught:
        finish_video(film, tmp_path / "small", "en", False, max_bytes=20_000)
    assert caught.value.reason is Reason.VIDEO_TOO_LARGE
