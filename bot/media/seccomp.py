"""A filter of system calls: what a decoder needs, and nothing else; see Linux' `seccomp(2)`.

A list of what is allowed, because the list of what is not would have to grow with every kernel: no socket, no other
process, no signal to another, no name in the file system made, moved or removed, no tracing, no keys, no mounts.
"""

import ctypes
import errno
import platform
import struct
import sys
from functools import cache

from bot.media.system import control_process

SET_SECCOMP, FILTER_MODE, GET_SECCOMP = 22, 2, 21
ALLOW, REFUSE, KILL = 0x7FFF0000, 0x00050000, 0x80000000
LOAD, EQUAL, AT_LEAST, ANY_BIT, RETURN = 0x20, 0x15, 0x35, 0x45, 0x06
NUMBER, ARCHITECTURE, ARGUMENTS = 0, 4, 16
"""Where they are in what a filter sees; each argument has eight bytes, of which the first four are looked at."""

ARCHITECTURES = {"x86_64": 0xC000003E, "aarch64": 0xC00000B7}
NEWEST = 462
"""The last call that this list knows. A later one is answered as by an older kernel, to which libraries are used."""

THREAD = 0x00010000
NAMES = (15, 16)
"""Of threads: set and read."""
DESCRIPTOR_COMMANDS = (0, 1, 2, 3, 4, 1030)
"""Copy a descriptor, read and set its flags; not who gets its signals."""

ALLOWED = {
    # files that are open, or may be opened
    **{"read": (0, 63), "write": (1, 64), "open": (2,), "close": (3, 57), "stat": (4,), "fstat": (5, 80)},
    **{"lstat": (6,), "lseek": (8, 62), "pread64": (17, 67), "pwrite64": (18, 68), "readv": (19, 65)},
    **{"writev": (20, 66), "access": (21,), "dup": (32, 23), "fsync": (74, 82), "fdatasync": (75, 83)},
    **{"ftruncate": (77, 46), "getcwd": (79, 17), "readlink": (89,), "getdents64": (217, 61)},
    **{"fadvise64": (221, 223), "openat": (257, 56), "newfstatat": (262, 79), "readlinkat": (267, 78)},
    **{"faccessat": (269, 48), "fallocate": (285, 47), "dup3": (292, 24), "statx": (332, 291)},
    **{"faccessat2": (439, 439)},
    # memory
    **{"mmap": (9, 222), "mprotect": (10, 226), "munmap": (11, 215), "brk": (12, 214), "mremap": (25, 216)},
    **{"madvise": (28, 233)},
    # threads, and waiting for each other
    **{"sched_yield": (24, 124), "futex": (202, 98), "sched_getaffinity": (204, 123), "exit": (60, 93)},
    **{"set_tid_address": (218, 96), "set_robust_list": (273, 99), "getcpu": (309, 168), "membarrier": (324, 283)},
    **{"rseq": (334, 293), "exit_group": (231, 94), "poll": (7,), "select": (23,), "pselect6": (270, 72)},
    **{"ppoll": (271, 73)},
    # signals to itself
    **{"rt_sigaction": (13, 134), "rt_sigprocmask": (14, 135), "rt_sigreturn": (15, 139), "sigaltstack": (131, 132)},
    **{"restart_syscall": (219, 128)},
    # time, chance, and who it is
    **{"nanosleep": (35, 101), "gettimeofday": (96, 169), "time": (201,), "clock_gettime": (228, 113)},
    **{"clock_getres": (229, 114), "clock_nanosleep": (230, 115), "getrandom": (318, 278), "getpid": (39, 172)},
    **{"getppid": (110, 173), "gettid": (186, 178), "getuid": (102, 174), "getgid": (104, 176)},
    **{"geteuid": (107, 175), "getegid": (108, 177), "uname": (63, 160), "getrusage": (98, 165)},
    **{"sysinfo": (99, 179), "times": (100, 153)},
}
"""System calls and their numbers on x86_64 and aarch64; those with one number are of x86_64 alone."""

