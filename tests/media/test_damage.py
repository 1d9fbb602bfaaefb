"""Files that were cut off or had bytes changed on their way: every one is either used or refused with a reason."""

import itertools
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from bot.media import jobs
from bot.media.child import run_limited
from bot.media.errors import MediaError
from bot.media.facts import VideoFacts
from bot.media.jobs import Job
from bot.media.kind import tell_kind
from bot.media.portrait import fit_portrait
from bot.media.preview import find_preview
from bot.media.video import inspect_video
from bot.media.voice import fit_voice
from tests.hostile.strangers import FIRST_BYTES
from tests.media.asked import asked
from tests.media.samples import filmed, noise, packed, picture, recorded, speech
from tests.media.test_portrait_corpus import raw_of_a_camera


def broken(data: bytes, seed: int) -> bytes:
    """Cut off, or with bytes changed (mostly in the header), or with a piece missing."""
    random = np.random.default_rng(seed)
    if seed % 3 == 0:
        return data[: int(random.integers(1, len(data)))]
    if seed % 3 == 1:
        start, length = random.integers(0, len(data), 2) // 4
        return data[:start] + data[start + length :]
    changed = bytearray(data)
    for place in [*random.integers(0, min(400, len(data)), 6), *random.integers(0, len(data), 20)]:
        changed[place] = int(random.integers(0, 256))
    return bytes(changed)


@pytest.mark.parametrize("kind", ["jpg", "png", "webp", "gif", "heif", "tiff", "ogg", "mp3", "m4a", "mp4"])
async def test_damaged_files_end_in_a_result_or_a_reason(tmp_path: Path, kind: str) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    job: Job[Any] = jobs.fit_portrait(source, target)
    match kind:
        case "ogg" | "mp3" | "m4a":
            codec, container = {"ogg": ("libopus", "ogg"), "mp3": ("libmp3lame", "mp3"), "m4a": ("aac", "mp4")}[kind]
            data = recorded(speech(2.0), source, codec, kind=container).read_bytes()
            job = jobs.fit_voice(source, target, limit=60.0)
        case "mp4":
            data = filmed(source, 1.0, (160, 120), speech(1.0)).read_bytes()
            job = asked(inspect_video, source, answer=VideoFacts)
        case _:
            data = packed(noise(120, 120), {"jpg": "JPEG", "tiff": "TIFF"}.get(kind, kind.upper()))
    for seed in range(12):
        source.write_bytes(broken(data, seed))
        try:
            await run_limited(job, seconds=10)
        except MediaError as error:
            assert error.reason  # noqa: PT017 - either way is right; any other error fails the test


def test_a_jpeg_whose_scans_never_end_is_refused_before_it_is_decoded(tmp_path: Path) -> None:
    source, data = tmp_path / "source", packed(picture(500, 500), "JPEG", progressive=True)
    last = data.rfind(b"\xff\xda")
    for scans, fits in ((50, True), (1000, False)):
        source.write_bytes(data[:-2] + data[last:-2] * scans + data[-2:])
        if fits:
            assert fit_portrait(source, tmp_path / "target").width == 500
        else:
            with pytest.raises(MediaError, match="too_hard"):
                fit_portrait(source, tmp_path / "target")


def test_a_moving_photo_is_a_photo_though_a_film_is_behind_it(tmp_path: Path) -> None:
    source = tmp_path / "source"
    source.write_bytes(packed(picture(500, 500), "JPEG") + np.random.default_rng(1).bytes(15_000_000))
    assert source.read_bytes().count(b"\xff\xda") > 100
    assert fit_portrait(source, tmp_path / "target").width == 500


def test_the_first_bytes_of_anything_alone_are_refused_with_a_reason(tmp_path: Path) -> None:
    source, target = tmp_path / "source", tmp_path / "target"
    for first, more in itertools.product(FIRST_BYTES, (0, 1, 3, 4, 30)):
        source.write_bytes(first + b"&" * more)
        tell_kind(source)
        for fit in (fit_portrait, fit_voice):
            with pytest.raises(MediaError):
                fit(source, target)


@pytest.mark.filterwarnings("ignore")  # as in a child; Pillow warns of odd tags
def test_a_raw_picture_with_any_byte_changed_has_a_preview_or_none() -> None:
    raw, random = raw_of_a_camera(), np.random.default_rng(1)
    assert find_preview(raw) is not None
    for place, byte in zip(random.integers(4, 700, 600), random.integers(0, 256, 600), strict=True):
        find_preview(raw[:place] + bytes([byte]) + raw[place + 1 :])
        find_preview(raw[:place])
