"""The embedded EMO as a process of its own, for EMO_ENGINE=local, the demo's and `make`'s sake: a puppet, not EMO.

The process ends with the one that started it: it lives as long as its standard input is open.
"""

import asyncio
import secrets
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.util import find_spec

from bot.errors import OperatorError

START_SECONDS = 60.0


@dataclass(frozen=True)
class LocalEmo:
    """Where the embedded EMO answers, and its key."""

    url: str
    api_key: str = field(repr=False)


@contextmanager
def local_emo() -> Iterator[LocalEmo]:
    """Run the embedded EMO for the length of the block.

    Raises:
        OperatorError: its parts are not installed, or it does not start.
    """
    if find_spec("cv2") is None or find_spec("ai_edge_litert") is None:
        raise OperatorError(
            "the embedded EMO is not installed: run `uv sync --group sandbox`, or set EMO_ENGINE=service"
        )
    key = secrets.token_hex(16)
    command = [sys.executable, "-m", "bot.local_emo"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:  # noqa: S603
        try:
            assert process.stdin is not None  # noqa: S101
            assert process.stdout is not None  # noqa: S101
            process.stdin.write(f"{key}\n")
            process.stdin.flush()
            url = process.stdout.readline().strip()
            if not url:
                raise OperatorError("the embedded EMO did not start; its error stands above")
            yield LocalEmo(url, key)
        finally:
            if process.stdin is not None:
                process.stdin.close()
            try:
                process.wait(10)
            except subprocess.TimeoutExpired:
                process.kill()


async def serve(key: str) -> None:
    """Serve until standard input is closed."""
    from bot.sandbox.emo import EmoServer
    from bot.sandbox.puppet import detect_face, render_video

    server = EmoServer(detect_face, render_video, api_key=key)
    await server.start()
    print(server.url, flush=True)  # noqa: T201
    try:
        await asyncio.to_thread(sys.stdin.read)
    finally:
        await server.stop()


if __name__ == "__main__":
    asyncio.run(serve(sys.stdin.readline().strip()))
