"""What somebody would try who took a decoder over: each attempt returns only if it worked.

It runs inside a child, and loads nothing but this.
"""

import ctypes
import mmap
import os
import platform
import resource
import signal
import socket
import subprocess
import threading
from collections.abc import Callable, Iterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

from bot.media.system import call

FAMILIES = range(46)
KINDS = (socket.SOCK_STREAM, socket.SOCK_DGRAM, socket.SOCK_RAW, socket.SOCK_SEQPACKET)
PTRACE_ATTACH, PTRACE_SEIZE = 16, 0x4206
RAW = {
    "x86_64": {
        **{"clone": 56, "vfork": 58, "ptrace": 101, "process_vm_readv": 310, "process_vm_writev": 311, "tkill": 200},
        **{"tgkill": 234, "io_uring_setup": 425, "bpf": 321, "userfaultfd": 323, "memfd_create": 319, "shmget": 29},
        **{"mq_open": 240, "add_key": 248, "unshare": 272, "mount": 165, "perf_event_open": 298, "msgget": 68},
        **{"pidfd_open": 434, "clone3": 435, "kexec_load": 246, "init_module": 175, "setns": 308, "personality": 135},
        **{"rt_sigqueueinfo": 129, "prlimit64": 302, "fcntl": 72, "truncate": 76, "open_by_handle_at": 304},
    },
    "aarch64": {
        **{"clone": 220, "ptrace": 117, "process_vm_readv": 270, "process_vm_writev": 271, "tkill": 130},
        **{"tgkill": 131, "io_uring_setup": 425, "bpf": 280, "userfaultfd": 282, "memfd_create": 279, "shmget": 194},
        **{"mq_open": 180, "add_key": 217, "unshare": 97, "mount": 40, "perf_event_open": 241, "msgget": 186},
        **{"pidfd_open": 434, "clone3": 435, "kexec_load": 104, "init_module": 105, "setns": 268, "personality": 92},
        **{"rt_sigqueueinfo": 138, "prlimit64": 261, "fcntl": 25, "truncate": 45, "open_by_handle_at": 265},
    },
}

Attempt = tuple[str, Callable[[], Any]]


def break_out(
    source: Path, target: Path, *, bot: int, victim: int, folder: str, secrets: list[str], only: list[str]
) -> str:
    """Try everything, or what begins with some words; return the names of what worked, a line each.

    Args:
        source: may be read.
        target: may be written.
        bot: process id of the bot.
        victim: process id of another program of the same user.
        folder: somewhere else, with files of the bot.
        secrets: files that must not be read.
        only: kinds of attempts; none for all.
    """
    attempts = [
        *read_files(bot, secrets, folder),
        *change_files(source, target, Path(folder)),
        *speak(),
        *multiply(),
        *disturb(bot, victim),
        *reach_into_the_kernel(),
    ]
    tried = [each for each in attempts if not only or each[0].partition(":")[0] in only]
    return "\n".join(name for name, attempt in tried if works(attempt))


def works(attempt: Callable[[], Any]) -> bool:
    with suppress(OSError, ValueError, RuntimeError, subprocess.SubprocessError):
        attempt()
        return True
    return False


def read_files(bot: int, secrets: list[str], folder: str) -> Iterator[Attempt]:
    for name in ("environ", "maps", "mem", "cmdline", "fd/0", "cwd/."):
        yield f"read:/proc/bot/{name}", partial(open_file, f"/proc/{bot}/{name}")
    for name in ("/etc/passwd", "/etc/hostname", "/proc/self/environ", "/proc/self/maps", *secrets):
        yield f"read:{name}", partial(open_file, name)
        yield f"read-by-thread:{name}", partial(in_a_thread, partial(open_file, name))
    for name in ("/proc", "/", "/etc", folder):
        yield f"list:{name}", partial(os.listdir, name)


