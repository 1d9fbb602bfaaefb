"""What `emobot make` understands of files and folders, and what it says at a terminal."""

import re
from pathlib import Path

import pytest

from bot.cli.make.pairs import Pair, WrongUsage, pairs_of
from bot.cli.make.words import ENDED, REFUSED, UNFIT, Status, ending, unfit
from bot.dashscope.errors import PersonReason
from bot.media.errors import NEEDED_FACTS, MediaError, Reason
from storage.renders import Stage


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.chdir(tmp_path)
    return tmp_path


def touch(*names: str) -> None:
    for name in names:
        Path(name).parent.mkdir(exist_ok=True)
        Path(name).touch()


def shown(pairs: list[Pair]) -> list[tuple[str, str, str]]:
    return [(str(pair.portrait), str(pair.voice), str(pair.video)) for pair in pairs]


def test_a_portrait_and_a_voice_become_one_video(folder: Path) -> None:
    touch("anna.jpg", "hello.ogg")
    assert shown(pairs_of(["anna.jpg", "hello.ogg"], None)) == [("anna.jpg", "hello.ogg", "out.mp4")]
    assert shown(pairs_of(["anna.jpg", "hello.ogg"], "x.MP4")) == [("anna.jpg", "hello.ogg", "x.MP4")]
    Path("there").mkdir()
    assert shown(pairs_of(["anna.jpg", "hello.ogg"], "there")) == [("anna.jpg", "hello.ogg", "there/anna-hello.mp4")]


def test_several_pairs_go_into_a_folder(folder: Path) -> None:
    touch("anna.jpg", "hello.ogg", "bob.png", "bob.wav")
    files = ["anna.jpg", "hello.ogg", "bob.png", "bob.wav"]
    assert [video for *_, video in shown(pairs_of(files, None))] == ["videos/anna-hello.mp4", "videos/bob.mp4"]
    assert [video for *_, video in shown(pairs_of(files, "new/deep"))] == [
        "new/deep/anna-hello.mp4",
        "new/deep/bob.mp4",
    ]


def test_a_folder_pairs_files_of_one_name(folder: Path) -> None:
    touch("in/anna.jpg", "in/anna.m4a", "in/bob.HEIC", "in/bob.opus", "in/notes.txt", "in/.hidden.jpg")
    assert shown(pairs_of(["in"], None)) == [
        ("in/anna.jpg", "in/anna.m4a", "videos/anna.mp4"),
        ("in/bob.HEIC", "in/bob.opus", "videos/bob.mp4"),
    ]


def test_one_face_says_every_voice_and_every_face_says_one_voice(folder: Path) -> None:
    touch("in/anna.jpg", "in/a.ogg", "in/b.mp4")
    assert [video for *_, video in shown(pairs_of(["in"], "out"))] == ["out/anna-a.mp4", "out/anna-b.mp4"]
    touch("other/anna.jpg", "other/bob.jpg", "other/hello.ogg")
    assert [video for *_, video in shown(pairs_of(["other"], "out"))] == ["out/anna-hello.mp4", "out/bob-hello.mp4"]


@pytest.mark.parametrize(
    ("files", "output", "said"),
    [
        (["anna.jpg"], None, "give a portrait and a voice"),
        (["anna.jpg", "a.ogg", "bob.jpg"], None, "give a portrait and a voice"),
        (["anna.jpg", "none.ogg"], None, "there is no file none.ogg"),
        (["in", "a.ogg"], None, "in is a folder: give it alone"),
        (["anna.jpg", "a.ogg"], "x.avi", "write x.mp4"),
        (["anna.jpg", "a.ogg"], "x", "write x.mp4"),
        (["anna.jpg", "a.ogg"], "nowhere/x.mp4", "there is no folder"),
        (["anna.jpg", "a.ogg", "bob.jpg", "a.ogg"], "x.mp4", "there are 2 videos to make: give a folder"),
        (["anna.jpg", "a.ogg", "bob.jpg", "a.ogg"], "a.ogg", "the videos cannot be written into a.ogg"),
        (["anna.jpg", "a.ogg", "anna.jpg", "a.ogg"], None, "two videos would be called anna-a.mp4"),
        (["empty"], None, "there is no portrait in the folder empty"),
        (["mute"], None, "there is no voice in the folder mute"),
        (["in"], None, "no file in in has the name of bob.jpg"),
        (["twice"], None, "more than one file in twice has the name of anna.jpg"),
    ],
)
def test_what_cannot_be_begun_is_said_before_anything_is(
    folder: Path, files: list[str], output: str | None, said: str
) -> None:
    touch("anna.jpg", "bob.jpg", "a.ogg", "mute/anna.jpg", "empty/notes.txt")
    touch("in/anna.jpg", "in/bob.jpg", "in/anna.ogg", "in/carl.ogg")
    touch("twice/anna.jpg", "twice/bob.jpg", "twice/anna.ogg", "twice/anna.mp3")
    with pytest.raises(WrongUsage, match=re.escape(said)):
        pairs_of(files, output)


CHAT = re.compile(r"please|send|\b(I|me|my)\b|once more|message|button|/\w", re.IGNORECASE)
"""Words of a chat, where somebody is spoken to."""


def test_every_outcome_has_words_of_a_terminal() -> None:
    assert REFUSED.keys() == set(PersonReason)
    assert UNFIT.keys() == set(Reason)
    said = [*REFUSED.values(), *ENDED.values(), *UNFIT.values()]
    assert [line for line in said if CHAT.search(line) or line.endswith(".")] == []
    facts = dict.fromkeys(set().union(*NEEDED_FACTS.values()), 7.5)
    for reason in Reason:
        assert "{" not in unfit(MediaError(reason, **facts)).why


@pytest.mark.parametrize(
    ("stage", "reason", "status", "said"),
    [
        (Stage.REFUSED, "InvalidFile.NoHuman", Status.UNFIT, "shows no face"),
        (Stage.REFUSED, "something new", Status.UNFIT, "does not take the photo"),
        (Stage.FAILED, "task_failed", Status.FAILED, "nothing was paid"),
        (Stage.UNSURE, "submit_lost", Status.PAID, "see your bill"),
        (Stage.FAILED, "video_dead", Status.PAID, "made and paid"),
        (Stage.FAILED, None, Status.FAILED, "nobody foresaw"),
    ],
)
def test_how_a_render_ended_becomes_a_line_and_a_status(
    stage: Stage, reason: str | None, status: Status, said: str
) -> None:
    unmade = ending(stage, reason)
    assert unmade.status is status
    assert said in unmade.why
