"""What tests let a child do; it loads nothing but this, so that a child stays cheap."""

import contextlib
import ctypes
import importlib
import os
import sys
import time
from dataclasses import dataclass
from enum import StrEnum
from pathlib import Path
from typing import Any

from bot.media.answers import LENGTH
from bot.media.errors import MediaError, Reason


@dataclass(frozen=True)
class Sum:
    total: int


@dataclass(frozen=True)
class Span:
    start: float
    end: float


class Colour(StrEnum):
    RED = "red"


def add(one: int, two: int = 0) -> Sum:
    return Sum(one + two)


def refuse() -> None:
    raise MediaError(Reason.VOICE_TOO_LONG, full_seconds=75.0, cut_seconds=50, limit=60)


def allocate(megabytes: int) -> int:
    return len(bytearray(megabytes * 1024 * 1024))


def loop_for_ever(note: Path) -> None:
    note.write_text(str(os.getpid()))
    while True:
        pass


def sleep_for_ever(note: Path) -> None:
    note.write_text(str(os.getpid()))
    time.sleep(1000)


def read_nothing() -> None:
    ctypes.string_at(0)


def leave() -> None:
    os._exit(3)


def fill_the_disk(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**40)
        file.write(b"x")


def open_many_files(source: Path) -> None:
    _ = [os.open(source, os.O_RDONLY) for _ in range(1000)]


def raise_a_bug() -> None:
    raise KeyError("a bug")


def read_a_file(path: Path) -> str:
    return path.read_text()


def write_two_words(path: Path) -> None:
    path.write_text("two words")


def write_and_refuse(path: Path) -> None:
    path.write_text("half")
    refuse()


def answer_with_an_object() -> object:
    return ctypes.c_int(3)


def say_to_the_bot(said: str) -> None:
    """What somebody who took a child over can do: write on its socket, as if it were the answer."""
    for descriptor in range(3, 32):
        with contextlib.suppress(OSError):
            os.write(descriptor, LENGTH.pack(len(said)) + said.encode())
    time.sleep(100)


def parent() -> int:
    return os.getppid()


def beat(seconds: float) -> Span:
    start = time.monotonic()
    time.sleep(seconds)
    return Span(start, time.monotonic())


def processor_seconds() -> float:
    return time.process_time()


def mutter() -> None:
    os.write(2, b"what a decoder mutters\n")


def loaded_by(*files: Path, job: str, options: dict[str, Any]) -> str:
    """Do a job, and return the modules that it had to load for it."""
    module, _, name = job.partition(":")
    before = set(sys.modules)
    getattr(importlib.import_module(module), name)(*files, **options)
    return " ".join(sorted(set(sys.modules) - before))
