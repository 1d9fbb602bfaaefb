"""The commands at a shell: `emobot demo --once` and `emobot make`, as processes of their own."""

import asyncio
import json
import os
import signal
from pathlib import Path

import av
import pytest
from PIL import Image

from bot.__main__ import main
from bot.sandbox.emo import EmoServer
from tests import warm
from tests.still_renderer import detect_centre, render_still
from tests.stories.conftest import PORTRAIT, RATES, SIDES, VOICE, World, brief_voice

SAMPLE_SECONDS = 6.09


async def emobot(*arguments: str, cwd: Path, **settings: str) -> tuple[int, str, str]:
    """Run a command to its end; returns its status, output and errors."""
    process = await start(*arguments, cwd=cwd, **settings)
    status = await process.wait()
    return status, (cwd / "output").read_text(), (cwd / "errors").read_text()


async def start(*arguments: str, cwd: Path, **settings: str) -> warm.WarmProcess:
    kept = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    output, errors = cwd / "output", cwd / "errors"
    return await warm.start("bot", *arguments, cwd=cwd, env=kept | settings, output=output, errors=errors)


def check_video(path: Path, seconds: float, width: int = 512, height: int = 512) -> None:
    """H.264 + AAC of that size, whose sound is as long as the voice."""
    with av.open(str(path)) as container:
        video, audio = container.streams.video[0], container.streams.audio[0]
        assert (video.codec_context.name, audio.codec_context.name) == ("h264", "aac")
        assert (video.codec_context.width, video.codec_context.height) == (width, height)
        sound = sum(frame.samples for frame in container.decode(audio)) / (audio.rate or 1)
    assert abs(sound - seconds) < 0.2


