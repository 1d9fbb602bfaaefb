"""Strangers' files are decoded in a child process that may take only so much time and memory.

Not multiprocessing's `forkserver`: that imports the program's `__main__` again in every child, hands the environment
with its secrets on, blocks the event loop while a child starts, and leaves the children of a killed bot to themselves.
`bot.media.decoder_server`, one process forked from for every job, does less and does that.

What a child answers has been near a stranger's bytes, so it may only be plain values, dataclasses and enums of the
called function's module or of this package; nothing else is unpickled.
"""

import asyncio
import atexit
import contextlib
import enum
import io
import os
import pickle
import signal
import socket
import subprocess
import sys
import threading
from collections.abc import Callable
from dataclasses import dataclass, is_dataclass
from pathlib import Path
from typing import Any, TypeVar
from weakref import WeakKeyDictionary

from bot.media.decoder_server import LENGTH
from bot.media.errors import MediaError, Reason

T = TypeVar("T")

START_SECONDS = 60.0
"""How long a decoder server may take to load the decoders, on a slow and busy machine."""
MAX_ANSWER_BYTES = 16 * 1024 * 1024
KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


class ChildError(Exception):
    """The called function has a bug, or no child can be started; the text is its traceback."""


@dataclass(frozen=True)
class _DecoderServer:
    process: subprocess.Popen[bytes]
    control: socket.socket
    owner: int
    """Process id of the bot that started it: after a fork of the bot it is not the child's."""

    def close(self) -> None:
        """Ends it and its children."""
        self.control.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


class _DecoderServerGoneError(Exception):
    """It died before a child could begin."""


_decoder_server: _DecoderServer | None = None
_decoder_server_lock = threading.Lock()
_slots: WeakKeyDictionary[asyncio.AbstractEventLoop, asyncio.Semaphore] = WeakKeyDictionary()


async def run_limited(
    function: Callable[..., T], *args: Any, seconds: float = 30.0, memory_mb: int = 1024, **kwargs: Any
) -> T:
    """Calls a module-level function in a child process of its own; as many run at once as there are processors.

    Args:
        function: Picklable by name, as are its arguments.
        *args: Its arguments.
        seconds: Wall clock and processor time that it may take; waiting for a free processor does not count.
        memory_mb: Memory that it may take, on top of what the loaded decoders map.
        **kwargs: Its named arguments.

    Raises:
        MediaError: What the function raised, or TOO_HARD when it went over a limit or died.
        OSError: What the function raised, such as a full disk.
        ChildError: The function raised anything else.
    """
    request = pickle.dumps((function, args, kwargs, seconds, memory_mb))
    slots = _slots.setdefault(asyncio.get_running_loop(), asyncio.Semaphore(os.cpu_count() or 1))
    async with slots:
        try:
            answer = await _ask_child(request, seconds)
        except _DecoderServerGoneError:
            close_decoder_server()
            try:
                answer = await _ask_child(request, seconds)
            except _DecoderServerGoneError as error:
                raise ChildError("no process can be started for decoding: too little memory?") from error
    return _unpack(answer, function.__module__)  # type: ignore[no-any-return]


def warm_up() -> None:
    """Starts the decoder server, which loads the decoders (about half a second) while the caller goes on."""
    _open_decoder_server()


async def _ask_child(request: bytes, seconds: float) -> bytes:
    """Hands a request to a new child and waits for its answer; the child is gone afterwards, whatever happens."""
    loop = asyncio.get_running_loop()
    with _admit() as job:
        (process,) = LENGTH.unpack(await _hello(loop, job, request))
        try:
            async with asyncio.timeout(seconds):
                (length,) = LENGTH.unpack(await _receive(loop, job, LENGTH.size))
                if length > MAX_ANSWER_BYTES:
                    raise MediaError(Reason.TOO_HARD)
                return await _receive(loop, job, length)
        except BaseException as error:  # also when the caller is cancelled
            with contextlib.suppress(ProcessLookupError):
                os.kill(process, signal.SIGKILL)
            if isinstance(error, TimeoutError | EOFError | ConnectionError):
                raise MediaError(Reason.TOO_HARD) from error
            raise


async def _hello(loop: asyncio.AbstractEventLoop, job: socket.socket, request: bytes) -> bytes:
    """What a child says when it begins; the request lies ready for it, so that it waits for nothing of ours."""
    try:
        async with asyncio.timeout(START_SECONDS):
            await loop.sock_sendall(job, LENGTH.pack(len(request)) + request)
            return await _receive(loop, job, LENGTH.size)
    except (TimeoutError, EOFError, ConnectionError) as error:
        raise _DecoderServerGoneError from error


async def _receive(loop: asyncio.AbstractEventLoop, job: socket.socket, length: int) -> bytes:
    parts = bytearray()
    while len(parts) < length:
        part = await loop.sock_recv(job, length - len(parts))
        if not part:
            raise EOFError
        parts += part
    return bytes(parts)


def _admit() -> socket.socket:
    """Our end of a new child's socket."""
    decoder_server = _open_decoder_server()
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with theirs:
        try:
            socket.send_fds(decoder_server.control, [b"j"], [theirs.fileno()])
        except OSError as error:
            ours.close()
            raise _DecoderServerGoneError from error
    return ours


def _open_decoder_server() -> _DecoderServer:
    global _decoder_server
    with _decoder_server_lock:
        if _decoder_server is not None and _decoder_server.owner == os.getpid():
            if _decoder_server.process.poll() is None:
                return _decoder_server
            _decoder_server.close()
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, "-P", "-m", "bot.media.decoder_server", str(theirs.fileno())],
                env=_environment(),
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                pass_fds=[theirs.fileno()],
                start_new_session=True,
            )
        _decoder_server = _DecoderServer(process, ours, os.getpid())
        return _decoder_server


@atexit.register
def close_decoder_server() -> None:
    """Ends the decoder server and its children, if this process has one."""
    if _decoder_server is not None and _decoder_server.owner == os.getpid():
        _decoder_server.close()


def _environment() -> dict[str, str]:
    """Only what a decoder needs: no token, key or password of the bot is among it."""
    kept = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    search = os.pathsep.join(str(Path(folder).absolute()) for folder in sys.path)
    return kept | {"PYTHONPATH": search, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}


class _Values(pickle.Unpickler):
    """Unpickles plain values, and dataclasses and enums of one module and of this package."""

    def __init__(self, packed: bytes, module: str) -> None:
        super().__init__(io.BytesIO(packed))
        self._module = module

    def find_class(self, module: str, name: str) -> Any:
        if module == self._module or module.startswith("bot.media."):
            kind = super().find_class(module, name)
            if (
                isinstance(kind, type)
                and kind.__module__ == module
                and (is_dataclass(kind) or issubclass(kind, enum.Enum))
            ):
                return kind
        raise pickle.UnpicklingError(f"a child may not answer with {module}.{name}")


def _unpack(answer: bytes, module: str) -> Any:
    """The result of the function, or the error that it raised."""
    try:
        kind, *parts = _Values(answer, module).load()
    except Exception as error:
        raise ChildError(f"the child's answer cannot be read: {error}") from error
    match kind:
        case "result":
            return parts[0]
        case "unfit":
            raise MediaError(Reason(parts[0]), **parts[1])
        case "system" if parts[0]:
            raise OSError(*parts)
        case "too hard":
            raise MediaError(Reason.TOO_HARD)
    raise ChildError(f"the child failed:\n{parts[-1]}")
