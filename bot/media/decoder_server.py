"""The process from which the limited children are forked; `bot.media.child` starts it and talks to it.

It has the decoders loaded already, so a child costs a fork and no imports. It owns no secret (its environment is made
for it), no thread and no event loop. For each job it is handed one end of a socket pair, forks, and forgets both::

    child  → the bot   its process id, 4 bytes
    the bot → child    length, pickle of (function, args, kwargs, seconds, memory in MB)
    child  → the bot   length, pickle of the answer (see `_perform`); nothing when the child died

When the bot ends, however it ends, its end of the control socket closes; this process then kills its whole process
group, children included.
"""

import contextlib
import errno
import gc
import importlib
import math
import os
import pickle
import resource
import signal
import socket
import struct
import sys
import traceback
from pathlib import Path
from typing import Any, NoReturn

from bot.media.errors import MediaError

PRELOADED = ("bot.media.portrait", "bot.media.voice", "bot.media.video")
LENGTH = struct.Struct("!I")
MAX_FILE_BYTES = 512 * 1024 * 1024
MAX_OPEN_FILES = 64
TOO_HARD = pickle.dumps(("too hard",))


def serve(control: socket.socket) -> None:
    """Forks a child for every socket that arrives, until the other side is gone."""
    while True:
        _, descriptors, _, _ = socket.recv_fds(control, 1, 1)
        if not descriptors:
            return
        with socket.socket(fileno=descriptors[0]) as job, contextlib.suppress(OSError):  # the bot sees a closed socket
            if os.fork() == 0:
                control.close()
                _work(job)


def _work(job: socket.socket) -> NoReturn:
    """The whole life of a child."""
    try:
        signal.signal(signal.SIGCHLD, signal.SIG_DFL)
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stderr.fileno())  # else strangers' files write in the bot's log
        job.sendall(LENGTH.pack(os.getpid()))
        (length,) = LENGTH.unpack(_receive(job, LENGTH.size))
        answer = _perform(_receive(job, length))
        job.sendall(LENGTH.pack(len(answer)) + answer)
    finally:
        os._exit(0)


def _perform(request: bytes) -> bytes:
    """Calls the function within the limits and packs what came of it."""
    try:
        function, args, kwargs, seconds, memory_mb = pickle.loads(request)  # noqa: S301 - the bot's own words
        _limit(seconds, memory_mb)
        return pickle.dumps(("result", function(*args, **kwargs)))
    except MediaError as error:
        return pickle.dumps(("unfit", error.reason.value, error.facts))
    except MemoryError:
        return TOO_HARD
    except OSError as error:
        if error.errno in (errno.EFBIG, errno.ENOMEM, errno.EMFILE):
            return TOO_HARD
        return pickle.dumps(("system", error.errno, str(error.strerror or error), str(error.filename or "")))
    except BaseException:
        return pickle.dumps(("bug", traceback.format_exc()))


def _limit(seconds: float, memory_mb: int) -> None:
    """Memory comes on top of what the loaded decoders already map; the alarm is for a bot that can no longer kill."""
    memory = _mapped_bytes() + memory_mb * 1024 * 1024
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


def _mapped_bytes() -> int:
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
    """Runs the decoder server on the control socket whose descriptor is given."""
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    signal.signal(signal.SIGCHLD, signal.SIG_IGN)  # nobody waits for the children, so none becomes a zombie
    for name in PRELOADED:
        importlib.import_module(name)
    gc.freeze()
    serve(socket.socket(fileno=int(argv[1])))
    os.killpg(0, signal.SIGKILL)


if __name__ == "__main__":
    main(sys.argv)
