"""A voice that is longer than an engine takes: where it is cut, and how the videos of its parts become one."""

from collections.abc import Sequence
from itertools import pairwise
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest
from numpy.typing import NDArray

from bot.media import jobs, joining
from bot.media.child import run_limited
from bot.media.errors import MediaError, Reason
from bot.media.filters import RATE
from bot.media.joining import join_parts
from bot.media.recognition import same_sound
from bot.media.voice import fit_voice, write_wav
from bot.media.voice_parts import cut_part, plan_cuts, read_wav
from tests.media.samples import filmed, recorded, speech

LIMIT, MOST = 20.0, 19.9


def words(*seconds: float, pause: float = 0.6) -> NDArray[np.float32]:
    """Stretches without any pause, each of so many seconds, and a pause behind each but the last."""
    time = [np.arange(round(each * RATE)) / RATE for each in seconds]
    sounds = [(0.1 * np.sin(2 * np.pi * 150 * each) * (1 + 0.2 * np.sin(9 * each))).astype(np.float32) for each in time]
    quiet = np.zeros(round(pause * RATE), np.float32)
    return np.concatenate([piece for sound in sounds for piece in (sound, quiet)][:-1])


def cuts_of(samples: NDArray[np.float32], path: Path, limit: float = LIMIT) -> list[float]:
    write_wav(path, samples)
    return [cut / RATE for cut in plan_cuts(path, limit=limit).edges[1:-1]]


def parts_of(cuts: Sequence[float], seconds: float) -> list[float]:
    edges = [0.0, *cuts, seconds]
    return [end - begin for begin, end in pairwise(edges)]


def test_a_voice_that_fits_is_one_part(tmp_path: Path) -> None:
    assert cuts_of(words(19.8), tmp_path / "voice") == []


def test_it_is_cut_in_pauses_and_no_oftener_than_must_be(tmp_path: Path) -> None:
    samples = words(4, 9, 8, 7, 10, 7)
    cuts = cuts_of(samples, tmp_path / "voice")
    assert len(samples) / RATE == pytest.approx(48.0)
    assert len(cuts) == 2
    pauses = [4.3, 13.9, 22.5, 30.1, 40.7]
    for cut in cuts:
        assert min(abs(cut - pause) for pause in pauses) < 0.2, "in the pause"
    assert max(parts_of(cuts, 48.0)) <= MOST


def test_one_part_more_keeps_every_word_whole(tmp_path: Path) -> None:
    """Two parts would do for 36 s, if there were a pause between 16.1 and 19.9."""
    cuts = cuts_of(words(12, 11.4, 11.4), tmp_path / "voice")
    assert cuts == pytest.approx([12.3, 24.3], abs=0.05)


def test_a_voice_without_a_pause_is_cut_where_it_is_quietest(tmp_path: Path) -> None:
    cuts = cuts_of(words(50), tmp_path / "voice")
    assert cuts
    assert all(1.0 <= each <= MOST for each in parts_of(cuts, 50.0))


@pytest.mark.parametrize("seconds", [20.0, 20.5, 39.8, 39.9, 59.7, 60.0])
@pytest.mark.parametrize("kind", [speech, words])
def test_whatever_its_length_no_part_is_too_long_or_hardly_a_word(tmp_path: Path, seconds: float, kind: object) -> None:
    samples = speech(seconds) if kind is speech else words(seconds)
    assert all(1.0 <= each <= MOST for each in parts_of(cuts_of(samples, tmp_path / "voice"), seconds))


def test_the_parts_are_the_whole(tmp_path: Path) -> None:
    write_wav(tmp_path / "voice", speech(25.0))
    whole, edges = read_wav(tmp_path / "voice"), plan_cuts(tmp_path / "voice", limit=LIMIT).edges
    pieces = []
    for number, (begin, end) in enumerate(pairwise(edges)):
        fit = cut_part(tmp_path / "voice", tmp_path / f"{number}", begin=begin, end=end)
        assert fit.seconds == pytest.approx((end - begin) / RATE)
        pieces.append(read_wav(tmp_path / f"{number}"))
    assert np.array_equal(np.concatenate(pieces), whole)


def test_silence_before_the_first_word_is_not_paid_for(tmp_path: Path) -> None:
    late = np.concatenate([np.zeros(30 * RATE, np.float32), speech(40.0)])
    fit = fit_voice(recorded(late, tmp_path / "late.ogg"), tmp_path / "voice", limit=60.0)
    assert not fit.cut
    assert fit.seconds == pytest.approx(41.0, abs=0.3)


def flashes(path: Path, seconds: float, at: float, rate: int = 25) -> Path:
    """A dark video with sound, and one bright picture at a moment."""
    with av.open(str(path), "w", format="mp4") as output:
        stream = output.add_stream("libx264", rate=rate)
        stream.width, stream.height, stream.pix_fmt = 64, 64, "yuv420p"
        for number in range(round(seconds * rate)):
            shade = 255 if number == round(at * rate) else 0
            frame = av.VideoFrame.from_ndarray(np.full((64, 64, 3), shade, np.uint8), format="rgb24")
            output.mux(stream.encode(frame))
        output.mux(stream.encode(None))
    return path


