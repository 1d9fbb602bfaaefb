"""The process from which the limited children are forked; `bot.media.child` starts it and talks to it.

It has the decoders loaded already, so a child costs a fork and no imports. It owns no secret (its environment is made
for it), no thread and no event loop. For each job it is handed one end of a socket pair, forks, and forgets both::

    child  → the bot   its process id, 4 bytes, with a descriptor of itself where there are such
    the bot → child    length, JSON of a request (see `bot.media.child`)
    child  → the bot   length, a question for a signature; the bot → child   length, the signature (of one job only)
    child  → the bot   length, an answer (see `bot.media.answers`); nothing when the child died

When the bot ends, however it ends, its end of the control socket closes; this process then kills its whole process
group, children included.
"""

import contextlib
import gc
import importlib
import json
import math
import os
import resource
import signal
import socket
import sys
from functools import cache, partial
from pathlib import Path
from typing import Any, NoReturn

from bot.media import signing
from bot.media.answers import LENGTH, pack_error, pack_question, pack_result
from bot.media.confinement import confine, prepare

PRELOADED = ("portrait", "voice", "video", "formats", "finishing", "duet", "kind", "sheet", "signing")
LOADED_LATE = ("av.subtitles.stream", "numpy.ma")
"""What libraries load when it is first wanted; each child would do so anew."""
MAX_FILE_BYTES = 512 * 1024 * 1024
MAX_OPEN_FILES = 64


def serve(control: socket.socket) -> None:
    """Fork a child for every socket that arrives, until the other side is gone."""
    while True:
        _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not descriptors:
            return
        with socket.socket(fileno=descriptors[0]) as job, contextlib.suppress(OSError):  # the bot sees a closed socket
            if os.fork() == 0:
                control.close()
                _work(job)


def _work(job: socket.socket) -> NoReturn:
    """Run a child from its fork to its exit."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())  # or decoders would write into the bot's log
        _say_hello(job)
        (length,) = LENGTH.unpack(_receive(job, LENGTH.size))
        request = _receive(job, length)
        signing.ask_for_signature = partial(_ask_for_signature, job.fileno())
        answer = _perform(request)
        rest = memoryview(LENGTH.pack(len(answer)) + answer)
        while rest:
            rest = rest[os.write(job.fileno(), rest) :]
    finally:
        os._exit(0)


def _say_hello(job: socket.socket) -> None:
    process = os.getpid()
    descriptors = [os.pidfd_open(process)] if hasattr(os, "pidfd_open") else []
    socket.send_fds(job, [LENGTH.pack(process)], descriptors)
    for descriptor in descriptors:
        os.close(descriptor)


def _perform(request: bytes) -> bytes:
    """Do a job within the limits and pack what came of it."""
    try:
        asked = json.loads(request)
        module, _, name = asked["name"].partition(":")
        function = getattr(importlib.import_module(module), name)
        sources, target = asked["sources"], asked["target"]
        files = map(Path, [*sources, *([target] if target else [])])
        _limit(asked["seconds"], asked["memory_mb"])
        confine(sources, target)
        return pack_result(function(*files, **asked["options"]))
    except BaseException as error:
        return pack_error(error)


def _ask_for_signature(job: int, data: bytes) -> bytes:
    """Let the bot sign something: it has the key. A confined child may read and write its end of the socket."""
    question = pack_question(data)
    os.write(job, LENGTH.pack(len(question)) + question)
    (length,) = LENGTH.unpack(os.read(job, LENGTH.size))
    return os.read(job, length)


def _limit(seconds: float, memory_mb: int) -> None:
    """Memory comes on top of what the loaded decoders already map; the alarm is for a bot that can no longer kill."""
    memory = mapped_bytes() + memory_mb * 1024 * 1024
    processor_seconds = math.ceil(seconds)
    for kind, limit in (
        (resource.RLIMIT_AS, memory),
        (resource.RLIMIT_CPU, processor_seconds),
        (resource.RLIMIT_FSIZE, MAX_FILE_BYTES),
        (resource.RLIMIT_NOFILE, MAX_OPEN_FILES),
        (resource.RLIMIT_CORE, 0),
    ):
        _, ceiling = resource.getrlimit(kind)
        if ceiling != resource.RLIM_INFINITY:
            limit = min(limit, ceiling)
        resource.setrlimit(kind, (limit, limit))
    signal.setitimer(signal.ITIMER_REAL, seconds + 1)


@cache
def mapped_bytes() -> int:
    """Return the memory that the loaded decoders map, read once: it is the same in every child."""
    try:
        return int(Path("/proc/self/statm").read_text("ascii").split()[0]) * resource.getpagesize()
    except OSError:  # not Linux, where the limit is not held anyway
        return 1024 * 1024 * 1024


def _receive(job: socket.socket, length: int) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        part = job.recv(length - len(parts))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def main(argv: list[str]) -> Any:
    """Run the decoder server on the control socket whose descriptor is given."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children, so none becomes a zombie
    for name in (*(f"bot.media.{name}" for name in PRELOADED), *LOADED_LATE):
        importlib.import_module(name)
    prepare()
    mapped_bytes()
    gc.freeze()
    serve(socket.socket(fileno=int(argv[-1])))
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv)
