"""ENGINE=local: `emobot run` as a process, with a Telegram of the test's and nothing else outside."""

import asyncio
import io
import os
import signal
import wave
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import aiohttp
import av
import numpy as np
import pytest
from pydantic import SecretStr

from bot.app import bot_running
from bot.sandbox.emo import EmoServer
from bot.sandbox.faults import Fault
from bot.sandbox.telegram import TelegramServer
from bot.settings import Listen, Settings
from tests import warm
from tests.processes import alive, command_of, family
from tests.still_renderer import detect_centre, render_still, still_engine

ROOT = Path(__file__).parents[2]
PORTRAIT, VOICE = ROOT / "examples/portrait.jpg", ROOT / "examples/voice.ogg"


@dataclass
class LocalBot:
    """The real command, with an account of nobody."""

    telegram: TelegramServer
    folder: Path
    port: int
    process: warm.WarmProcess | None = None

    @property
    def environment(self) -> dict[str, str]:
        return {
            "PATH": os.environ["PATH"],
            "PYTHONPATH": str(ROOT),
            "TELEGRAM_BOT_TOKEN": self.telegram.token,
            "TELEGRAM_API_URL": self.telegram.url,
            "ENGINE": "local",
            "LISTEN": f"127.0.0.1:{self.port}",
            "LOG_LEVEL": "DEBUG",
            "LOG_FORMAT": "json",
        }

    async def runs(self, command: str = "run") -> warm.WarmProcess:
        self.process = await warm.start(
            "bot", command, cwd=self.folder, env=self.environment, output=self.folder / "log"
        )
        return self.process

    @property
    def log(self) -> str:
        return (self.folder / "log").read_text()

    async def works_on_a_video(self) -> None:
        """Wait until the puppet draws."""
        async with asyncio.timeout(60):
            while "the puppet draws" not in self.log:
                await asyncio.sleep(0.02)

    async def is_healthy(self) -> None:
        """See that /health answers, and that all is well."""
        async with aiohttp.ClientSession() as session, session.get(f"http://127.0.0.1:{self.port}/health") as answer:
            assert answer.status == 200


@pytest.fixture
async def bot(tmp_path: Path, free_port: int) -> AsyncIterator[LocalBot]:
    async with TelegramServer() as telegram:
        made = LocalBot(telegram, tmp_path, free_port)
        yield made
        if made.process is not None and made.process.returncode is None:
            made.process.kill()
            await made.process.wait()
        assert telegram.violations == []


def puppet_of(process: warm.WarmProcess) -> int:
    """Return the process of a bot's embedded EMO."""
    (emo,) = [pid for pid in family(process.pid) if "bot.cli.local_engine" in command_of(pid)]
    return emo


@contextmanager
def held(pids: list[int]) -> Iterator[None]:
    """Let processes do nothing for the length of the block: what they are at is not done before its end."""
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    try:
        yield
    finally:
        for pid in pids:
            with suppress(ProcessLookupError):
                os.kill(pid, signal.SIGCONT)


async def all_gone(pids: list[int], seconds: float = 60) -> None:
    """Wait until none of these processes is there."""
    async with asyncio.timeout(seconds):
        while any(alive(pid) for pid in pids):
            await asyncio.sleep(0.05)


