"""`python -m tests.web.lone_server FOLDER [--dies]`: the bot's web server as a process, with one file and its link.

It prints its port and the link's target, a line each, and serves until its standard input ends; its log is what it says
on standard error. With `--dies`, it kills itself in the turn of its loop after a fetch has been written down.
"""

import asyncio
import os
import signal
import sys
from datetime import timedelta
from pathlib import Path

import structlog

from bot.web.server import build_web, serve
from storage import sqlite
from storage.database import open_database
from storage.link_keys import LinkKey
from storage.links import Links
from storage.objects import Objects
from storage.upgrade import migrate
from tests.web.conftest import CONTENT, PUBLIC


class Mortal(Links):
    """Links whose process dies in the turn of its loop after a fetch has been written down."""

    async def mark_fetched(self, key: str) -> None:
        """Note it, and die."""
        commit = sqlite.Connection.commit

        async def commit_and_die(connection: sqlite.Connection) -> None:
            await commit(connection)
            asyncio.get_running_loop().call_soon(os.kill, os.getpid(), signal.SIGKILL)

        sqlite.Connection.commit = commit_and_die  # type: ignore[method-assign,assignment]
        await super().mark_fetched(key)


async def main(folder: Path, kind: type[Links]) -> None:
    """Serve."""
    database = open_database(f"sqlite+aiosqlite:///{folder}/bot.db")
    await migrate(database)
    objects = Objects(folder / "objects", database)
    links = kind(database, [LinkKey("only", b"k" * 32)], PUBLIC, timedelta(days=1))
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
    await database.dispose()


if __name__ == "__main__":
    structlog.configure(logger_factory=structlog.PrintLoggerFactory(sys.stderr))
    asyncio.run(main(Path(sys.argv[1]), Mortal if "--dies" in sys.argv else Links))
