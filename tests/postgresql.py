"""A PostgreSQL of a test alone, on loopback, which the test may stop and start again."""

import asyncio
import os
import pwd
import shutil
import subprocess
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Literal

from tests.ports import port_of_its_own

PROGRAMS = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"))[-1:] or [
    Path(found) for found in [shutil.which("initdb")] if found
]
"""Where `initdb` is, and `pg_ctl` beside it; empty where there is none."""

How = Literal["immediate", "fast"]


class Cluster:
    """One server: its folder, its port, and whether it runs.

    Args:
        folder: empty, and its own user's.
    """

    def __init__(self, folder: Path, port: int) -> None:
        self._folder = folder
        self._programs = PROGRAMS[0].parent
        self._port = port

    @property
    def url(self) -> str:
        """The URL of its first database."""
        return f"postgresql+psycopg://postgres@127.0.0.1:{self._port}/postgres"

    async def make(self) -> None:
        """Make its files, and start it."""
        await self._run("initdb", "-D", str(self._folder / "data"), "-A", "trust", "-U", "postgres", "--no-sync")
        await self.start()

    async def start(self) -> None:
        """Start it; return once it answers."""
        options = f"-c listen_addresses=127.0.0.1 -p {self._port} -k {self._folder}"
        await self._control("start", "-w", "-l", str(self._folder / "log"), "-o", options)

    async def stop(self, how: How = "immediate") -> None:
        """Stop it, as by a power cut or in order; return once it is gone."""
        await self._control("stop", "-m", how)

    async def _control(self, *arguments: str) -> None:
        await self._run("pg_ctl", "-D", str(self._folder / "data"), *arguments)

    async def _run(self, program: str, *arguments: str) -> None:
        user = {"user": "postgres", "group": "postgres", "extra_groups": []} if os.geteuid() == 0 else {}
        command = (str(self._programs / program), *arguments)
        log = self._folder / "commands.log"  # no pipe: the server would hold it open

        def run() -> int:
            with log.open("ab") as file:
                return subprocess.run(command, stdout=file, stderr=file, stdin=subprocess.DEVNULL, **user).returncode  # type: ignore[call-overload,no-any-return]

        status = await asyncio.to_thread(run)
        assert status == 0, f"{program} ended with {status}: {log.read_text()[-2000:]}"


@asynccontextmanager
async def cluster() -> AsyncIterator[Cluster]:
    """A new server, for the length of the block."""
    folder = Path(tempfile.mkdtemp(prefix="pg-"))
    if os.geteuid() == 0:
        account = pwd.getpwnam("postgres")
        os.chown(folder, account.pw_uid, account.pw_gid)
    server = Cluster(folder, port_of_its_own())
    try:
        await server.make()
        yield server
    finally:
        if (folder / "data" / "postmaster.pid").exists():
            await server.stop()
        shutil.rmtree(folder, ignore_errors=True)
