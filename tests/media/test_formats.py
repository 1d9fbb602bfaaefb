"""Formats of a video, decoded whole; and what says that it is made by AI."""

from pathlib import Path

import av
import numpy as np
import pytest

from bot.media import jobs
from bot.media.child import run_limited
from bot.media.errors import MediaError, Reason
from bot.media.formats import STICKER_BYTES, loudest_part
from bot.sandbox.film import Film
from tests.media.samples import recorded, speech
from tests.still_renderer import render_still
from tests.stories.conftest import PORTRAIT

PLAIN = jobs.Mark()


@pytest.fixture(scope="module", params=[(512, 512), (512, 704)], ids=["square", "tall"])
def video(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("video")
    voice = recorded(speech(5.0), folder / "voice.ogg")
    target = folder / "video.mp4"
    render_still(PORTRAIT, voice, Film((0, 0, 512, 512), request.param), target)
    return target


def pictures(path: Path) -> list[np.ndarray]:
    with av.open(str(path), "r") as container:
        return [frame.to_ndarray(format="rgb24") for frame in container.decode(video=0)]


async def test_a_sticker_is_small_short_and_silent(video: Path, tmp_path: Path) -> None:
    sticker = await run_limited(jobs.make_sticker(video, tmp_path / "sticker", PLAIN), seconds=120)
    assert sticker.width == sticker.height == 512
    assert 1 < sticker.seconds <= 3.0
    assert sticker.size <= STICKER_BYTES == 256_000
    assert len(pictures(tmp_path / "sticker")) > 30


async def test_a_sticker_is_round_with_a_soft_edge(video: Path, tmp_path: Path) -> None:
    await run_limited(jobs.make_sticker(video, tmp_path / "sticker", jobs.Mark("en")), seconds=120)
    # Only this decoder reads the edge; the usual one shows a square.
    decoder = av.CodecContext.create("libvpx-vp9", "r")
    with av.open(str(tmp_path / "sticker"), "r") as container:
        frames = [frame for packet in container.demux(video=0) for frame in decoder.decode(packet)]
    for frame in (frames[0], frames[-1]):
        seen = frame.to_ndarray(format="rgba")[..., 3].astype(int)
        assert seen[[0, 0, -1, -1], [0, -1, 0, -1]].max() == 0
        assert seen[256, 20:492].min() > 250
        assert 0 < seen[256, 3] < seen[256, 6] < seen[256, 9] < 255


async def test_a_note_is_a_square_and_a_loop_has_no_sound(video: Path, tmp_path: Path) -> None:
    note = await run_limited(jobs.make_note(video, tmp_path / "note", PLAIN), seconds=120)
    assert note.width == note.height == 384
    loop = await run_limited(jobs.make_loop(video, tmp_path / "loop", PLAIN), seconds=120)
    assert (loop.width, loop.height) == pictures(video)[0].shape[1::-1]
    with av.open(str(tmp_path / "loop"), "r") as container:
        assert len(container.streams.audio) == 0


def test_the_most_spoken_part_is_found(tmp_path: Path) -> None:
    quiet = np.concatenate([np.zeros(48_000 * 4, np.float32), speech(3.0), np.zeros(48_000 * 3, np.float32)])
    voice = recorded(quiet, tmp_path / "voice.ogg")
    target = tmp_path / "video.mp4"
    render_still(PORTRAIT, voice, Film((0, 0, 512, 512), (512, 512)), target)
    assert 3.5 < loudest_part(target, 2.9) < 4.8


async def test_what_is_no_video_is_said(tmp_path: Path) -> None:
    (tmp_path / "no.mp4").write_bytes(b"no video at all")
    for maker in (jobs.make_note, jobs.make_loop, jobs.make_sticker):
        with pytest.raises(MediaError) as caught:
            await run_limited(maker(tmp_path / "no.mp4", tmp_path / "target", PLAIN))
        assert caught.value.reason is Reason.NOT_A_VIDEO
