"""`python -m tests.web.lone_server FOLDER [--dies]`: the bot's web server as a process, with one file and its link.

It prints its port and the link's target, a line each, and serves until its standard input ends; its log is what it says
on standard error. With `--dies`, it kills itself as soon as a fetch is written down and anything else would be done.
"""

import asyncio
import os
import signal
import sqlite3
import sys
from collections.abc import Callable
from datetime import timedelta
from pathlib import Path
from typing import Any

import structlog

from bot.web.server import build_web, serve
from storage import sqlite
from storage.database import migrate, open_engine
from storage.link_keys import LinkKey
from storage.links import Links
from storage.objects import Objects
from tests.web.conftest import CONTENT, PUBLIC


class Mortal(Links):
    """Links whose process dies when a fetch has been written down, before the loop has another turn."""

    async def mark_fetched(self, key: str) -> None:
        """Note it, and die: at once where another thread has done it, or else in the next turn."""
        sqlite.Connection.run = _run_and_die  # type: ignore[method-assign]
        await super().mark_fetched(key)
        asyncio.get_running_loop().call_soon(_die)


_run = sqlite.Connection.run


async def _run_and_die(self: sqlite.Connection, function: Callable[[sqlite3.Connection], Any]) -> Any:
    def commit_and_die(connection: sqlite3.Connection) -> None:
        connection.commit()
        _die()

    return await _run(self, commit_and_die if function is sqlite3.Connection.commit else function)


def _die() -> None:
    os.kill(os.getpid(), signal.SIGKILL)


async def main(folder: Path, kind: type[Links]) -> None:
    """Serve."""
    engine = open_engine(f"sqlite+aiosqlite:///{folder}/bot.db")
    await migrate(engine)
    objects = Objects(folder / "objects", engine)
    links = kind(engine, [LinkKey("only", b"k" * 32)], PUBLIC, timedelta(days=1))
    with objects.scratch() as scratch:
        (scratch / "file").write_bytes(CONTENT)
        kept = await objects.add(scratch / "file", extension="jpg", kind="portrait")
    link = await links.issue(kept)

    async def health() -> dict[str, object]:
        return {"ok": True}

    runner = await serve(build_web(links, objects, webhook=None, webhook_secret=None, health=health), "127.0.0.1", 0)
    print(runner.addresses[0][1], link.url.removeprefix(PUBLIC), sep="\n", flush=True)
    await asyncio.to_thread(sys.stdin.read)
    await runner.cleanup()
    await engine.dispose()


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(main(Path(sys.argv[1]), Mortal if "--dies" in sys.argv else Links))
