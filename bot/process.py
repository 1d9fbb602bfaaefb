"""The bot as a process: the only one of its data directory, and ended in time by SIGTERM or Ctrl-C."""

import asyncio
import fcntl
import logging
import os
import signal
import stat
import sys
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import NoReturn

import structlog

from bot.errors import OperatorError
from bot.media.child import run_limited
from bot.media.decoder_process import close_decoder_server
from bot.media.errors import ChildError, MediaError
from bot.media.jobs import read_confinement
from bot.media.system import control_process

log = structlog.get_logger(__name__)

SET_DUMPABLE = 4

LAST_SECONDS = 8.0
"""After which a stop ends whatever is still under way, as a kill does: the next start takes it up."""


def hide_memory() -> None:
    """Let no other program of this user look into the memory, the environment or the open files of this one."""
    if sys.platform.startswith("linux"):
        control_process(SET_DUMPABLE, 0)


@contextmanager
def only_process(data_dir: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold the data directory for this process alone, and let nobody else on this machine read it.

    Args:
        shared: hold it with others that share it; nobody has it alone meanwhile.
    """
    data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    with (data_dir / "lock").open("w") as file:
        try:
            fcntl.flock(file, (fcntl.LOCK_SH if shared else fcntl.LOCK_EX) | fcntl.LOCK_NB)
        except BlockingIOError:
            raise OperatorError(f"another emobot uses {data_dir}: stop it, or give this one another DATA_DIR") from None
        close_to_others(data_dir)
        yield


def close_to_others(folder: Path) -> None:
    """Take from everybody but its owner what they may do with a folder and all in it, links aside."""
    strange = 0
    for place, folders, files in os.walk(folder):
        for path in (Path(place), *(Path(place, name) for name in files)):
            try:
                mode = path.lstat().st_mode
                if mode & 0o077 and not stat.S_ISLNK(mode):
                    path.chmod(stat.S_IMODE(mode) & 0o700)
            except FileNotFoundError:  # of the database, which another program may look into
                continue
            except PermissionError:
                strange += 1
        folders[:] = [name for name in folders if not Path(place, name).is_symlink()]
    if strange:
        log.warning(
            "others can read some of DATA_DIR: it is not this user's to close", folder=str(folder), count=strange
        )


def on_signals(do: Callable[[], object]) -> None:
    """What SIGTERM and Ctrl-C do from now on."""
    for number in (signal.SIGTERM, signal.SIGINT):
        asyncio.get_running_loop().add_signal_handler(number, do)


async def tell_confinement() -> None:
    """Log what does not confine the decoders here; nothing where all of it does."""
    try:
        lacks = (await run_limited(read_confinement())).lacks
    except (ChildError, MediaError) as error:
        lacks = [str(error)]
    if lacks:
        log.warning("strangers' files are decoded less confined than they could be", why="; ".join(lacks))


def end_soon(status: int) -> None:
    """See that the process ends in time, also while another program holds the database."""

    def end() -> None:
        log.warning("the stop took too long: the next start takes up what was under way")
        os._exit(status)

    timer = threading.Timer(LAST_SECONDS, end)
    timer.daemon = True
    timer.start()


def exit_process(status: int) -> NoReturn:
    """End at once: all is closed, and Python takes half a second to take itself apart, on a busy machine three."""
    close_decoder_server()
    logging.shutdown()
    sys.stdout.flush()
    sys.stderr.flush()
    os._exit(status)
