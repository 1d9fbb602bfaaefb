"""Ten thousand connections that want nothing, and more of them than there are descriptors, while somebody wants a file.

The server is a process of its own: its descriptors, memory and time are not this test's.
"""

import asyncio
import os
import resource
import socket
import struct
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import ExitStack, asynccontextmanager, contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.web.conftest import CONTENT
from tests.web.wire import request, send, statuses

CONNECTIONS = 10_000
GROUP = 500
"""That come at once: what the kernel has no place for, it forgets in silence."""
KILOBYTES = 60
"""That an idle connection may cost the server."""

FEW = 600
"""Descriptors of the server that has too few."""

UNFINISHED = (
    b"",
    b"G",
    b"GET /media/",
    b"GET /media/x HTTP/1.1\r\nHost: bot\r\nX-Slow: ",
    b"GET /media/x HTTP/1.1\r\nHost: bot\r\n",
    request("/media/x"),
    request("/media/x") + b"G",
)
"""After each of these the server waits; whoever sends a body that nobody wants is let go at once."""

IN_TIME = 30.0
"""Seconds on a machine that is busy; the crowd would be cut off after 130."""
AT_ONCE = struct.pack("ii", 1, 0)
"""SO_LINGER that leaves nothing behind: ten thousand waiting ports would be missed by the next test."""


@dataclass(frozen=True)
class Lone:
    """A server, and what the machine tells of its process."""

    pid: int
    port: int
    target: str
    log: Path

    def memory(self) -> int:
        """Resident bytes."""
        return int(Path(f"/proc/{self.pid}/statm").read_text().split()[1]) * resource.getpagesize()

    def descriptors(self) -> int:
        return len(list(Path(f"/proc/{self.pid}/fd").iterdir()))

    def worked(self) -> float:
        """Seconds of a processor so far."""
        fields = Path(f"/proc/{self.pid}/stat").read_text().rpartition(")")[2].split()
        return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")

    async def gives(self) -> None:
        """The whole file for the good link, and nothing for a forged one, in time."""
        async with asyncio.timeout(IN_TIME):
            answer = await send(self.port, request(self.target, last=True))
            assert (statuses(answer), answer.endswith(b"\r\n\r\n" + CONTENT)) == ([200], True)
            forged = self.target[:-1] + ("0" if self.target[-1] != "0" else "1")
            assert statuses(await send(self.port, request(forged, last=True))) == [403]


@asynccontextmanager
async def lone_server(folder: Path, descriptors: int | None = None) -> AsyncIterator[Lone]:
    """Start one, with a hard limit of descriptors where given; it must still live at the end, and end well."""
    limit: Callable[[], None] | None = None
    if descriptors is not None:
        wanted = (descriptors, descriptors)
        limit = lambda: resource.setrlimit(resource.RLIMIT_NOFILE, wanted)  # noqa: E731
    with (folder / "log").open("wb") as log:
        process = await asyncio.create_subprocess_exec(
            *(sys.executable, "-m", "tests.web.lone_server", str(folder)),
            cwd=Path(__file__).parents[2],
            stdin=asyncio.subprocess.PIPE,
            stdout=asyncio.subprocess.PIPE,
            stderr=log,
            preexec_fn=limit,
        )
    assert process.stdout is not None
    assert process.stdin is not None
    try:
        port, target = [(await process.stdout.readline()).decode().strip() for _ in range(2)]
        yield Lone(process.pid, int(port), target, folder / "log")
        process.stdin.close()
        async with asyncio.timeout(60):
            assert await process.wait() == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()


@contextmanager
def crowd(server: Lone, count: int) -> Iterator[None]:
    """So many people who come, say a part of what one may say, stay, and leave at the end."""
    with ExitStack() as people:
        for number in range(count):
            person = people.enter_context(socket.create_connection(("127.0.0.1", server.port)))
            person.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, AT_ONCE)
            with suppress(ConnectionError):
                person.sendall(UNFINISHED[number % len(UNFINISHED)])
        yield


async def until(true: Callable[[], bool], seconds: float = 60) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.05)


@pytest.fixture
def many_descriptors() -> Iterator[None]:
    """What people hold open is held by the test itself."""
    allowed, most = resource.getrlimit(resource.RLIMIT_NOFILE)
    if most != resource.RLIM_INFINITY and most < CONNECTIONS * 3 // 2:
        pytest.skip(f"a process may have {most} files open here, and no {CONNECTIONS} connections")
    resource.setrlimit(resource.RLIMIT_NOFILE, (max(allowed, CONNECTIONS * 3 // 2), most))
    yield
    resource.setrlimit(resource.RLIMIT_NOFILE, (allowed, most))


@pytest.mark.skipif(not Path("/proc/self/fd").exists(), reason="what a process holds is read from /proc")
class TestCrowds:
    async def test_ten_thousand_that_only_want_to_be_there_do_not_keep_a_file_from_who_wants_it(
        self, tmp_path: Path, many_descriptors: None
    ) -> None:
        async with lone_server(tmp_path) as server:
            await server.gives()
            memory, descriptors = server.memory(), server.descriptors()
            with ExitStack() as people:
                for there in range(GROUP, CONNECTIONS + 1, GROUP):
                    people.enter_context(crowd(server, GROUP))
                    await until(lambda there=there: server.descriptors() >= descriptors + there)  # type: ignore[misc]
                await server.gives()
                each = (server.memory() - memory) / CONNECTIONS
                assert each < KILOBYTES * 1000, f"{each:,.0f} bytes for each connection"
            await until(lambda: server.descriptors() <= descriptors)
            await server.gives()

    async def test_more_than_there_are_descriptors_neither_kill_it_nor_keep_it_busy_nor_fill_the_log(
        self, tmp_path: Path
    ) -> None:
        async with lone_server(tmp_path, FEW) as server:
            await server.gives()
            descriptors = server.descriptors()
            with crowd(server, 2 * FEW):
                worked = server.worked()
                await asyncio.sleep(2)  # for what it does while it can take nobody
                assert server.worked() - worked < 0.5
                assert server.descriptors() < FEW - 50, "the bot itself needs some"
            await until(lambda: server.descriptors() <= descriptors)
            await server.gives()
            said = [line for line in server.log.read_text().splitlines() if " answered " not in line]
            assert len(said) == 1, said[:20]
            assert "too many connections" in said[0]
