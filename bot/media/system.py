"""System calls for which Python has no function."""

import ctypes
import os
from typing import Any

_libc = ctypes.CDLL(None, use_errno=True)
_libc.syscall.restype = ctypes.c_long


def call(number: int, *arguments: Any) -> int:
    """Make a system call and return its result.

    Raises:
        OSError: the kernel refuses.
    """
    return _checked(_libc.syscall(ctypes.c_long(number), *map(_wide, arguments)))


def control_process(operation: int, *arguments: Any) -> int:
    """Change something about this process, as `prctl(2)` does.

    Raises:
        OSError: the kernel refuses.
    """
    wide = [*map(_wide, arguments), *[ctypes.c_ulong(0)] * (4 - len(arguments))]
    return _checked(_libc.prctl(ctypes.c_int(operation), *wide))


def drop_capabilities() -> None:
    """Give up for good what root may and others may not.

    Raises:
        OSError: the kernel refuses.
    """
    header = (ctypes.c_uint32 * 2)(0x20080522, 0)
    _checked(_libc.capset(header, (ctypes.c_uint32 * 6)()))


def _wide(argument: Any) -> Any:
    """Return a number as a whole register, which a C function with a variable number of arguments takes."""
    return ctypes.c_long(argument) if isinstance(argument, int) else argument


def _checked(result: int) -> int:
    if result < 0:
        number = ctypes.get_errno()
        raise OSError(number, os.strerror(number))
    return int(result)
