"""What somebody sees and hears in the puppet's video, measured in its own frames and sound."""

from dataclasses import replace
from pathlib import Path

import av
import numpy as np
import pytest
from PIL import Image

from bot.sandbox.detection import Detection
from bot.sandbox.film import Film
from bot.sandbox.puppet import detect_face, render_video
from bot.sandbox.puppet.axes import pixel_grid, take
from bot.sandbox.puppet.models import find_faces, find_mesh
from bot.sandbox.puppet.picture import NotAPicture
from bot.sandbox.puppet.puppet import NoFaceThere, puppet_of
from bot.sandbox.puppet.speech import RATE, NotASound, read_sound
from tests.puppet.conftest import PORTRAIT, VOICE, Save, Watched, film_of, make, openness, watch, write_sound


def loudness(sound: np.ndarray, frames: int) -> np.ndarray:
    """Root mean square over each frame's 40 ms."""
    fitted = np.zeros(frames * RATE // 25, np.float32)
    fitted[: len(sound)] = sound[: len(fitted)]
    return np.asarray(np.sqrt((fitted.reshape(frames, -1) ** 2).mean(1)))


def correlation(first: np.ndarray, second: np.ndarray, late: int) -> float:
    """How well `first`, coming `late` frames after, follows `second`."""
    end = len(first)
    return float(
        np.corrcoef(first[max(0, late) : end + min(0, late)], second[max(0, -late) : end - max(0, late)])[0, 1]
    )


def shape(marks: np.ndarray) -> float:
    """Width of a face by its height."""
    flat = marks[0, :, :2]
    return float(np.linalg.norm(flat[454] - flat[234]) / np.linalg.norm(flat[152] - flat[10]))


def test_the_mouth_follows_the_voice_within_a_frame(video: Watched) -> None:
    mouth = video.mouth
    voice = loudness(video.sound, len(mouth))
    by_offset = {late: correlation(mouth, voice, late) for late in range(-6, 7)}
    best = max(by_offset, key=lambda late: by_offset[late])
    assert abs(best) <= 1
    assert by_offset[best] >= 0.6
    assert mouth.max() > 4 * mouth.min()


def test_sound_and_picture_start_together_and_last_as_long_as_the_voice(video: Watched, spoken: Path) -> None:
    seconds = len(read_sound(spoken)) / RATE
    with av.open(str(video.path)) as container:
        pictures, sound = container.streams.video[0], container.streams.audio[0]
        assert pictures.start_time == sound.start_time == 0
        for stream in (pictures, sound):
            assert stream.duration
            assert stream.time_base
            assert float(stream.duration * stream.time_base) == pytest.approx(seconds, abs=0.001)


def test_the_video_plays_wherever_telegram_does_and_says_what_it_is(video: Watched) -> None:
    with av.open(str(video.path)) as container:
        pictures, sound = container.streams.video[0], container.streams.audio[0]
        assert (pictures.codec_context.name, pictures.pix_fmt) == ("h264", "yuv420p")
        assert (pictures.width, pictures.height) == (512, 512)
        assert pictures.base_rate == 25
        assert (sound.codec_context.name, sound.rate) == ("aac", RATE)
        assert "synthetic" in container.metadata["title"]
        assert "not by EMO" in container.metadata["comment"]
    data = video.path.read_bytes()
    assert data.index(b"moov") < data.index(b"mdat")


def test_the_sound_is_the_one_that_was_given(video: Watched, spoken: Path) -> None:
    given, heard = read_sound(spoken), video.sound[: len(read_sound(spoken))]
    assert len(heard) == len(given)
    difference = heard - given
    assert 10 * np.log10((given**2).mean() / (difference**2).mean()) > 12
    shifts = {shift: float(np.dot(np.roll(heard, -shift), given)) for shift in range(-80, 81)}
    best = max(shifts, key=lambda shift: shifts[shift])
    assert abs(best) <= 2


def test_an_mp3_is_spoken_as_well(tmp_path: Path, found: Detection) -> None:
    given = read_sound(VOICE)[: 2 * RATE]
    video = watch(make(PORTRAIT, write_sound(tmp_path / "word.mp3", given, 44100), found, tmp_path / "video.mp4"))
    assert len(video.frames) == pytest.approx(len(given) / 44100 * 25, abs=3)


def test_borders_and_background_stand_still(video: Watched) -> None:
    frames = video.frames[::4].astype(np.int16)
    still = frames - np.median(frames, 0).astype(np.int16)
    for rim in (still[:, :6], still[:, :, :6], still[:, :, -6:], still[:, -6:]):
        assert np.quantile(np.abs(rim), 0.995) <= 10
    background = np.abs(still[:, 10:90, 10:90])
    assert np.quantile(background, 0.995) <= 10
    face = np.abs(still[:, 150:330, 150:330])
    assert np.quantile(face, 0.995) > 60


def test_a_head_at_the_photos_edge_moves_and_the_edge_does_not(portrait: Image.Image) -> None:
    close = np.asarray(portrait.crop((165, 62, 375, 272)))
    puppet = puppet_of(close, Film((0, 0, 210, 210), (512, 512), (6, 6, 113, 113)))
    sources = puppet.head.sources(puppet.head.field([0.02, 0.02, 0.03, 0.1, 0.1, 0, 0, 0, 0, 0.1, 0]))
    moved = np.abs(sources - pixel_grid(0, 0, 512, 512)).max(-1)
    for rim in (moved[0], moved[-1], moved[:, 0], moved[:, -1]):
        assert rim.max() < 0.1
    assert moved.max() > 10


def test_no_seam_shows_where_the_lower_face_begins(found: Detection, portrait: Image.Image) -> None:
    puppet = puppet_of(np.asarray(portrait), film_of(found))
    field = puppet.head.field([0.015, -0.01, 0.03, 0.08, 0.05, 0, 0.02, 0, 0, 0.13, 0])
    sources = puppet.head.sources(field)
    plain = take(puppet.photo, sources)
    drawn = plain.copy()
    puppet.mouth.draw(drawn, field, sources, 0.13)
    left, top, wide, high = puppet.mouth.part
    change = np.abs(
        drawn[top : top + high, left : left + wide].astype(int) - plain[top : top + high, left : left + wide]
    )
    for rim in (change[0], change[-1], change[:, 0], change[:, -1]):
        assert np.quantile(rim, 0.98) <= 6
    assert change.max() > 100


def test_half_body_is_taller_and_not_distorted(tmp_path: Path, word: Path, video: Watched) -> None:
    tall = watch(make(PORTRAIT, word, detect_face(PORTRAIT, "3:4"), tmp_path / "tall.mp4"), every=10)
    assert tall.frames.shape[1:3] == (704, 512)

    assert shape(tall.landmarks[:1]) == pytest.approx(shape(video.landmarks[:1]), rel=0.05)


def test_a_whole_picture_speaks_at_the_size_asked_and_is_not_stretched(
    tmp_path: Path, word: Path, portrait: Image.Image, video: Watched, save: Save
) -> None:
    room = Image.new("RGB", (1024, 576), "#8a9486")
    room.paste(portrait, (256, 32))
    photo = save(room)
    assert detect_face(photo, None).ext_bbox == (0, 0, 1024, 576)
    render_video(photo, word, Film((0, 0, 1024, 576), (736, 416)), tmp_path / "v.mp4")
    seen = watch(tmp_path / "v.mp4")
    assert seen.frames.shape[1:3] == (416, 736)
    mouth = seen.mouth
    assert correlation(mouth, loudness(seen.sound, len(mouth)), 0) >= 0.5
    assert mouth.max() > 2.5 * mouth.min()
    assert shape(seen.landmarks[:1]) == pytest.approx(shape(video.landmarks[:1]), rel=0.06)


def test_each_style_moves_more_than_the_calmer_one(tmp_path: Path, word: Path, found: Detection) -> None:
    moved, opened = [], []
    for style in ("calm", "normal", "active"):
        marks = watch(make(PORTRAIT, word, found, tmp_path / f"{style}.mp4", style), every=2).landmarks[..., :2]
        moved.append(float(marks[:, 168].std(0).sum()))
        opened.append(float(np.linalg.norm(marks[:, 13] - marks[:, 14], axis=1).mean()))
    assert moved == sorted(moved)
    assert moved[2] > 1.5 * moved[0]
    assert opened == sorted(opened)


def test_in_silence_a_laughing_mouth_closes_and_stays_shut(tmp_path: Path, found: Detection) -> None:
    quiet = write_sound(tmp_path / "quiet.wav", np.zeros(RATE, np.float32))
    mouth = watch(make(PORTRAIT, quiet, found, tmp_path / "quiet.mp4")).mouth
    with Image.open(PORTRAIT) as photo:
        pixels = np.asarray(photo)
    laughing = openness(find_mesh(pixels, find_faces(pixels)[0]).points[None])
    assert mouth.max() < 0.6 * laughing


def test_a_closed_mouth_opens_on_teeth_and_a_tilted_face_speaks_along_its_own_axis(
    tmp_path: Path, word: Path, video: Watched
) -> None:
    closed = Image.fromarray(video.frames[0]).rotate(-18, Image.Resampling.BICUBIC)
    closed.save(tmp_path / "closed.png")
    marks = watch(make(tmp_path / "closed.png", word, detect_face(tmp_path / "closed.png", "1:1"), tmp_path / "v.mp4"))
    points = marks.landmarks[..., :2]
    gap = points[:, 14] - points[:, 13]
    size = np.linalg.norm(gap, axis=1)
    assert size.max() > 2.5 * size.min()
    wide = gap[size > 0.7 * size.max()].mean(0)
    across = (points[:, 263] - points[:, 33]).mean(0)
    assert abs(np.dot(wide, across)) < 0.2 * np.linalg.norm(wide) * np.linalg.norm(across)


def test_the_same_input_gives_the_same_video(tmp_path: Path, found: Detection) -> None:
    sound = write_sound(tmp_path / "a.wav", read_sound(VOICE)[: RATE // 2])
    first, second = (make(PORTRAIT, sound, found, tmp_path / name).read_bytes() for name in ("1.mp4", "2.mp4"))
    assert first == second


def test_progress_grows_to_the_whole(tmp_path: Path, word: Path, found: Detection) -> None:
    told: list[float] = []
    render_video(PORTRAIT, word, film_of(found, "calm"), tmp_path / "v.mp4", told.append)
    assert told == sorted(told)
    assert told[0] == 0
    assert told[-1] == 1
    assert len(told) >= 3


@pytest.mark.parametrize("mode", ["L", "CMYK", "RGBA"])
def test_a_strange_picture_is_animated_like_any_other(
    tmp_path: Path, portrait: Image.Image, save: Save, found: Detection, mode: str
) -> None:
    sound = write_sound(tmp_path / "a.wav", read_sound(VOICE)[: RATE // 4])
    photo = save(portrait.convert(mode), {"CMYK": "photo.jpg"}.get(mode, "photo.png"))
    assert len(watch(make(photo, sound, found, tmp_path / "v.mp4")).frames) == 7


def test_what_cannot_be_animated_leaves_no_file(tmp_path: Path, word: Path, found: Detection, save: Save) -> None:
    film = film_of(found)
    target = tmp_path / "v.mp4"
    text = tmp_path / "text.wav"
    text.write_text("no sound")
    wall = save(Image.new("RGB", (512, 512), "beige"), "wall.png")
    dot = save(Image.new("RGB", (1, 1)), "dot.png")
    long = write_sound(tmp_path / "long.wav", np.zeros(61 * RATE, np.float32))
    for image, sound, asked, error in (
        (text, word, film, NotAPicture),
        (PORTRAIT, text, film, NotASound),
        (wall, word, film, NoFaceThere),
        (dot, word, film, NoFaceThere),
        (PORTRAIT, word, replace(film, area=(600, 600, 900, 900)), NoFaceThere),
        (PORTRAIT, word, replace(film, style="wild"), ValueError),
        (PORTRAIT, long, film, ValueError),
    ):
        with pytest.raises(error):
            render_video(image, sound, asked, target)
        assert not target.exists()


def test_a_rendering_that_is_broken_off_leaves_no_half_file(tmp_path: Path, word: Path, found: Detection) -> None:
    def stop(part: float) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        render_video(PORTRAIT, word, film_of(found), tmp_path / "v.mp4", stop)
    assert not (tmp_path / "v.mp4").exists()
