"""Looks at processes of this machine: by what Linux says itself, for a small Debian has no `ps`; else by `ps`."""

import os
import subprocess
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")
LINUX = (PROC / "self/stat").exists()


def family(pid: int) -> list[int]:
    """A process and all that descend from it."""
    parents, found = _parents(), [pid]
    for known in found:
        found += [child for child, parent in parents.items() if parent == known]
    return found


def command_of(pid: int) -> str:
    """The command line of a process; empty where it is gone."""
    if not LINUX:
        return _ps("-o", "args=", f"-p{pid}")
    try:
        return (PROC / str(pid) / "cmdline").read_text().replace("\0", " ")
    except OSError:
        return ""


def alive(pid: int) -> bool:
    """Whether a process is there; one that only waits to be asked for its end is not."""
    try:
        os.kill(pid, 0)
        return not LINUX or _fields(PROC / str(pid) / "stat")[0] != "Z"
    except (ProcessLookupError, FileNotFoundError):
        return False


def _parents() -> dict[int, int]:
    if not LINUX:
        pairs = (line.split() for line in _ps("-eo", "pid=,ppid=").splitlines())
        return {int(child): int(parent) for child, parent in pairs}
    parents = {}
    for stat in PROC.glob("[0-9]*/stat"):
        with suppress(OSError):  # it has ended since it was listed
            parents[int(stat.parent.name)] = int(_fields(stat)[1])
    return parents


def _fields(stat: Path) -> list[str]:
    """State, parent and so on: what stands behind the name, which may hold anything."""
    return stat.read_text().rpartition(")")[2].split()


def _ps(*options: str) -> str:
    return subprocess.run(["ps", *options], capture_output=True, text=True, check=False).stdout
