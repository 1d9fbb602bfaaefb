"""How fast a signed link is, against aiohttp's `FileResponse` at the same file without a signature or a database.

Both servers run in one child process, and are asked in turns by a client that throws the bytes away, so that neither
the client nor a busy machine decides. Files lie in a folder, and where there is an S3 server for the tests, in a
bucket of which this machine has copies. Requests per second are the median of the turns.
Run: `python -m benchmarks.bench_links`; it takes about half a minute.
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
from storage.bucket import BucketAddress
from storage.database import open_database
from storage.link_keys import LinkKey
from storage.links import Links
from storage.objects import Objects
from storage.upgrade import migrate
from tests.ports import port_of_its_own
from tests.seaweed import KEY, SECRET, WEED, s3_in

SIZES = {"100 kB": 100_000, "2 MB": 2_000_000}
OF_A_BUCKET = " of a bucket"
CONNECTIONS = (1, 50)
TURNS, TURNS_TOLD = 15, 5
SECONDS = 0.1
GOAL = 0.9
"""In a folder; what a bucket's files cost is only told, by fewer turns."""


@dataclass(frozen=True)
class Target:
    """What to ask a server for."""

    port: int
    path: str


@dataclass(frozen=True)
class Files:
    """A file of so many bytes, by a signed link and without one."""

    name: str
    size: int
    signed: Target
    plain: Target


@dataclass(frozen=True)
class Turn:
    """What one turn measured: requests per second, and the server's CPU time for each, in microseconds."""

    rate: float
    cpu: float


async def serve_both(folder: Path, endpoint: str | None, log: TextIO) -> None:
    """The child process: all servers, until its input ends.

    Prints a line `what size port signed port unsigned` for each file, and an empty one.

    Args:
        endpoint: of the bucket whose files are served, too.
    """
    configure_logs(Settings(data_dir=folder, log_format="json"), stream=log)
    database = open_database(f"sqlite+aiosqlite:///{folder}/bot.db")
    await migrate(database)
    links = Links(database, [LinkKey("bench", os.urandom(32))], "", timedelta(hours=1))
    stores = {"": Objects(folder / "objects", database)}
    if endpoint:
        address = BucketAddress("emobot", "bench", endpoint, key_id=KEY, secret=SECRET, allow_http=True)
        stores[OF_A_BUCKET] = Objects(folder / "copies", database, address, 100_000_000)

    async def healthy() -> dict[str, object]:
        return {"ok": True}

    plain, port = web.Application(), port_of_its_own()
    for place, objects in stores.items():
        web_of_store = build_web(links, objects, webhook=None, webhook_secret=None, health=healthy)
        signed = await serve(web_of_store, "127.0.0.1", 0)
        for name, size in SIZES.items():
            source = folder / "file"
            source.write_bytes(os.urandom(size))
            async with objects.reading(kept := await objects.add(source, extension="mp4", kind="video")) as path:
                link = await links.issue(kept)

            async def send(_request: web.Request, path: Path = path) -> web.StreamResponse:
                return web.FileResponse(path)

            way = f"/{kept.sha}"
            plain.router.add_get(way, send)
            print(f"{name}{place}", size, signed.addresses[0][1], link.url, port, way, sep="\t")
    runner = web.AppRunner(plain, access_log=None)
    await runner.setup()
    await web.TCPSite(runner, "127.0.0.1", port).start()
    print(flush=True)
    await asyncio.to_thread(sys.stdin.read)


@contextlib.contextmanager
def child() -> Iterator[tuple[int, list[Files]]]:
    """Start the servers; gives their process id, and what they serve."""
    with contextlib.ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        command = [sys.executable, "-m", "benchmarks.bench_links", folder]
        if WEED:
            (place := Path(folder) / "s3").mkdir()
            command.append(stack.enter_context(s3_in(place)))
        process = stack.enter_context(
            subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)
        )
        assert process.stdin
        assert process.stdout
        found = []
        while (line := process.stdout.readline().rstrip("\n")) != "":
            name, size, port, link, plain_port, way = line.split("\t")
            found.append(Files(name, int(size), Target(int(port), link), Target(int(plain_port), way)))
        yield process.pid, found
        process.stdin.close()


def cpu_ns(pid: int) -> int:
    """CPU time that all threads of a process have had."""
    return sum(int(path.read_text().split()[0]) for path in Path(f"/proc/{pid}/task").glob("*/schedstat"))


def turn(pid: int, target: Target, size: int, connections: int) -> Turn:
    """Ask for a target over and over on some connections, for a tenth of a second."""
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
                assert isinstance(key.fileobj, socket.socket)
                connection, left = key.fileobj, key.data
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
        for files in targets:
            signed, plain = files.signed, files.plain
            goal, count = (None, TURNS_TOLD) if OF_A_BUCKET in files.name else (GOAL, TURNS)
            for connections in CONNECTIONS:
                turns = []
                for number in range(count + 1):
                    order = (signed, plain) if number % 2 else (plain, signed)
                    took = {target: turn(pid, target, files.size, connections) for target in order}
                    turns.append((took[signed], took[plain]))
                turns = turns[1:]  # the first one warms up
                rates = [statistics.median(pair[side].rate for pair in turns) for side in (0, 1)]
                ours, theirs = (
                    f"{rates[side]:.0f}/s, {statistics.median(pair[side].cpu for pair in turns):.0f} µs of CPU each"
                    for side in (0, 1)
                )
                what = f"signed link, {files.name} × {connections}"
                rows.append(Row(what, ours, f"unsigned FileResponse: {theirs}", rates[0] / rates[1], goal, True))
    return report(rows)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        with Path(os.devnull).open("w") as nowhere:
            asyncio.run(serve_both(Path(sys.argv[1]), next(iter(sys.argv[2:]), None), nowhere))
    else:
        sys.exit(main())
