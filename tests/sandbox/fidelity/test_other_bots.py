"""Bots that are not ours, against `emobot sandbox` as a process: what docs/sandbox.md shows is run as it stands."""

import asyncio
import json
import os
import re
import shutil
import socket
import sys
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import aiohttp
import pytest

from tests import warm

ROOT = Path(__file__).parents[3]
PORTRAIT, VOICE = ROOT / "examples/portrait.jpg", ROOT / "examples/voice.ogg"
PAGE = (ROOT / "docs/sandbox.md").read_text("utf-8")
WHERE = ("TELEGRAM_API_URL", "DASHSCOPE_BASE_URL", "page")


def block(language: str, first_line: str) -> str:
    """The block of the documentation that begins so."""
    found: list[str] = [text for kind, text in re.findall(r"```(\w+)\n(.*?)```", PAGE, re.DOTALL) if kind == language]
    return next(text for text in found if text.startswith(first_line))


@dataclass
class Sandbox:
    """The command as it runs, and the first of its people, played by the calls of its page."""

    settings: dict[str, str]
    process: warm.WarmProcess
    web: aiohttp.ClientSession

    async def state(self) -> dict[str, Any]:
        async with self.web.get(f"{self.settings['page']}/api/state") as answer:
            return dict(await answer.json())

    async def does(self, action: str, files: dict[str, Path] | None = None, **fields: Any) -> dict[str, Any]:
        """Do something as the first person, in their private chat."""
        you = (await self.state())["people"][0]
        fields |= {"as": you["id"], "chat": you["chat"]}
        body: dict[str, Any] = {"json": fields}
        if files:
            form = aiohttp.FormData({name: str(value) for name, value in fields.items()})
            for name, path in files.items():
                form.add_field(name, path.read_bytes(), filename=path.name)
            body = {"data": form}
        headers = {"Origin": self.settings["page"]}
        async with self.web.post(f"{self.settings['page']}/api/{action}", headers=headers, **body) as answer:
            said = dict(await answer.json())
        assert "error" not in said, said
        return said

    async def sees(self, fits: Callable[[dict[str, Any]], Any], seconds: float = 90) -> dict[str, Any]:
        """Wait for a message of the bot."""
        said: list[dict[str, Any]] = []
        try:
            async with asyncio.timeout(seconds):
                while True:
                    said = [one for one in (await self.state())["messages"] if one["sender"]["bot"]]
                    if found := [one for one in said if fits(one)]:
                        return found[-1]
                    await asyncio.sleep(0.05)
        except TimeoutError:
            raise AssertionError(f"the bot said only {said}") from None


def documented(name: str) -> str:
    """The value of a setting as the documentation shows it."""
    return next(line.partition("=")[2] for line in block("text", "# Stand-ins").splitlines() if line.startswith(name))


@pytest.fixture
async def sandbox(tmp_path: Path) -> AsyncIterator[Sandbox]:
    """`emobot sandbox` on free ports; it complains of nothing and ends cleanly."""
    ports = [f"--{name}-port=0" for name in ("telegram", "emo", "page")]
    complaints, said = tmp_path / "complaints", tmp_path / "said"
    environment = {"PATH": os.environ["PATH"]}
    process = await warm.start("bot", "sandbox", *ports, env=environment, output=said, errors=complaints)
    try:
        async with asyncio.timeout(60):
            while len(lines := said.read_text().splitlines()) < 6:
                await asyncio.sleep(0.02)
        settings = dict(line.split("=", 1) for line in lines if not line.startswith("#"))
        settings["page"] = lines[-1].rpartition(" ")[2].rstrip("/")
        async with aiohttp.ClientSession() as web:
            yield Sandbox(settings, process, web)
        process.terminate()
        async with asyncio.timeout(60):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
    assert complaints.read_text() == ""


@asynccontextmanager
async def running(sandbox: Sandbox, name: str, folder: Path) -> AsyncIterator[None]:
    """A bot of the documentation, as a process of its author's."""
    (folder / name).write_text(block("python", f"# {name}"))
    environment = {"PATH": os.environ["PATH"], **sandbox.settings}
    process = await asyncio.create_subprocess_exec(sys.executable, name, cwd=folder, env=environment)
    try:
        yield
    finally:
        process.kill()
        await process.wait()


