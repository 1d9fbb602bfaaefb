"""The limited child process: what it may take, how it ends, and that it is cheap."""

import asyncio
import ctypes
import os
import pickle
import signal
import sys
import time
from dataclasses import dataclass
from pathlib import Path

import pytest

from bot.media import child
from bot.media.child import ChildError, run_limited
from bot.media.errors import MediaError, Reason
from tests.media.samples import noise

SECRETS = ("TELEGRAM_BOT_TOKEN", "DASHSCOPE_API_KEY", "LINK_SECRETS", "DATABASE_URL")


@dataclass(frozen=True)
class Sum:
    total: int


def add(one: int, two: int = 0) -> Sum:
    return Sum(one + two)


def refuse() -> None:
    raise MediaError(Reason.VOICE_TOO_LONG, full_seconds=75.0, cut_seconds=50)


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


def fill_the_disk(path: Path) -> None:
    with path.open("wb") as file:
        file.truncate(2**40)
        file.write(b"x")


def open_many_files() -> None:
    _ = [os.open(os.devnull, os.O_RDONLY) for _ in range(1000)]


def raise_a_bug() -> None:
    raise KeyError("a bug")


def read_a_file(path: Path) -> str:
    return path.read_text()


def answer_with_a_function() -> object:
    return os.system


def answer_with_a_lambda() -> object:
    return lambda: None


class Something:
    pass


def answer_with_an_object() -> object:
    return Something()


def answer_with_a_function_of_the_module() -> object:
    return add


def whole_environment() -> str:
    return " ".join(os.environ) + Path("/proc/self/environ").read_text() + Path("/proc/self/cmdline").read_text()


def parent() -> int:
    return os.getppid()


def beat(seconds: float) -> tuple[float, float]:
    start = time.monotonic()
    time.sleep(seconds)
    return start, time.monotonic()


def runs(process: int) -> bool:
    try:
        state = Path(f"/proc/{process}/stat").read_text().rpartition(")")[2].split()[0]
    except OSError:
        return False
    return state != "Z"  # dead, and not yet collected by init


async def gone(process: int) -> bool:
    for _ in range(200):
        if not await asyncio.to_thread(runs, process):
            return True
        await asyncio.sleep(0.01)
    return False


async def written(note: Path) -> int:
    async with asyncio.timeout(20):
        while not await asyncio.to_thread(lambda: note.exists() and note.read_text()):
            await asyncio.sleep(0.005)
    return int(await asyncio.to_thread(note.read_text))


async def hard(*args: object, **options: float) -> None:
    with pytest.raises(MediaError) as caught:
        await run_limited(*args, **options)  # type: ignore[arg-type]
    assert caught.value.reason is Reason.TOO_HARD


async def test_a_result_comes_back() -> None:
    assert await run_limited(add, 1, two=2) == Sum(3)


async def test_a_reason_comes_back_with_its_facts() -> None:
    with pytest.raises(MediaError) as caught:
        await run_limited(refuse)
    assert caught.value.reason is Reason.VOICE_TOO_LONG
    assert caught.value.facts == {"full_seconds": 75.0, "cut_seconds": 50}
    assert pickle.loads(pickle.dumps(caught.value)).facts == caught.value.facts
    assert str(caught.value) == "voice_too_long full_seconds=75.0 cut_seconds=50"


async def test_memory_is_limited() -> None:
    assert await run_limited(allocate, 200, memory_mb=400) == 200 * 1024 * 1024
    await hard(allocate, 500, memory_mb=400)
    await hard(allocate, 4096)


async def test_time_is_limited(tmp_path: Path) -> None:
    started = time.monotonic()
    await hard(loop_for_ever, tmp_path / "note", seconds=1.5)
    await hard(sleep_for_ever, tmp_path / "sleeper", seconds=1.5)
    assert time.monotonic() - started < 15
    assert await gone(int((tmp_path / "note").read_text()))
    assert await gone(int((tmp_path / "sleeper").read_text()))


async def test_files_are_limited(tmp_path: Path) -> None:
    await hard(fill_the_disk, tmp_path / "file")
    await hard(open_many_files)


async def test_a_crash_is_survived() -> None:
    await hard(read_nothing)
    await hard(os._exit, 3)
    assert await run_limited(add, 1) == Sum(1)


async def test_a_cancelled_task_leaves_no_child(tmp_path: Path) -> None:
    task = asyncio.create_task(run_limited(sleep_for_ever, tmp_path / "note"))
    process = await written(tmp_path / "note")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await gone(process)


async def test_a_bug_and_a_missing_file_are_not_the_persons_fault(tmp_path: Path) -> None:
    with pytest.raises(ChildError, match="a bug"):
        await run_limited(raise_a_bug)
    with pytest.raises(FileNotFoundError):
        await run_limited(read_a_file, tmp_path / "nowhere")


@pytest.mark.parametrize(
    "function",
    [
        answer_with_a_function,
        answer_with_a_lambda,
        answer_with_an_object,
        answer_with_a_function_of_the_module,
        noise,
    ],
)
async def test_only_values_come_back(function: object) -> None:
    args = (2, 2) if function is noise else ()
    with pytest.raises(ChildError):
        await run_limited(function, *args)  # type: ignore[arg-type]


async def test_the_child_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, "hidden-1234")
    child.close_decoder_server()
    known = await run_limited(whole_environment)
    assert "hidden-1234" not in known
    assert not [name for name in SECRETS if name in known]


async def test_many_run_side_by_side_and_the_loop_goes_on() -> None:
    ticks = 0

    async def tick() -> None:
        nonlocal ticks
        while True:
            await asyncio.sleep(0.01)
            ticks += 1

    ticking = asyncio.create_task(tick())
    spans = await asyncio.gather(*(run_limited(beat, 0.2) for _ in range(6)))
    ticking.cancel()
    most = max(sum(start <= moment < end for start, end in spans) for moment, _ in spans)
    assert most == min(6, os.cpu_count() or 1)
    assert ticks > 10


async def test_a_killed_decoder_server_is_replaced() -> None:
    os.kill(await run_limited(parent), signal.SIGKILL)
    assert await run_limited(add, 2) == Sum(2)


async def test_a_child_costs_little() -> None:
    await run_limited(os.path.basename, "a")
    times = []
    for _ in range(15):
        started = time.perf_counter()
        await run_limited(os.path.basename, "a")
        times.append(time.perf_counter() - started)
    assert sorted(times)[7] < 0.04


async def test_nothing_is_left_when_the_bot_is_killed(tmp_path: Path) -> None:
    script = (
        "import asyncio, sys; from pathlib import Path\n"
        "from bot.media.child import run_limited\n"
        "from tests.media.test_child import sleep_for_ever\n"
        "asyncio.run(run_limited(sleep_for_ever, Path(sys.argv[1])))\n"
    )
    (tmp_path / "my_bot.py").write_text(script)
    root = Path(__file__).parents[2]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    command = [sys.executable, str(tmp_path / "my_bot.py"), str(tmp_path / "note")]
    bot = await asyncio.create_subprocess_exec(*command, env=environment)
    process = await written(tmp_path / "note")
    bot.kill()
    await bot.wait()
    assert await gone(process)


def mutter() -> None:
    os.write(2, b"what a decoder mutters\n")


async def test_what_a_child_mutters_does_not_come_into_the_bots_log(capfd: pytest.CaptureFixture[str]) -> None:
    child.close_decoder_server()  # so that the next one has this test's standard error
    await run_limited(mutter)
    assert capfd.readouterr().err == ""
