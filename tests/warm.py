"""Programs of ours as real processes that need not load their libraries: each is forked from a process that has.

They are killed, stopped and waited for as any other; what they run is what `python -m MODULE …` would. Loading the
libraries takes two seconds of a processor, and the stories start the bot some sixty times.
"""

import asyncio
import atexit
import gc
import json
import os
import random
import runpy
import select
import signal
import socket
import subprocess
import sys
import tempfile
from collections.abc import Mapping
from contextlib import suppress
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[1]
LOADED = (
    "bot.app",
    "bot.cli.make.making",
    "handlers.register",
    "sqlalchemy.dialects.sqlite.aiosqlite",
    "alembic.command",
    "bot.cli.sandbox",
    "bot.sandbox.page",
)


class WarmProcess:
    """A process that has been started; like `asyncio.subprocess.Process`."""

    def __init__(self, pid: int, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.pid = pid
        self._writer = writer
        self._ended = asyncio.create_task(self._end(reader))

    async def _end(self, reader: asyncio.StreamReader) -> int:
        try:
            line = await reader.readline()
        finally:
            self._writer.close()
        return int(line or -signal.SIGKILL)

    @property
    def returncode(self) -> int | None:
        """The exit status, negative for a signal; None while it runs."""
        return self._ended.result() if self._ended.done() else None

    async def wait(self) -> int:
        """Wait until it has ended; returns its status."""
        return await asyncio.shield(self._ended)

    def send_signal(self, number: signal.Signals) -> None:
        """Send a signal to a process that runs."""
        if self.returncode is None:
            with suppress(ProcessLookupError):
                os.kill(self.pid, number)

    def kill(self) -> None:
        """`kill -9`."""
        self.send_signal(signal.SIGKILL)

    def terminate(self) -> None:
        """SIGTERM."""
        self.send_signal(signal.SIGTERM)


async def start(
    module: str, *arguments: str, env: Mapping[str, str], cwd: Path = ROOT, output: Path, errors: Path | None = None
) -> WarmProcess:
    """Start `python -m MODULE ARGUMENTS`.

    Args:
        env: the whole environment.
        output: a file to which it adds what it prints; its errors too, where they have no file of their own.
    """
    output.touch()
    request = {"argv": [module, *arguments], "env": dict(env), "cwd": str(cwd), "output": str(output)}
    starting = asyncio.create_task(_ask(request | {"errors": str(errors or output)}))
    try:
        return await asyncio.shield(starting)
    except asyncio.CancelledError:  # nobody else would know of it
        (await starting).kill()
        raise


async def _ask(request: Mapping[str, object]) -> WarmProcess:
    reader, writer = await asyncio.open_unix_connection(_server())
    writer.write(json.dumps(request).encode() + b"\n")
    return WarmProcess(int(await reader.readline()), reader, writer)


@cache
def _server() -> str:
    """Start what the processes are forked from, once; it ends with this process."""
    path = f"{tempfile.mkdtemp(prefix='emobot-warm-')}/socket"
    command = [sys.executable, "-m", "tests.warm", path]
    server = subprocess.Popen(command, cwd=ROOT, stdin=-1, stdout=-1, start_new_session=True)
    assert server.stdout is not None
    server.stdout.readline()

    def end() -> None:
        with suppress(subprocess.TimeoutExpired):
            server.communicate(timeout=2)
        with suppress(ProcessLookupError):
            os.killpg(server.pid, signal.SIGKILL)  # what a test has left, when it was cut
        server.communicate()
        Path(path).unlink(missing_ok=True)
        Path(path).parent.rmdir()

    atexit.register(end)
    return path


def serve(path: str) -> dict[str, object]:
    """Fork a process for each request, until our input ends; returns the request, in the process that is to run it."""
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(path)
        listener.listen()
        print("ready", flush=True)
        while True:
            ready, _, _ = select.select([listener, sys.stdin], [], [], 1.0)
            with suppress(ChildProcessError):
                while os.waitpid(-1, os.WNOHANG)[0]:
                    pass
            if sys.stdin in ready:
                os._exit(0)
            if listener in ready:
                connection, _ = listener.accept()
                if not os.fork():
                    listener.close()
                    return keep(connection)
                connection.close()


def keep(connection: socket.socket) -> dict[str, object]:
    """Start one process, and say its number and in the end its status."""
    with connection, connection.makefile("rw") as talk:
        request: dict[str, object] = json.loads(talk.readline())
        if not (pid := os.fork()):
            return request
        print(pid, file=talk, flush=True)
        status = os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])
        with suppress(OSError):
            print(status, file=talk, flush=True)
        os._exit(0)


def become(argv: list[str], env: dict[str, str], cwd: str, output: str, errors: str) -> None:
    """Run a module as if this process had been started for it."""
    signal.signal(signal.SIGUSR1, signal.SIG_IGN)  # the fault harness may send it before somebody listens
    for number, path, flags in ((0, os.devnull, os.O_RDONLY), (1, output, os.O_WRONLY), (2, errors, os.O_WRONLY)):
        file = os.open(path, flags | os.O_APPEND | os.O_CREAT, 0o644)
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(env)
    os.chdir(cwd)
    random.seed()
    sys.argv = argv
    runpy.run_module(argv[0], run_name="__main__", alter_sys=True)


if __name__ == "__main__":
    for name in LOADED:
        __import__(name)
    gc.freeze()
    become(**serve(sys.argv[1]))  # type: ignore[arg-type]