async def test_an_aiogram_bot_echoes_words_and_photos_and_hears_its_button(sandbox: Sandbox, tmp_path: Path) -> None:
    async with running(sandbox, "aiogram_bot.py", tmp_path):
        await sandbox.does("say", text="grüß dich 👋")
        await sandbox.sees(lambda one: one["text"] == "grüß dich 👋")
        await sandbox.does("send", kind="photo", caption="me", files={"file": PORTRAIT})
        photo = await sandbox.sees(lambda one: (one["media"] or {}).get("kind") == "photo")
        assert re.fullmatch(r"A photo of \d{5,} bytes", photo["text"])
        assert photo["reply"]["kind"] == "photo"
        (button,) = photo["buttons"][0]
        answer = await sandbox.does("press", message=photo["id"], data=button["callback_data"])
        assert answer["text"] == "Here it is"
        copy = await sandbox.sees(lambda one: one["text"] == photo["text"] and one["id"] > photo["id"])
        assert copy["media"]["kind"] == "photo"


async def test_a_plain_bot_of_python_telegram_bot_greets_and_gives_a_voice_back(
    sandbox: Sandbox, tmp_path: Path
) -> None:
    async with running(sandbox, "telegram_bot.py", tmp_path):
        await sandbox.does("say", text="/start")
        hello = await sandbox.sees(lambda one: one["text"].startswith("Hello"))
        assert hello["entities"] == [{"type": "bold", "offset": 6, "length": len("You")}]
        await sandbox.does("send", kind="voice", files={"file": VOICE})
        voice = await sandbox.sees(lambda one: one["text"] == "You said")
        async with sandbox.web.get(sandbox.settings["page"] + voice["media"]["url"]) as answer:
            assert (await answer.read())[:4] == b"OggS"


async def test_the_commands_of_the_documentation_work(sandbox: Sandbox, tmp_path: Path) -> None:
    if shutil.which("curl") is None or not (ROOT / ".venv/bin/emobot").exists():
        pytest.skip("curl, or .venv/bin/emobot, is not here to be tried")
    script = block("sh", "api=") + block("sh", "page=") + block("sh", "DASHSCOPE_API_KEY=")
    for number, name in enumerate(WHERE, start=8081):
        script = script.replace(f"http://127.0.0.1:{number}", sandbox.settings[name])
    for name in ("TELEGRAM_BOT_TOKEN", "DASHSCOPE_API_KEY"):  # new at each start
        script = script.replace(documented(name), sandbox.settings[name])
    for name in ("examples", ".venv"):
        (tmp_path / name).symlink_to(ROOT / name)
    shell = await asyncio.create_subprocess_exec(
        *("sh", "-euc", script), cwd=tmp_path, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.STDOUT
    )
    said = (await shell.communicate())[0].decode()
    assert shell.returncode == 0, said
    assert "nobody has started this bot yet" in said
    assert '"error"' not in said
    assert '"text": "/start"' in said
    assert (tmp_path / "out.mp4").stat().st_size > 10_000
    assert json.loads(said.splitlines()[-1])["data"][0]["status"] == "SUCCEEDED"


async def test_the_test_of_the_documentation_passes(tmp_path: Path) -> None:
    (tmp_path / "test_echo.py").write_text(block("python", "# test_echo.py"))
    environment = {"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT)}
    command = ("-m", "pytest", "-q", "-o", "asyncio_mode=auto", "--rootdir", str(tmp_path), "test_echo.py")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, *command), cwd=tmp_path, env=environment, stdout=asyncio.subprocess.PIPE
    )
    said = (await process.communicate())[0].decode()
    assert "3 passed" in said, said


async def test_a_port_that_is_taken_is_said_in_one_line(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        taken = other.getsockname()[1]
        ports = ("--telegram-port=0", f"--emo-port={taken}", "--page-port=0")
        said, errors = tmp_path / "said", tmp_path / "errors"
        environment = {"PATH": os.environ["PATH"]}
        process = await warm.start("bot", "sandbox", *ports, env=environment, output=said, errors=errors)
        assert (await process.wait(), said.read_text()) == (1, "")
    wanted = f"emobot: port {taken} is taken: choose another one with --emo-port, or 0 for any\n"
    assert errors.read_text() == wanted
