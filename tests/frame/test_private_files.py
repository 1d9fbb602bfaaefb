"""Nobody else on the machine reads a file of the bot."""

import os
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from bot.cli.doctor_machine import check_env_file
from bot.process import only_process
from bot.settings import Settings

NOBODY = 65534
READ_ALL = 'ls -R "$1"; find "$1" -type f -exec head -c 1 {} +'


def modes(folder: Path) -> dict[str, int]:
    found = {}
    for path in (folder, *folder.rglob("*")):
        with suppress(FileNotFoundError):  # a file that is written beside its place, and moved there
            if not path.is_symlink():
                found[str(path.relative_to(folder))] = path.lstat().st_mode & 0o777
    return found


def test_what_an_earlier_version_left_open_is_closed_at_the_start(data_dir: Path, tmp_path: Path) -> None:
    (data_dir / "objects" / "ab").mkdir(parents=True)
    (data_dir / "objects" / "ab" / "cd.jpg").write_text("a face")
    (data_dir / "emobot.db").write_text("everything")
    (tmp_path / "elsewhere").mkdir()
    (tmp_path / "elsewhere" / "file").write_text("not the bot's")
    (data_dir / "link").symlink_to(tmp_path / "elsewhere")
    for path in (data_dir, *data_dir.rglob("*"), tmp_path / "elsewhere" / "file"):
        path.chmod(0o777 if path.is_dir() else 0o666)
    with only_process(data_dir):
        found = modes(data_dir)
    assert {found.pop(name) for name in (".", "objects", "objects/ab")} == {0o700}
    assert {found.pop(name) for name in ("objects/ab/cd.jpg", "emobot.db", "lock")} == {0o600}
    assert found == {}
    assert (tmp_path / "elsewhere" / "file").stat().st_mode & 0o777 == 0o666


def test_a_bot_that_runs_leaves_nothing_open(tmp_path: Path, free_port: int) -> None:
    data = tmp_path / "deep" / "data"
    settings = {
        "TELEGRAM_BOT_TOKEN": "123456:" + "a" * 35,
        "TELEGRAM_API_URL": f"http://127.0.0.1:{free_port}",
        "DASHSCOPE_API_KEY": "sk-test",
        "PUBLIC_URL": "https://bot.example.org",
        "LISTEN": "127.0.0.1:0",
        "DATA_DIR": str(data),
    }
    bot = subprocess.Popen(
        [sys.executable, "-m", "bot", "run"],
        cwd=Path(__file__).parents[2],
        env={**os.environ, **settings},
        umask=0,
    )
    try:
        deadline = time.monotonic() + 60
        while not (data / "link-secrets").exists() and time.monotonic() < deadline:
            time.sleep(0.05)
        found = modes(data)
        assert {name: mode for name, mode in found.items() if mode & 0o077} == {}
        assert "emobot.db" in found
        if os.geteuid() == 0:
            for folder in (tmp_path, *tmp_path.parents):
                if folder.is_relative_to("/tmp") and folder != Path("/tmp"):
                    folder.chmod(0o755)
            command = ["/bin/sh", "-c", READ_ALL, "sh", str(data)]
            said = subprocess.run(command, user=NOBODY, group=NOBODY, capture_output=True, text=True, check=False)
            assert said.stdout == ""
    finally:
        bot.send_signal(signal.SIGTERM)
        assert bot.wait(30) in (0, -signal.SIGTERM)


async def test_the_doctor_warns_of_settings_that_others_can_read(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert await check_env_file(Settings(), None) == []
    (tmp_path / ".env").write_text("TELEGRAM_BOT_TOKEN=")
    for mode, mark in ((0o600, "✓"), (0o644, "!"), (0o640, "!")):
        (tmp_path / ".env").chmod(mode)
        (found,) = await check_env_file(Settings(), None)
        assert found.mark == mark
    assert "chmod 600 .env" in found.text
