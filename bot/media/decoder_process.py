"""The bot's hold on its decoder server: started when it is first wanted, and again when it has died."""

import atexit
import contextlib
import os
import signal
import socket
import subprocess
import sys
import threading
from dataclasses import dataclass
from pathlib import Path

SERVER = ("-P", "-m", "bot.media.decoder_server")
"""What Python runs; the number of the control socket follows."""
KEPT_ENVIRONMENT = ("PATH", "LANG", "LC_ALL", "LC_CTYPE", "TZ", "TMPDIR", "LD_LIBRARY_PATH", "DYLD_LIBRARY_PATH")


class DecoderServerGone(Exception):
    """It died before a child could begin."""


@dataclass(frozen=True)
class _DecoderServer:
    process: subprocess.Popen[bytes]
    control: socket.socket
    owner: int
    """Process id of the bot that started it: after a fork of the bot it is not the child's."""

    def close(self) -> None:
        """End it and its children."""
        self.control.close()
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()


_decoder_server: _DecoderServer | None = None
_lock = threading.Lock()


def admit() -> socket.socket:
    """Let a child begin; returns our end of its socket.

    Raises:
        DecoderServerGone: There is nobody to fork it.
    """
    decoder_server = open_decoder_server()
    ours, theirs = socket.socketpair()
    ours.setblocking(False)
    with theirs:
        try:
            socket.send_fds(decoder_server.control, [b"j"], [theirs.fileno()])
        except OSError as error:
            ours.close()
            raise DecoderServerGone from error
    return ours


def open_decoder_server() -> _DecoderServer:
    """Return the decoder server of this process, started where there is none."""
    global _decoder_server
    with _lock:
        if _decoder_server is not None and _decoder_server.owner == os.getpid():
            if _decoder_server.process.poll() is None:
                return _decoder_server
            _decoder_server.close()
        ours, theirs = socket.socketpair()
        with theirs:
            process = subprocess.Popen(  # noqa: S603 - our own module
                [sys.executable, *SERVER, str(theirs.fileno())],
                cwd="/",
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
    """End the decoder server and its children, if this process has one."""
    if _decoder_server is not None and _decoder_server.owner == os.getpid():
        _decoder_server.close()


def _environment() -> dict[str, str]:
    """Only what a decoder needs: no token, key or password of the bot is among it."""
    kept = {name: os.environ[name] for name in KEPT_ENVIRONMENT if name in os.environ}
    search = os.pathsep.join(str(Path(folder).absolute()) for folder in sys.path)
    return kept | {"PYTHONPATH": search, "OPENBLAS_NUM_THREADS": "1", "OMP_NUM_THREADS": "1", "MALLOC_ARENA_MAX": "2"}
