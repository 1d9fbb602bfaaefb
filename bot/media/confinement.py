"""What a child gives up before it reads a stranger's bytes, for good and for all its threads.

Privileges: root's, and those that other programs would give it. Files: it opens its sources to read and its target to
write, and makes, moves and removes none. System calls: those of a decoder.

Where a kernel lacks one of these the others hold; `read_confinement` says which do.
"""

import os
import signal
import sys

from bot.media.facts import Confinement
from bot.media.landlock import landlock_version, library_folders, restrict_files
from bot.media.seccomp import common_rules, restrict_calls, seccomp_offered
from bot.media.system import control_process, drop_capabilities

SET_PARENT_DEATH_SIGNAL, SET_NO_NEW_PRIVILEGES = 1, 38

_offered = _held = Confinement(landlock=0, seccomp=False)


def prepare() -> None:
    """Give up the privileges of the decoder server, and find out once what the kernel offers its children.

    Raises:
        OSError: the kernel refuses.
    """
    global _offered
    if not sys.platform.startswith("linux"):
        return
    drop_capabilities()
    control_process(SET_NO_NEW_PRIVILEGES, 1)
    _offered = Confinement(landlock_version(), seccomp_offered())
    if _offered.landlock:
        library_folders()
    if _offered.seccomp:
        common_rules()


def confine(sources: list[str], target: str | None) -> None:
    """Confine this child, which has one thread, to its job.

    Raises:
        OSError: a file is missing, or the kernel refuses what it offers.
    """
    global _held
    if sys.platform.startswith("linux"):
        control_process(SET_PARENT_DEATH_SIGNAL, signal.SIGKILL)
    if _offered.landlock:
        restrict_files(_offered.landlock, sources, target)
    if _offered.seccomp:
        restrict_calls(os.getpid())
    _held = _offered


def read_confinement() -> Confinement:
    """Tell what holds in this process."""
    return _held