def bright_at(path: Path) -> list[float]:
    with av.open(str(path)) as source:
        return [frame.time for frame in source.decode(video=0) if frame.to_ndarray(format="gray").mean() > 128]


def test_every_mouth_stays_with_its_words_whatever_length_the_service_made(tmp_path: Path) -> None:
    """The first video is too long, the second too short: the third is in sync to a frame."""
    write_wav(tmp_path / "voice", speech(6.2))
    made = [
        flashes(tmp_path / "one", 2.5, 0.4),
        flashes(tmp_path / "two", 1.6, 0.4),
        flashes(tmp_path / "three", 2.2, 1.0),
    ]
    facts = join_parts(*made, tmp_path / "voice", tmp_path / "joined", seconds=[2.0, 2.01, 2.19])
    assert facts.seconds == pytest.approx(6.2, abs=0.1)
    assert facts.has_sound
    assert bright_at(tmp_path / "joined") == pytest.approx([0.4, 2.4, 5.01], abs=0.04)
    assert same_sound(tmp_path / "joined", tmp_path / "voice")


def test_pictures_of_one_kind_are_copied_and_others_are_encoded(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    write_wav(tmp_path / "voice", speech(4.0))
    made = [flashes(tmp_path / name, 2.0, 1.0) for name in ("one", "two")]
    wide = filmed(tmp_path / "wide", 2.0, (96, 64))
    encoded = 0

    def count(*given: Any) -> Any:
        nonlocal encoded
        encoded += 1
        return joining_new_pictures(*given)

    joining_new_pictures = joining._new_pictures
    monkeypatch.setattr(joining, "_new_pictures", count)
    join_parts(*made, tmp_path / "voice", tmp_path / "joined", seconds=[2.0, 2.0])
    assert encoded == 0
    shown = [frame.tobytes() for frame in frames(tmp_path / "joined")]
    assert shown == [frame.tobytes() for path in made for frame in frames(path)]
    join_parts(made[0], wide, tmp_path / "voice", tmp_path / "joined", seconds=[2.0, 2.0])
    assert encoded == 1


def frames(path: Path) -> list[np.ndarray]:
    with av.open(str(path)) as source:
        return [frame.to_ndarray(format="gray") for frame in source.decode(video=0)]


def test_a_last_part_that_is_too_short_shows_its_last_picture_to_the_end_of_the_words(tmp_path: Path) -> None:
    write_wav(tmp_path / "voice", speech(5.0))
    made = [flashes(tmp_path / "one", 2.0, 1.0), flashes(tmp_path / "two", 2.0, 1.0)]
    join_parts(*made, tmp_path / "voice", tmp_path / "joined", seconds=[2.0, 3.0])
    with av.open(str(tmp_path / "joined")) as source:
        [pictures] = source.streams.video
        assert pictures.duration is not None
        assert pictures.time_base is not None
        assert float(pictures.duration * pictures.time_base) == pytest.approx(5.0, abs=0.1)


def test_a_rate_that_changes_between_parts_is_made_one(tmp_path: Path) -> None:
    write_wav(tmp_path / "voice", speech(4.0))
    made = [flashes(tmp_path / "one", 2.0, 1.0), flashes(tmp_path / "two", 2.0, 1.0, rate=16)]
    join_parts(*made, tmp_path / "voice", tmp_path / "joined", seconds=[2.0, 2.0])
    first, *second = bright_at(tmp_path / "joined")
    assert first == pytest.approx(1.0)
    assert second[0] == pytest.approx(3.0, abs=0.07)


async def test_the_jobs_run_in_children(tmp_path: Path) -> None:
    write_wav(tmp_path / "voice", speech(5.0))
    _, cut, *_ = (await run_limited(jobs.plan_cuts(tmp_path / "voice", limit=3.0))).edges
    fit = await run_limited(jobs.cut_part(tmp_path / "voice", tmp_path / "part", begin=0, end=cut))
    assert fit.seconds == pytest.approx(cut / RATE)
    films = [filmed(tmp_path / name, 2.5, (64, 64)) for name in ("a", "b")]
    job = jobs.join_parts(films, tmp_path / "voice", tmp_path / "joined", seconds=[fit.seconds, 5.0 - fit.seconds])
    assert (await run_limited(job)).seconds == pytest.approx(5.0, abs=0.1)


def test_a_part_that_is_no_video_is_said_to_be_none(tmp_path: Path) -> None:
    write_wav(tmp_path / "voice", speech(2.0))
    (tmp_path / "page").write_text("<html>")
    with pytest.raises(MediaError) as caught:
        join_parts(tmp_path / "page", tmp_path / "voice", tmp_path / "joined", seconds=[2.0])
    assert caught.value.reason is Reason.NOT_A_VIDEO