def change_files(source: Path, target: Path, folder: Path) -> Iterator[Attempt]:
    other, beside = folder / "database", target.parent / "new"
    yield "write:new file elsewhere", lambda: (folder / "new").write_text("x")
    yield "write:new file beside", lambda: beside.write_text("x")
    yield "write:other file", lambda: other.write_text("x")
    yield "append:other file", lambda: os.open(other, os.O_WRONLY | os.O_APPEND)
    yield "write:source", lambda: source.write_text("x")
    yield "write:/tmp", lambda: Path(f"/tmp/intruder-{os.getpid()}").write_text("x")
    yield "write:/dev/shm", lambda: Path(f"/dev/shm/intruder-{os.getpid()}").write_text("x")
    yield "write:own code", lambda: os.open(__file__, os.O_WRONLY)
    names: dict[str, Callable[[], Any]] = {
        "names:remove source": source.unlink,
        "names:remove target": target.unlink,
        "names:move": lambda: target.rename(beside),
        "names:folder": lambda: (target.parent / "made").mkdir(),
        "names:symlink": lambda: beside.symlink_to("/etc/passwd"),
        "names:link": lambda: beside.hardlink_to(other),
        "names:fifo": lambda: os.mkfifo(beside),
        "names:device": lambda: os.mknod(beside),
        "names:mode": lambda: target.chmod(0o6777),
        "names:owner": lambda: os.chown(target, 1, 1),
        "names:attribute": lambda: os.setxattr(target, "user.x", b"x"),
        "names:times": lambda: os.utime(target),
        "names:truncate": lambda: raw("truncate", ctypes.c_char_p(bytes(other)), 0),
        "names:root": lambda: os.chroot("/proc"),
        "names:handle": lambda: raw("open_by_handle_at", -100, 0, 0),
    }
    yield from names.items()


def speak() -> Iterator[Attempt]:
    for family in FAMILIES:
        for kind in KINDS:
            yield f"socket:{family}:{int(kind)}", partial(socket.socket, family, kind)
    yield "socket:pair", socket.socketpair
    yield "socket:on an own descriptor", rebind


def rebind() -> None:
    """Connect a socket that is already there, as that of the job is."""
    for descriptor in range(3, 20):
        with suppress(OSError):
            socket.socket(fileno=os.dup(descriptor)).connect("\0anything")
            return
    raise OSError


def multiply() -> Iterator[Attempt]:
    yield "process:fork", fork
    yield "process:clone", lambda: leave(raw("clone", int(signal.SIGCHLD), 0, 0, 0, 0))
    yield "process:clone3", lambda: leave(clone3(signal.SIGCHLD))
    yield "process:spawn", lambda: os.posix_spawn("/bin/true", ["true"], {})
    yield "process:subprocess", lambda: subprocess.run(["/bin/true"], check=True)
    yield "process:exec", lambda: os.execv("/proc/self/exe", ["python", "-c", "pass"])
    yield "process:session", os.setsid
    yield "process:group", lambda: os.setpgid(0, 0)
    yield "process:other group", lambda: os.setpgid(0, os.getppid())


def disturb(bot: int, victim: int) -> Iterator[Attempt]:
    number = int(signal.SIGURG)
    for name, process in (("bot", bot), ("victim", victim), ("parent", os.getppid())):
        attempts: dict[str, Callable[[], Any]] = {
            "signal": partial(os.kill, process, number),
            "signal:group": partial(os.killpg, process, number),
            "signal:tgkill": partial(raw, "tgkill", process, process, number),
            "signal:tkill": partial(raw, "tkill", process, number),
            "signal:queue": partial(raw, "rt_sigqueueinfo", process, number, 0),
            "signal:descriptor": partial(raw, "pidfd_open", process, 0),
            "signal:owner": partial(raw, "fcntl", 0, 8, process),
            "trace": partial(raw, "ptrace", PTRACE_ATTACH, process, 0, 0),
            "trace:seize": partial(raw, "ptrace", PTRACE_SEIZE, process, 0, 0),
            "memory:read": partial(raw, "process_vm_readv", process, 0, 0, 0, 0, 0),
            "memory:write": partial(raw, "process_vm_writev", process, 0, 0, 0, 0, 0),
            "limits:set": partial(resource.prlimit, process, resource.RLIMIT_CPU, (1, 1)),
            "limits:get": partial(resource.prlimit, process, resource.RLIMIT_CPU),
            "nice": partial(os.setpriority, os.PRIO_PROCESS, process, 5),
        }
        yield from ((f"{kind}:{name}", attempt) for kind, attempt in attempts.items())
    yield "limits:own", lambda: resource.setrlimit(resource.RLIMIT_CPU, (1000, 1000))
    yield "alarm", lambda: signal.setitimer(signal.ITIMER_REAL, 0)
    yield "user:0", lambda: os.setresuid(0, 0, 0)
    yield "user:1", lambda: os.setresuid(1, 1, 1)


