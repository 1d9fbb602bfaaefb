"""How fast a signed link is, against aiohttp's `FileResponse` at the same file without a signature or a database.

Both servers run in one child process, and are asked in turns by a client that throws the bytes away, so that neither
the client nor a busy machine decides. Requests per second are the median of the turns; the ratio is the median of each
turn's own ratio. Run with `python -m benchmarks.bench_links`; it takes about half a minute.
"""

import asyncio
import contextlib
import os
import selectors
import socket
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path
from typing import TextIO

from aiohttp import web

from benchmarks.table import Row, report
from bot.logs import configure_logs
from bot.settings import Settings
from bot.web.server import build_web, serve
from storage.database import open_database
from storage.link_keys import LinkKey
from storage.links import Links
from storage.objects import Objects
from storage.upgrade import migrate

SIZES = {"100 kB": 100_000, "2 MB": 2_000_000}
CONNECTIONS = (1, 50)
TURNS = 9
SECONDS = 0.25
GOAL = 0.9


@dataclass(frozen=True)
class Target:
    """What to ask a server for."""

    port: int
    path: str


@dataclass(frozen=True)
class Turn:
    """What one turn measured: requests per second, and the server's CPU time for each, in microseconds."""

    rate: float
    cpu: float


async def serve_both(folder: Path, log: TextIO) -> None:
    """The child process: both servers, until its input ends. Prints a line `size signed unsigned` for each size."""
    configure_logs(Settings(data_dir=folder, log_format="json"), stream=log)
    database = open_database(f"sqlite+aiosqlite:///{folder}/bot.db")
    await migrate(database)
    objects = Objects(folder / "objects", database)
    links = Links(database, [LinkKey("bench", os.urandom(32))], "", timedelta(hours=1))

    async def healthy() -> dict[str, object]:
        return {"ok": True}

    plain = web.Application()
    signed = await serve(build_web(links, objects, webhook=None, webhook_secret=None, health=healthy), "127.0.0.1", 0)
    for name, size in SIZES.items():
        source = folder / "file"
        source.write_bytes(os.urandom(size))
        kept = await objects.add(source, extension="mp4", kind="video")
        link = await links.issue(kept)

        async def send(_request: web.Request, path: Path = objects.path(kept)) -> web.StreamResponse:  # noqa: B008
            return web.FileResponse(path)

        plain.router.add_get(f"/{size}", send)
        print(f"{name}\t{link.url}\t/{size}")
    runner = web.AppRunner(plain, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", 0).start()
    print(f"{signed.addresses[0][1]}\t{runner.addresses[0][1]}", flush=True)
    await asyncio.to_thread(sys.stdin.read)


@contextlib.contextmanager
def child() -> Iterator[tuple[int, dict[str, tuple[Target, Target]]]]:
    """Start the servers; gives their process id and the signed and unsigned target of each size."""
    with tempfile.TemporaryDirectory() as folder:
        command = [sys.executable, "-m", "benchmarks.bench_links", folder]
        with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
            assert process.stdin
            assert process.stdout
            lines = [process.stdout.readline().rstrip("\n").split("\t") for _ in range(len(SIZES) + 1)]
            signed, plain = (int(port) for port in lines.pop())
            yield process.pid, {name: (Target(signed, link), Target(plain, path)) for name, link, path in lines}
            process.stdin.close()


def cpu_ns(pid: int) -> int:
    """CPU time that all threads of a process have had."""
    return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat"))


def turn(pid: int, target: Target, size: int, connections: int) -> Turn:
    """Ask for a target over and over on some connections, for about a quarter of a second."""
    request = f"GET {target.path} HTTP/1.1\r\nHost: bench\r\n\r\n".encode()
    started, cpu, done = time.perf_counter(), cpu_ns(pid), 0
    with contextlib.ExitStack() as stack, selectors.DefaultSelector() as ready:
        for _ in range(connections):
            connection = stack.enter_context(socket.create_connection(("127.0.0.1", target.port)))
            connection.sendall(request)
            ready.register(connection, selectors.EVENT_READ, [0])
        open_connections = connections
        while open_connections:
            for key, _ in ready.select(10):
                connection, left = key.fileobj, key.data
                assert isinstance(connection, socket.socket)
                if not left[0]:
                    left[0] = begin(connection, size)
                else:
                    # MSG_TRUNC on TCP: the kernel drops the bytes instead of copying them
                    left[0] -= connection.recv_into(memoryview(SINK)[: left[0]], 0, socket.MSG_TRUNC)
                if left[0]:
                    continue
                done += 1
                if time.perf_counter() - started < SECONDS:
                    connection.sendall(request)
                else:
                    ready.unregister(connection)
                    open_connections -= 1
    return Turn(done / (time.perf_counter() - started), (cpu_ns(pid) - cpu) / done / 1000)


SINK = bytearray(4 << 20)


def begin(connection: socket.socket, size: int) -> int:
    """Read the head of an answer and see that it is the right one; returns how much of the body is to come."""
    head = connection.recv(65536)
    end = head.index(b"\r\n\r\n") + 4
    assert head.startswith(b"HTTP/1.1 200 "), head[:100]
    assert f"content-length: {size}\r\n".encode() in head[:end].lower(), head[:end]
    return size - (len(head) - end)


def main() -> int:
    """Print the table; 1 if a goal was missed."""
    rows = []
    with child() as (pid, targets):
        for name, (signed, plain) in targets.items():
            for connections in CONNECTIONS:
                turns = []
                for number in range(TURNS + 1):
                    order = (signed, plain) if number % 2 else (plain, signed)
                    took = {target: turn(pid, target, SIZES[name], connections) for target in order}
                    turns.append((took[signed], took[plain]))
                turns = turns[1:]  # the first one warms up
                ratio = statistics.median(ours.rate / theirs.rate for ours, theirs in turns)
                ours, theirs = (
                    f"{statistics.median(pair[side].rate for pair in turns):.0f}/s, "
                    f"{statistics.median(pair[side].cpu for pair in turns):.0f} µs of CPU each"
                    for side in (0, 1)
                )
                what = f"signed link, {name} × {connections}"
                rows.append(Row(what, ours, f"unsigned FileResponse: {theirs}", ratio, GOAL, True))
    return report(rows)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        with Path(os.devnull).open("w") as nowhere:
            asyncio.run(serve_both(Path(sys.argv[1]), nowhere))
    else:
        sys.exit(main())
