"""Every video says what it is: to people in the picture, to machines in the file, and signed."""

import asyncio
import json
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import av
import c2pa
import numpy as np
import pytest

from bot.media import jobs
from bot.media.child import run_limited
from bot.media.errors import ChildError
from bot.media.labels import SOURCE_TYPE
from bot.render.credentials import BadCredentials, load_credentials, load_or_make_credentials
from bot.render.labelling import Labels, mark_of
from bot.sandbox.film import Film
from tests.media.samples import recorded, speech
from tests.still_renderer import render_still
from tests.stories.conftest import PORTRAIT

MOST = 10_000_000


@pytest.fixture(scope="module", params=[("en", (512, 512)), ("zh", (512, 704))], ids=["square", "tall"])
def video(request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A square video to be marked in English, and a tall one in Chinese."""
    words, size = request.param
    folder = tmp_path_factory.mktemp(words)
    render_still(PORTRAIT, recorded(speech(3.0), folder / "voice.ogg"), Film((0, 0, 512, 512), size), folder / "v")
    return folder / "v"


@pytest.fixture
def words(video: Path) -> str:
    """The language in which a video is to be marked."""
    return video.parent.name[:2]


def pictures(path: Path) -> list[tuple[float, np.ndarray]]:
    with av.open(str(path), "r") as container:
        return [(frame.time or 0.0, frame.to_ndarray(format="gray").astype(int)) for frame in container.decode(video=0)]


def changed(before: np.ndarray, after: np.ndarray) -> np.ndarray:
    return np.asarray(np.abs(before - after) > 50)


Write = Callable[[Path, Path, jobs.Mark], jobs.Job[Any]]
FORMATS: dict[str, Write] = {
    "video": lambda source, target, mark: jobs.finish_video(source, target, mark, MOST),
    "loop": jobs.make_loop,
    "note": jobs.make_note,
    "sticker": jobs.make_sticker,
}


@pytest.mark.parametrize("write", FORMATS.values(), ids=FORMATS)
async def test_the_mark_is_in_the_first_two_seconds_inside_the_outline_and_goes(
    video: Path, tmp_path: Path, write: Write, words: str
) -> None:
    await run_limited(write(video, tmp_path / "plain", jobs.Mark()), seconds=120)
    await run_limited(write(video, tmp_path / "marked", jobs.Mark(words)), seconds=120)
    seen = 0
    for (moment, before), (_, after) in zip(pictures(tmp_path / "plain"), pictures(tmp_path / "marked"), strict=True):
        difference = changed(before, after)
        if moment > 2.05:
            assert difference.mean() < 0.001, moment
            continue
        seen += 1
        rows, columns = np.nonzero(difference)
        height, width = before.shape
        side = min(height, width)
        bright = np.nonzero((after[: height // 4] > 200) & difference[: height // 4])[0]
        assert bright.max() - bright.min() + 1 >= 0.05 * side, "the letters are too low"
        assert rows.max() < 0.25 * side
        assert abs(columns.mean() - width / 2) < 0.05 * width
        if height == width:  # also where a note is round
            corners = [(row, column) for row in (rows.min(), rows.max()) for column in (columns.min(), columns.max())]
            assert all(np.hypot(row - side / 2, column - side / 2) < side / 2 for row, column in corners)
    assert seen >= 25


async def test_always_means_to_the_end(video: Path, tmp_path: Path) -> None:
    await run_limited(jobs.finish_video(video, tmp_path / "plain", jobs.Mark(), MOST))
    await run_limited(jobs.finish_video(video, tmp_path / "marked", jobs.Mark("en", always=True), MOST), seconds=120)
    (_, before), (_, after) = pictures(tmp_path / "plain")[-1], pictures(tmp_path / "marked")[-1]
    assert changed(before, after).sum() > 50


async def test_a_duet_is_marked_and_small_enough_in_one_piece(video: Path, tmp_path: Path) -> None:
    job = jobs.join_videos(video, video, tmp_path / "duet", jobs.Mark("en"), 400_000, side_by_side=True)
    facts = await run_limited(job, seconds=120)
    assert facts.size <= 400_000
    assert facts.seconds == pytest.approx(6, abs=0.5)


@pytest.mark.parametrize("write", FORMATS.values(), ids=FORMATS)
async def test_the_file_says_it_to_machines(video: Path, tmp_path: Path, write: Write) -> None:
    await run_limited(write(video, tmp_path / "marked", jobs.Mark("en")), seconds=120)
    with av.open(str(tmp_path / "marked"), "r") as container:
        notes = {key.upper(): value for key, value in container.metadata.items()}
    said = json.loads(notes["AIGC"])
    assert said["Label"] == "1"
    assert said["ContentProducer"] == "emobot"
    assert len(said["ProduceID"]) == 32
    assert SOURCE_TYPE in notes["COMMENT"]
    if write is not jobs.make_sticker:
        assert f'Iptc4xmpExt:DigitalSourceType="{SOURCE_TYPE}"'.encode() in (tmp_path / "marked").read_bytes()


def boxes(data: bytes) -> Iterator[tuple[bytes, bytes]]:
    """The boxes of an mp4 (ISO/IEC 14496-12), by a reader of our own: kind and content."""
    place = 0
    while place + 8 <= len(data):
        size = int.from_bytes(data[place : place + 4]) or len(data) - place
        yield data[place + 4 : place + 8], data[place + 8 : place + size]
        place += size


def keys_of(path: Path) -> dict[str, str]:
    """The names and texts in an mp4's `moov/meta`."""
    moov = dict(boxes(dict(boxes(path.read_bytes()))[b"moov"]))
    meta = dict(boxes((moov.get(b"meta") or dict(boxes(moov[b"udta"]))[b"meta"])[4:]))
    names = [body.decode() for _, body in boxes(meta[b"keys"][8:])]
    values = [dict(boxes(body))[b"data"][8:].decode() for _, body in boxes(meta[b"ilst"])]
    return dict(zip(names, values, strict=True))


@pytest.mark.parametrize("write", FORMATS.values(), ids=FORMATS)
async def test_other_readers_find_it_too(video: Path, tmp_path: Path, write: Write) -> None:
    """The boxes as they lie in the file, and `exiftool` where the machine has it."""
    labels, target = Labels("start", load_or_make_credentials(tmp_path)), tmp_path / "marked"
    await run_limited(write(video, target, jobs.Mark("en")), seconds=120)
    if write is not jobs.make_sticker:
        await labels.sign(target)
        assert json.loads(keys_of(target)["AIGC"])["ContentProducer"] == "emobot"
        assert SOURCE_TYPE in keys_of(target)["comment"]
    if (exiftool := shutil.which("exiftool")) is not None:
        asked = await asyncio.create_subprocess_exec(exiftool, "-json", "-api", "LargeFileSupport=1", target, stdout=-1)
        [found] = json.loads((await asked.communicate())[0])
        said = {name.casefold(): value for name, value in found.items()}
        told = said["aigc"] if isinstance(said["aigc"], dict) else json.loads(said["aigc"])
        assert str(told["Label"]) == "1"
        assert write is jobs.make_sticker or said["digitalsourcetype"] == SOURCE_TYPE


async def test_credentials_are_valid_say_what_made_it_and_find_a_changed_byte(video: Path, tmp_path: Path) -> None:
    labels = Labels("start", load_or_make_credentials(tmp_path))
    target = tmp_path / "finished.mp4"
    facts = await labels.finish(video, target, labels.mark_for("zh"), MOST)
    assert facts.has_sound
    state, failures, actions = read_credentials(target)
    assert (state, failures) == ("Valid", ["signingCredential.untrusted"])
    assert [(each["action"], each["digitalSourceType"]) for each in actions] == [("c2pa.created", SOURCE_TYPE)]
    data = bytearray(target.read_bytes())
    data[data.index(b"mdat") + 1000] ^= 1
    target.write_bytes(data)
    state, failures, _ = read_credentials(target)
    assert state == "Invalid"
    assert "assertion.bmffHash.mismatch" in failures


def read_credentials(path: Path) -> tuple[str, list[str], list[dict[str, str]]]:
    with path.open("rb") as file, c2pa.Reader("video/mp4", file) as reader:
        found = json.loads(reader.json())
    manifest = found["manifests"][found["active_manifest"]]
    said = next(each for each in manifest["assertions"] if each["label"].startswith("c2pa.actions"))
    failures = [each["code"] for each in found["validation_results"]["activeManifest"]["failure"]]
    return found["validation_state"], failures, said["data"]["actions"]


async def test_the_child_has_no_key_and_gets_a_signature_for_nothing_else(tmp_path: Path) -> None:
    (tmp_path / "no.mp4").write_bytes(b"no video at all")
    credentials = load_or_make_credentials(tmp_path)
    assert "PRIVATE" not in credentials.certificates
    asked: list[bytes] = []

    def sign(data: bytes) -> bytes:
        asked.append(data)
        return credentials.sign(data)

    job = jobs.sign_video(tmp_path / "no.mp4", tmp_path / "signed", credentials.certificates)
    with pytest.raises(ChildError):
        await run_limited(job, sign=sign)
    assert asked == []


def test_marks_by_mode_and_language() -> None:
    assert Labels("start").mark_for("zh") == "start:zh"
    assert Labels("always").mark_for("ru") == "always:en"
    assert Labels("off").mark_for("zh") == "off"
    assert [mark_of(each) for each in ("start:zh", "always:en", "off", "")] == [
        jobs.Mark("zh"),
        jobs.Mark("en", always=True),
        jobs.Mark(),
        jobs.Mark(),
    ]


def test_the_operators_certificate_is_used_and_what_is_wrong_with_it_is_said(tmp_path: Path) -> None:
    first, other = load_or_make_credentials(tmp_path), load_or_make_credentials(tmp_path / "other")
    mine, theirs = tmp_path / "c2pa.pem", tmp_path / "other" / "c2pa.pem"
    assert load_credentials(mine, mine).certificates == first.certificates != other.certificates
    with pytest.raises(BadCredentials, match="is not the key of"):
        load_credentials(mine, theirs)
    (tmp_path / "empty").write_text("")
    with pytest.raises(BadCredentials, match="empty: is no certificate"):
        load_credentials(tmp_path / "empty", mine)
    with pytest.raises(BadCredentials, match="empty: is no key"):
        load_credentials(mine, tmp_path / "empty")
    assert mine.stat().st_mode & 0o777 == 0o600