def reach_into_the_kernel() -> Iterator[Attempt]:
    name = ctypes.c_char_p(b"x")
    calls: dict[str, tuple[Any, ...]] = {
        **{"io_uring_setup": (1, ctypes.create_string_buffer(256)), "bpf": (0, 0, 0), "userfaultfd": (1,)},
        **{"memfd_create": (name, 0), "shmget": (0, 4096, 0o1777), "mq_open": (name, 0o102, 0o600, 0)},
        **{"add_key": (ctypes.c_char_p(b"user"), name, name, 1, -3), "unshare": (0x10000000,), "setns": (0, 0)},
        **{"mount": (name, ctypes.c_char_p(b"/tmp"), ctypes.c_char_p(b"tmpfs"), 0, 0), "msgget": (0, 0o1777)},
        **{"kexec_load": (0, 0, 0, 0), "init_module": (0, 0, name), "personality": (0x40000,)},
        **{"perf_event_open": (ctypes.create_string_buffer(128), 0, -1, -1, 0)},
    }
    for call_name, arguments in calls.items():
        yield f"kernel:{call_name}", partial(raw, call_name, *arguments)


def raw(name: str, *arguments: Any) -> int:
    return call(RAW[platform.machine()][name], *arguments)


def fork() -> None:
    leave(os.fork())


def leave(process: int) -> None:
    """End the new process; what began it has worked."""
    if process == 0:
        os._exit(0)


def clone3(number: int) -> int:
    arguments = (ctypes.c_uint64 * 8)(0, 0, 0, 0, number, 0, 0, 0)
    return raw("clone3", ctypes.byref(arguments), ctypes.sizeof(arguments))


def in_a_thread(attempt: Callable[[], Any]) -> None:
    """As FFmpeg's threads, which begin after the child is confined."""
    failed: list[BaseException] = []

    def run() -> None:
        try:
            attempt()
        except BaseException as error:
            failed.append(error)

    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
    if failed:
        raise failed[0]


def call_as_32_bits() -> int:
    """Make a system call by the old gate, whose numbers mean other things."""
    code = mmap.mmap(-1, 4096, prot=mmap.PROT_READ | mmap.PROT_WRITE | mmap.PROT_EXEC)
    code.write(bytes.fromhex("b814000000cd80c3"))  # mov eax, 20; int 0x80; ret
    gate = ctypes.CFUNCTYPE(ctypes.c_long)(ctypes.addressof(ctypes.c_char.from_buffer(code)))
    return int(gate())


def be_in_many_threads(source: Path) -> int:
    """What decoders do, and must be able to."""
    heads: list[bytes] = []
    threads = [threading.Thread(target=lambda: heads.append(source.read_bytes()[:4])) for _ in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return len(heads)


def go_on_in_secret(target: Path) -> int:
    """Leave a thread behind that would write for ever."""

    def write() -> None:
        while True:
            target.write_text(str(os.getpid()))

    threading.Thread(target=write, daemon=True).start()
    while not target.read_text():
        pass
    return os.getpid()


def point_elsewhere(target: Path, *, secret: str) -> None:
    target.unlink()
    target.symlink_to(secret)


def open_file(path: str) -> int:
    return os.open(path, os.O_RDONLY)
