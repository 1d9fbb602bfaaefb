"""Landlock: which files a process may open from now on, whatever its user may; see Linux' `landlock(7)`."""

import contextlib
import ctypes
import os
import struct
import sys
import sysconfig
from collections.abc import Iterator
from functools import cache
from pathlib import Path

from bot.media.system import call

CREATE_RULESET, ADD_RULE, RESTRICT_SELF = 444, 445, 446
"""System calls; their numbers are the same on all processors."""
VERSION_WANTED = 1
PATH_BENEATH = 1

WRITE_FILE, READ_FILE, READ_DIR, TRUNCATE = 1 << 1, 1 << 2, 1 << 3, 1 << 14
FILES = ((1, (1 << 13) - 1), (2, 1 << 13), (3, TRUNCATE), (5, 1 << 15))
"""What may be forbidden about files, and the version that came with it; all of it is."""
NETWORK = ((4, 0b11),)
"""Binding and connecting TCP."""
SCOPES = ((6, 0b11),)
"""Abstract Unix sockets and signals out of this process."""


def landlock_version() -> int:
    """Return the version that the kernel offers; 0 for none."""
    if not sys.platform.startswith("linux"):
        return 0
    try:
        return call(CREATE_RULESET, None, 0, VERSION_WANTED)
    except OSError:
        return 0


def restrict_files(version: int, sources: list[str], target: str | None) -> None:
    """Let this process open nothing but these files, and read what Python and its libraries load.

    Args:
        version: that the kernel offers.
        sources: files that may be read.
        target: the one that may be written.

    Raises:
        OSError: a file is missing, or the kernel refuses.
    """
    handled = [sum(bits for since, bits in known if since <= version) for known in (FILES, NETWORK, SCOPES)]
    attributes = struct.pack("QQQ", *handled)
    ruleset = call(CREATE_RULESET, ctypes.c_char_p(attributes), len(attributes), 0)
    try:
        for library in library_folders():
            _allow(ruleset, library, READ_FILE | READ_DIR)
        for source in sources:
            with _opened(source) as descriptor:
                _allow(ruleset, descriptor, READ_FILE)
        if target is not None:
            with _opened(target) as descriptor:
                _allow(ruleset, descriptor, (READ_FILE | WRITE_FILE | TRUNCATE) & handled[0])
        call(RESTRICT_SELF, ruleset, 0)
    finally:
        os.close(ruleset)


@cache
def library_folders() -> tuple[int, ...]:
    """Descriptors of the folders from which Python and its libraries load; opened once, and kept."""
    named = [sysconfig.get_path(name) for name in ("stdlib", "platstdlib", "purelib", "platlib")]
    named += [str(Path(__file__).parent), "/usr/lib", "/usr/lib64", "/lib", "/lib64"]
    folders = {os.path.realpath(name) for name in named}
    return tuple(os.open(folder, os.O_PATH | os.O_CLOEXEC) for folder in sorted(folders) if Path(folder).is_dir())


@contextlib.contextmanager
def _opened(path: str) -> Iterator[int]:
    descriptor = os.open(path, os.O_PATH | os.O_CLOEXEC)
    try:
        yield descriptor
    finally:
        os.close(descriptor)


def _allow(ruleset: int, descriptor: int, rights: int) -> None:
    rule = struct.pack("=Qi", rights, descriptor)
    call(ADD_RULE, ruleset, PATH_BENEATH, ctypes.c_char_p(rule), 0)