def speech(seconds: float) -> bytes:
    """Something loud and quiet by turns."""
    time = np.arange(int(16000 * seconds)) / 16000
    out = io.BytesIO()
    with wave.open(out, "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(16000)
        wave_ = np.sin(time * 2 * np.pi * 220) * np.abs(np.sin(time * 5)) * 12000
        file.writeframes(wave_.astype("<i2").tobytes())
    return out.getvalue()


async def test_killed_while_the_puppet_draws_its_video_comes_after_the_next_start_and_sigterm_ends_both(
    bot: LocalBot,
) -> None:
    process = await bot.runs()
    alice, bob = bot.telegram.person("Alice"), bot.telegram.person("Bob")
    bob.starts()
    await bob.sees("Hello")
    alice.sends_photo(PORTRAIT)
    voice = alice.sends_audio(speech(6), name="voice.wav", mime="audio/wav")
    await bot.works_on_a_video()

    everybody = family(process.pid)
    assert len(everybody) >= 3
    with held(drawing := family(puppet_of(process))[1:]):
        assert drawing
        await bot.is_healthy()
        bob.sends("/help")
        await bob.sees("Send a photo and a voice")
        assert "SUCCEEDED" not in bot.log, "the video was done too early to prove that nobody waits meanwhile"
        process.kill()
        await process.wait()
    await all_gone(everybody)
    killed = len(bot.log)
    process = await bot.runs()
    video = await alice.sees_video()
    assert video.reply_to is not None
    assert video.reply_to.id == voice.id
    assert video.video["duration"] == 6
    said = [message.text for message in bot.telegram.chat_history(alice)]
    assert not [text for text in said if "forgot" in text or "went wrong" in text]
    with av.open(str(video.media_path)) as container:
        assert "not by EMO" in container.metadata["comment"]
        assert container.streams.video[0].width == 512
        assert container.streams.audio

    everybody = family(process.pid)
    process.terminate()
    assert await process.wait() == 0
    await all_gone(everybody)
    log = bot.log[killed:]
    for state in ("PENDING", "RUNNING", "SUCCEEDED"):
        assert f'"state": "{state}"' in log
    assert '"level": "error"' not in log, log
    assert "Traceback" not in log, log


async def test_the_embedded_emo_dies_and_the_bot_says_so_instead_of_waiting_for_it(bot: LocalBot) -> None:
    process = await bot.runs()
    alice = bot.telegram.person("Alice")
    alice.starts()
    await alice.sees("stay on this bot.s own machine")
    os.kill(puppet_of(process), signal.SIGKILL)
    assert await asyncio.wait_for(process.wait(), 60) == 1
    assert bot.log.splitlines()[-1] == "emobot: the embedded EMO ended by itself; start again"


async def test_the_doctor_says_that_it_is_a_puppet(bot: LocalBot) -> None:
    process = await bot.runs("doctor")
    assert await process.wait() == 0, bot.log
    assert "! ENGINE=local: videos come from the puppet on this machine, which is not EMO" in bot.log
    assert "✓ puppet: its packages are installed" in bot.log


async def test_a_video_that_died_with_the_embedded_emo_before_it_was_fetched_is_made_again(
    tmp_path: Path, free_port: int
) -> None:
    async with TelegramServer() as telegram:
        alice = telegram.person("Alice")
        async with embedded_emo() as emo:
            emo.faults.add(Fault("video", times=-1, delay=600))
            async with bot_running(local_settings(telegram, emo, tmp_path, free_port)):
                asked = asyncio.Event()
                emo.faults.watch("video", "before", lambda _: asked.set())
                alice.sends_photo(PORTRAIT)
                alice.sends_voice(VOICE)
                await asyncio.wait_for(asked.wait(), 60)
        async with embedded_emo() as emo, bot_running(local_settings(telegram, emo, tmp_path, free_port)):
            await alice.sees_video()
            assert len(emo.tasks) == 1


@asynccontextmanager
async def embedded_emo() -> AsyncIterator[EmoServer]:
    """The same service in this process, with the fast engine."""
    server = EmoServer(detect_centre, render_still, engine=still_engine())
    await server.start()
    try:
        yield server
    finally:
        await server.stop()


def local_settings(telegram: TelegramServer, emo: EmoServer, folder: Path, port: int) -> Settings:
    """What `emobot run` makes of ENGINE=local."""
    return Settings(
        telegram_bot_token=SecretStr(telegram.token),
        telegram_api_url=telegram.url,
        engine="local",
        dashscope_base_url=emo.url,
        dashscope_api_key=SecretStr("sandbox-key"),
        listen=Listen("127.0.0.1", port),
        data_dir=folder / "data",
    )