@pytest.mark.parametrize("engine", ["emo", "s2v"])
def test_the_demo_plays_itself_and_prints_the_video_last(
    engine: str, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """With pictures that stand still; the puppet plays in `tests/page/test_demo.py`."""
    monkeypatch.setattr("bot.cli.demo.detect_face", detect_centre)
    monkeypatch.setattr("bot.cli.demo.render_video", render_still)
    assert main(["demo", "--once", "--engine", engine]) == 0
    output = capsys.readouterr().out
    assert "Good photo!" in output or "I have your photo." in output  # as the face was found in time or not
    check_video(Path(output.splitlines()[-1]), SAMPLE_SECONDS, SIDES[engine], SIDES[engine])


async def test_make_without_a_key_lets_the_puppet_speak_and_says_so(tmp_path: Path) -> None:
    voice = tmp_path / "brief.ogg"
    voice.write_bytes(brief_voice())
    status, output, errors = await emobot(
        "make", str(PORTRAIT), str(voice), "-o", "spoken.mp4", "--ratio", "3:4", "--style", "calm", cwd=tmp_path
    )
    assert status == 0, errors
    assert output.splitlines()[-1] == "spoken.mp4"
    assert "a puppet" in errors
    check_video(tmp_path / "spoken.mp4", 1.5, height=704)
    assert not [path for path in tmp_path.iterdir() if path.name.startswith(".")]


async def test_make_with_a_key_asks_the_service_through_links(world: World, tmp_path: Path) -> None:
    world.ledger_is_whole = False  # no bot was there that keeps one
    settings = {"DASHSCOPE_API_KEY": "sandbox-key", "DASHSCOPE_BASE_URL": world.emo.url}
    status, _, errors = await emobot("make", str(PORTRAIT), str(VOICE), "-o", "spoken.mp4", cwd=tmp_path, **settings)
    assert status == 0, errors
    check_video(tmp_path / "spoken.mp4", SAMPLE_SECONDS)
    assert [task.state for task in world.emo.tasks.values()] == ["SUCCEEDED"]
    assert "sandbox-key" not in errors
    assert "signature=" not in errors


async def test_make_pays_nothing_dear_without_a_yes(world: World, tmp_path: Path) -> None:
    world.ledger_is_whole = False
    settings = {"DASHSCOPE_API_KEY": "sandbox-key", "DASHSCOPE_BASE_URL": world.emo.url, "ENGINE": "s2v"}
    wanted = ("make", str(PORTRAIT), str(VOICE), "-o", "spoken.mp4")
    status, _, errors = await emobot(*wanted, cwd=tmp_path, VIDEO_RESOLUTION="720P", **settings)
    assert status == 4
    assert "would cost about 5.49 CNY, and ASK_ABOVE is 5: nothing was paid; add --yes" in errors
    assert world.emo.bill == []
    status, _, errors = await emobot(*wanted, "--yes", cwd=tmp_path, VIDEO_RESOLUTION="720P", **settings)
    assert status == 0, errors
    assert world.videos_paid() == 1


async def test_make_says_in_one_line_why_there_is_no_video(world: World, tmp_path: Path) -> None:
    world.ledger_is_whole = False
    Image.new("RGB", (600, 600), "grey").save(tmp_path / "wall.png")
    (tmp_path / "note.txt").write_text("not a picture")
    settings = {"DASHSCOPE_API_KEY": "sandbox-key", "DASHSCOPE_BASE_URL": world.emo.url}
    for arguments, reason in (
        (("wall.png", str(VOICE)), "the photo shows no face"),
        (("note.txt", str(VOICE)), "the photo is not a picture"),
        ((str(PORTRAIT), "note.txt"), "the voice is not a sound"),
    ):
        (tmp_path / "errors").unlink(missing_ok=True)
        status, _, errors = await emobot("make", *arguments, cwd=tmp_path, **settings)
        assert status == 3
        lines = [line for line in errors.splitlines() if line.startswith("emobot:")]
        assert len(lines) == 1
        assert reason in lines[0]
        assert "Traceback" not in errors


async def test_make_makes_a_folder_of_videos_one_after_the_other_and_pays_none_twice(
    world: World, tmp_path: Path
) -> None:
    """One photo shows nobody; the others are made, and a second run makes nothing anew."""
    world.ledger_is_whole = False
    settings = {"DASHSCOPE_API_KEY": "sandbox-key", "DASHSCOPE_BASE_URL": world.emo.url}
    folder = tmp_path / "in"
    folder.mkdir()
    (folder / "hello.ogg").write_bytes(brief_voice())
    (folder / "anna.jpg").write_bytes(PORTRAIT.read_bytes())
    Image.new("RGB", (600, 600), "grey").save(folder / "wall.png")
    status, output, errors = await emobot("make", "in", "--json", cwd=tmp_path, **settings)
    assert status == 3, errors
    made, wall = (json.loads(line) for line in output.splitlines())
    assert (made["video"], made["status"], made["why"], made["cny"]) == ("videos/anna-hello.mp4", 0, None, "0.124")
    assert (wall["portrait"], wall["video"], wall["status"]) == ("in/wall.png", None, 3)
    assert "no face" in wall["why"]
    check_video(tmp_path / made["video"], 1.5)
    (folder / "wall.png").unlink()
    (folder / "bob.jpg").write_bytes(PORTRAIT.read_bytes())
    (tmp_path / "videos" / "bob-hello.mp4").write_bytes(b"made by hand")
    status, output, errors = await emobot("make", "in", cwd=tmp_path, **settings)
    assert status == 0, errors
    assert output.splitlines()[2:] == ["videos/anna-hello.mp4", "videos/bob-hello.mp4"]
    assert errors.count("is there already, and is not made again") == 2
    assert world.videos_paid() == 1


async def test_make_ends_at_once_where_the_account_refuses(world: World, tmp_path: Path) -> None:
    settings = {"DASHSCOPE_API_KEY": "somebody-elses", "DASHSCOPE_BASE_URL": world.emo.url}
    status, output, errors = await emobot("make", str(PORTRAIT), str(VOICE), cwd=tmp_path, **settings)
    assert (status, output) == (1, "")
    [said] = [line for line in errors.splitlines() if line.startswith("emobot:")]
    assert "DASHSCOPE_API_KEY" in said


async def test_make_cuts_a_long_voice_only_where_it_is_told_to(world: World, tmp_path: Path) -> None:
    world.ledger_is_whole = False
    settings = {"DASHSCOPE_API_KEY": "sandbox-key", "DASHSCOPE_BASE_URL": world.emo.url, "LONGEST_VOICE": "5"}
    wanted = ("make", str(PORTRAIT), str(VOICE), "-o", "spoken.mp4")
    status, _, errors = await emobot(*wanted, cwd=tmp_path, **settings)
    assert status == 3
    assert "less than 5 s are taken; add --cut" in errors
    assert world.emo.bill == []
    status, _, errors = await emobot(*wanted, "--cut", cwd=tmp_path, **settings)
    assert status == 0, errors
    assert 2.5 < float(world.emo.bill[-1].amount) / 0.08 <= 5


async def test_make_that_is_interrupted_takes_a_waiting_task_back(tmp_path: Path) -> None:
    service = EmoServer(detect_centre, render_still, rates=RATES)
    await service.start()
    try:
        service.hold()
        submitted = asyncio.Event()
        service.faults.watch("poll", "after", lambda _: submitted.set())
        settings = {"DASHSCOPE_API_KEY": "sandbox-key", "DASHSCOPE_BASE_URL": service.url}
        process = await start("make", str(PORTRAIT), str(VOICE), cwd=tmp_path, **settings)
        async with asyncio.timeout(30):
            await submitted.wait()
        process.send_signal(signal.SIGINT)
        assert await process.wait() == 130
        assert [task.state for task in service.tasks.values()] == ["CANCELED"]
        assert not list(tmp_path.glob("*.mp4"))
    finally:
        await service.stop()
