"""The command line as its operator meets it."""

import os
import signal
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest

import bot.__main__ as command_line
from bot.cli.make.making import Wish
from bot.cli.make.pairs import Pair
from bot.cli.make.words import Status
from bot.errors import OperatorError
from bot.settings import Settings

ROOT = Path(__file__).parents[2]


def emobot(*arguments: str, cwd: Path, **environment: str) -> subprocess.CompletedProcess[str]:
    """Run the command line as its own process, with nothing set but this."""
    return subprocess.run(
        [sys.executable, "-m", "bot", *arguments],
        cwd=cwd,
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT), **environment},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def test_help_takes_less_than_half_a_second_of_a_processor(tmp_path: Path) -> None:
    took = []
    for _ in range(3):
        began = os.times()
        done = emobot("--help", cwd=tmp_path)
        ended = os.times()
        took.append(sum(ended[2:4]) - sum(began[2:4]))  # of the child, its own and the system's
        assert done.returncode == 0
        assert all(word in done.stdout for word in ("run", "demo", "make", "doctor"))
    assert min(took) < 0.5


def test_nothing_heavy_is_loaded_before_a_command_is_known(tmp_path: Path) -> None:
    heavy = {"pydantic", "structlog", "aiohttp", "sqlalchemy", "dbos", "telegram", "av", "asyncio"}
    code = f"import sys, bot.__main__ as m; m.parser(); print({heavy!r} & set(sys.modules))"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT)
    assert done.stdout.strip() == "set()"


def test_the_version(tmp_path: Path) -> None:
    assert emobot("--version", cwd=tmp_path).stdout == "emobot 0.1.0\n"


@pytest.mark.parametrize("arguments", [[], ["sing"], ["make"], ["make", "none.jpg", "none.ogg"], ["run", "--fast"]])
def test_wrong_usage_is_status_2_and_no_traceback(tmp_path: Path, arguments: Any) -> None:
    done = emobot(*arguments, cwd=tmp_path)
    assert done.returncode == 2
    assert "usage: emobot" in done.stderr
    assert "Traceback" not in done.stderr


def test_run_without_settings_names_each_one_and_starts_nothing(tmp_path: Path) -> None:
    done = emobot("run", cwd=tmp_path)
    assert done.returncode == 2
    lines = done.stderr.splitlines()
    assert [line.split(":")[1].strip() for line in lines[:2]] == [
        "TELEGRAM_BOT_TOKEN",
        "DASHSCOPE_API_KEY",
    ]
    assert "Traceback" not in done.stderr
    assert list(tmp_path.iterdir()) == []


def test_doctor_without_settings_goes_on_with_the_rest(tmp_path: Path) -> None:
    done = emobot("doctor", cwd=tmp_path, LISTEN="127.0.0.1:0")
    assert done.returncode == 1
    assert "✗ TELEGRAM_BOT_TOKEN: is missing" in done.stdout
    assert "✓ codecs" in done.stdout
    assert "✓ DATA_DIR" in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize(
    ("error", "said"),
    [
        (OperatorError("port 8080 is taken:\nstop what holds it"), "emobot: port 8080 is taken: stop what holds it\n"),
        (OSError(28, "No space left on device", "/data/x"), "emobot: No space left on device: /data/x\n"),
        (OperatorError("bot123456:" + "a" * 35 + " is refused"), "emobot: bot[hidden] is refused\n"),
    ],
)
def test_what_the_operator_must_mend_is_one_line(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str], error: Any, said: Any
) -> None:
    def fail(_: object) -> int:
        raise error

    monkeypatch.setattr(command_line, "run_bot", fail)
    assert command_line.main(["run"]) == 1
    assert capsys.readouterr().err == said


def test_what_nobody_foresaw_leaves_its_traceback_in_the_log(tmp_path: Path) -> None:
    code = (
        "import bot.__main__ as m\ndef run_bot(_): return 1 / 0\nm.run_bot = run_bot\nraise SystemExit(m.main(['run']))"
    )
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 1
    assert "ZeroDivisionError" in done.stderr.splitlines()[0]
    assert done.stderr.splitlines()[-1].startswith(
        "emobot: stopped by an error that nobody foresaw (ZeroDivisionError)"
    )


def test_control_c_ends_quietly(tmp_path: Path) -> None:
    code = (
        "import time, bot.__main__ as m\n"
        "def run_bot(_): print('up', flush=True); time.sleep(60)\n"
        "m.run_bot = run_bot\n"
        "raise SystemExit(m.main(['run']))"
    )
    with subprocess.Popen(
        [sys.executable, "-c", code], stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=ROOT
    ) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "up\n"
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=20)
    assert process.returncode == 130
    assert errors == ""


@pytest.mark.parametrize(
    ("output", "said"),
    [("spoken.avi", "write spoken.mp4"), ("nowhere/x.mp4", "there is no folder"), ("folder.mp4", "cannot be written")],
)
def test_a_video_that_could_not_be_written_is_not_made(
    output: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "folder.mp4").mkdir()
    (tmp_path / "there").touch()
    with pytest.raises(SystemExit) as ended:
        command_line.main(["make", "there", "there", "-o", output])
    assert ended.value.code == 2
    assert said in capsys.readouterr().err


def test_make_hands_its_options_on(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    portrait, voice = tmp_path / "p.jpg", tmp_path / "v.ogg"
    portrait.touch()
    voice.touch()
    seen: list[Wish] = []

    def make(settings: Settings, wish: Wish) -> int:
        seen.append(wish)
        return 0

    monkeypatch.setattr("bot.cli.make.making.make", make)
    monkeypatch.setattr("bot.cli.commands.prepare", lambda command: Settings())
    arguments = ["make", str(portrait), str(voice), "-o", "x.mp4", "--ratio", "3:4", "--style", "calm"]
    assert command_line.main([*arguments, "--cut", "--yes", "--json"]) == 0
    pairs = [Pair(portrait, voice, Path("x.mp4"))]
    assert seen == [Wish(pairs, "3:4", "calm", cut=True, may_be_dear=True, as_json=True)]


def test_make_says_what_its_exit_status_means(capsys: pytest.CaptureFixture[str]) -> None:
    with pytest.raises(SystemExit):
        command_line.main(["make", "--help"])
    said = " ".join(capsys.readouterr().out.split())
    assert "exit status" in said
    assert all(f" {status.value} " in said for status in Status)