CLONE, CLONE3, FCNTL, PRCTL, PRLIMIT, TGKILL = (56, 220), (435, 435), (72, 25), (157, 167), (302, 261), (234, 131)
"""Allowed with some arguments only."""


def seccomp_offered() -> bool:
    """Return whether the kernel has filters, and this list knows the processor."""
    if not sys.platform.startswith("linux") or platform.machine() not in ARCHITECTURES:
        return False
    try:
        control_process(GET_SECCOMP)
    except OSError:
        return False
    return True


def restrict_calls(process: int) -> None:
    """Let this process make no other system calls.

    Args:
        process: its own id.

    Raises:
        OSError: the kernel refuses; it wants a process without new privileges.
    """
    head, tail = common_rules()
    program = head + _for(_number(TGKILL), _if(EQUAL, 0, (process,))) + tail
    code = ctypes.create_string_buffer(program, len(program))
    pointer = ctypes.c_void_p(ctypes.addressof(code))
    header = struct.pack("HxxxxxxQ", len(program) // 8, pointer.value)
    control_process(SET_SECCOMP, FILTER_MODE, ctypes.c_char_p(header))


@cache
def common_rules() -> tuple[bytes, bytes]:
    """Return what comes before the one rule that knows the process, and what comes behind it."""
    allowed = (number for number in map(_number, ALLOWED.values()) if number is not None)
    head = [
        _line(LOAD, ARCHITECTURE),
        _line(EQUAL, ARCHITECTURES[platform.machine()], 1, 0),
        _line(RETURN, KILL),
        _line(LOAD, NUMBER),
        *(_for(number, _line(RETURN, ALLOW)) for number in sorted(allowed)),
    ]
    tail = [
        _for(_number(CLONE), _if(ANY_BIT, 0, (THREAD,))),
        _for(_number(CLONE3), _line(RETURN, REFUSE | errno.ENOSYS)),  # its flags lie where no filter sees them
        _for(_number(FCNTL), _if(EQUAL, 1, DESCRIPTOR_COMMANDS)),
        _for(_number(PRCTL), _if(EQUAL, 0, NAMES)),
        _for(_number(PRLIMIT), _read_limit()),
        _line(AT_LEAST, NEWEST + 1, 0, 1) + _line(RETURN, REFUSE | errno.ENOSYS),
        _line(RETURN, REFUSE | errno.EPERM),
    ]
    return b"".join(head), b"".join(tail)


def _number(numbers: tuple[int, ...]) -> int | None:
    place = list(ARCHITECTURES).index(platform.machine())
    return numbers[place] if place < len(numbers) else None


def _for(number: int | None, then: bytes) -> bytes:
    """Return the rule for one call; other calls skip it."""
    return _line(EQUAL, number or 0, 0, len(then) // 8) + then


def _if(test: int, argument: int, values: tuple[int, ...]) -> bytes:
    """Allow a call if the test of an argument holds for one of the values; else refuse it."""
    tests = b"".join(_line(test, value, len(values) - place, 0) for place, value in enumerate(values))
    return _line(LOAD, ARGUMENTS + 8 * argument) + tests + _line(RETURN, REFUSE | errno.EPERM) + _line(RETURN, ALLOW)


def _read_limit() -> bytes:
    """Read one's own limits; set none, and touch nobody else's."""
    asked = [_line(LOAD, ARGUMENTS), _line(EQUAL, 0, 0, 4)]  # of itself
    asked += [_line(LOAD, ARGUMENTS + 16), _line(EQUAL, 0, 0, 2)]  # no new limit: both halves of its address
    asked += [_line(LOAD, ARGUMENTS + 20), _line(EQUAL, 0, 1, 0)]
    return b"".join(asked) + _line(RETURN, REFUSE | errno.EPERM) + _line(RETURN, ALLOW)


def _line(code: int, value: int, if_true: int = 0, if_false: int = 0) -> bytes:
    return struct.pack("=HBBI", code, if_true, if_false, value)
