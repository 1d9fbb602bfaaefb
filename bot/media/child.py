"""Decode strangers' files in a child process with limits on time and memory that can touch nothing else.

Not multiprocessing's `forkserver`: that imports the program's `__main__` again in every child, hands the environment
with its secrets on, blocks the event loop while a child starts, and leaves the children of a killed bot to themselves.
`bot.media.decoder_server`, one process forked from for every job, does less and does that.

The request is JSON, too: no decoder is loaded here, and nothing that came from a stranger is unpickled.
"""

import asyncio
import contextlib
import json
import os
import signal
import socket
import stat
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import TypeVar
from weakref import WeakKeyDictionary

from bot.media.answers import LENGTH, MAX_BYTES, read_answer, read_question
from bot.media.decoder_process import DecoderServerGone, admit, close_decoder_server, open_decoder_server
from bot.media.errors import ChildError, MediaError, Reason
from bot.media.jobs import Job

T = TypeVar("T")
Sign = Callable[[bytes], bytes]

START_SECONDS = 60.0
"""How long a decoder server may take to load the decoders, on a slow and busy machine."""

_slots: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


@dataclass(frozen=True)
class _Child:
    """A process; `descriptor` stands for it even when its id has gone to another, -1 where there is no such thing."""

    process: int
    descriptor: int

    def end(self) -> None:
        """Kill it, with its threads, whether it has done its job or goes on in secret."""
        with contextlib.suppress(ProcessLookupError):
            if self.descriptor < 0:
                os.kill(self.process, signal.SIGKILL)
            else:
                signal.pidfd_send_signal(self.descriptor, signal.SIGKILL)
        if self.descriptor >= 0:
            os.close(self.descriptor)


async def run_limited(job: Job[T], *, seconds: float = 30.0, memory_mb: int = 1024, sign: Sign | None = None) -> T:
    """Do a job in a child process of its own; as many run at once as there are processors.

    Its target is there afterwards, or not at all.

    Args:
        job: What to do.
        seconds: Wall clock and processor time that it may take; waiting for a free processor does not count.
        memory_mb: Memory that it may take, on top of what the loaded decoders map.
        sign: Signs what the job asks to have signed, once.

    Raises:
        MediaError: The file is unfit, or TOO_HARD when the job went over a limit or died.
        OSError: Such as a missing file, or a full disk.
        ChildError: The job failed in any other way.
    """
    request = {
        "name": job.name,
        "sources": [str(source.absolute()) for source in job.sources],
        "target": str(job.target.absolute()) if job.target else None,
        "options": dict(job.options),
        "seconds": seconds,
        "memory_mb": memory_mb,
    }
    slots = _slots.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(os.cpu_count() or 1))
    async with slots:
        with _written(job.target):
            return read_answer(await _ask_any_child(json.dumps(request).encode(), seconds, sign), job.answer)


def warm_up() -> None:
    """Start the decoder server, which loads the decoders (about half a second) while the caller goes on."""
    open_decoder_server()


@contextlib.contextmanager
def _written(target: Path | None) -> Iterator[None]:
    """Make the file that a child is to write, for it may make none; see that it is still that one, or remove it."""
    if target is None:
        yield
        return
    descriptor = os.open(target, os.O_WRONLY | os.O_CREAT | os.O_TRUNC | os.O_NOFOLLOW | os.O_CLOEXEC, 0o600)
    try:
        made = os.fstat(descriptor)
    finally:
        os.close(descriptor)
    try:
        yield
        if not _is_still(target, made):
            raise ChildError("the child put something else in the place of its file")
    except BaseException:
        target.unlink(missing_ok=True)
        raise


def _is_still(target: Path, made: os.stat_result) -> bool:
    try:
        found = target.lstat()
    except FileNotFoundError:
        return False
    return stat.S_ISREG(found.st_mode) and found.st_nlink == 1 and os.path.samestat(found, made)


async def _ask_any_child(request: bytes, seconds: float, sign: Sign | None) -> bytes:
    try:
        return await _ask_child(request, seconds, sign)
    except DecoderServerGone:
        close_decoder_server()
    try:
        return await _ask_child(request, seconds, sign)
    except DecoderServerGone as error:
        raise ChildError("no process can be started for decoding: too little memory?") from error


async def _ask_child(request: bytes, seconds: float, sign: Sign | None) -> bytes:
    """Hand a request to a new child and wait for its answer; the child is gone afterwards, whatever happens."""
    loop = asyncio.get_running_loop()
    with admit() as job:
        child = await _hello(loop, job, request)
        try:
            async with asyncio.timeout(seconds):
                message = await _read_message(loop, job)
                if sign is not None and (question := read_question(message)) is not None:
                    signature = sign(question)
                    await loop.sock_sendall(job, LENGTH.pack(len(signature)) + signature)
                    message = await _read_message(loop, job)
                return message
        except (TimeoutError, EOFError, ConnectionError) as error:
            raise MediaError(Reason.TOO_HARD) from error
        finally:
            child.end()


async def _read_message(loop: asyncio.AbstractEventLoop, job: socket.socket) -> bytes:
    (length,) = LENGTH.unpack(await _receive(loop, job, LENGTH.size))
    if length > MAX_BYTES:
        raise MediaError(Reason.TOO_HARD)
    return await _receive(loop, job, length)


async def _hello(loop: asyncio.AbstractEventLoop, job: socket.socket, request: bytes) -> _Child:
    """Return the process that took a job, when it begins."""
    try:
        async with asyncio.timeout(START_SECONDS):
            await loop.sock_sendall(job, LENGTH.pack(len(request)) + request)
            await _readable(job.fileno())
        hello, descriptors, _, _ = socket.recv_fds(job, LENGTH.size, 1)
        if len(hello) != LENGTH.size:
            raise EOFError
    except (TimeoutError, EOFError, ConnectionError) as error:
        raise DecoderServerGone from error
    (process,) = LENGTH.unpack(hello)
    return _Child(process, descriptors[0] if descriptors else -1)


async def _readable(descriptor: int) -> None:
    """Wait until there is something to read."""
    loop = asyncio.get_running_loop()
    ready = asyncio.Event()
    loop.add_reader(descriptor, ready.set)
    try:
        await ready.wait()
    finally:
        loop.remove_reader(descriptor)


async def _receive(loop: asyncio.AbstractEventLoop, job: socket.socket, length: int) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        part = await loop.sock_recv(job, length - len(parts))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)
