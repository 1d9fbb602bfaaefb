"""The limited child process: what it may take, how it ends, and that it is cheap."""

import asyncio
import json
import os
import pickle
import signal
import sys
import time
from pathlib import Path
from typing import Any

import pytest

from bot.media.answers import MAX_BYTES, read_answer
from bot.media.child import run_limited
from bot.media.decoder_process import close_decoder_server
from bot.media.errors import NEEDED_FACTS, ChildError, MediaError, Reason
from bot.media.facts import FitPortrait, FitVoice
from bot.media.jobs import Job
from handlers.texts import UNFIT
from tests.media.asked import asked
from tests.media.in_child import (
    Colour,
    Span,
    Sum,
    add,
    allocate,
    answer_with_an_object,
    beat,
    fill_the_disk,
    leave,
    loop_for_ever,
    mutter,
    open_many_files,
    parent,
    processor_seconds,
    raise_a_bug,
    read_a_file,
    read_nothing,
    refuse,
    say_to_the_bot,
    sleep_for_ever,
    write_and_refuse,
    write_two_words,
)

SECRETS = ("TELEGRAM_BOT_TOKEN", "DASHSCOPE_API_KEY", "LINK_SECRETS", "DATABASE_URL")


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


async def hard(job: Job[Any], **limits: Any) -> None:
    with pytest.raises(MediaError) as caught:
        await run_limited(job, **limits)
    assert caught.value.reason is Reason.TOO_HARD


async def test_a_result_comes_back() -> None:
    assert await run_limited(asked(add, answer=Sum, one=1, two=2)) == Sum(3)


async def test_a_reason_comes_back_with_its_facts() -> None:
    with pytest.raises(MediaError) as caught:
        await run_limited(asked(refuse))
    assert caught.value.reason is Reason.VOICE_TOO_LONG
    assert caught.value.facts == {"full_seconds": 75.0, "cut_seconds": 50, "limit": 60}
    assert pickle.loads(pickle.dumps(caught.value)).facts == caught.value.facts
    assert str(caught.value) == "voice_too_long full_seconds=75.0 cut_seconds=50 limit=60"


async def test_memory_is_limited() -> None:
    assert await run_limited(asked(allocate, megabytes=200), memory_mb=400) == 200 * 1024 * 1024
    await hard(asked(allocate, megabytes=500), memory_mb=400)
    await hard(asked(allocate, megabytes=4096))


async def test_time_is_limited(tmp_path: Path) -> None:
    started = time.monotonic()
    for sluggard in (loop_for_ever, sleep_for_ever):
        note = tmp_path / sluggard.__name__
        trying = asyncio.create_task(hard(asked(sluggard, target=note), seconds=1.5))
        process = await written(note)
        await trying
        assert await gone(process)
    assert time.monotonic() - started < 15


async def test_files_are_limited(tmp_path: Path) -> None:
    await hard(asked(fill_the_disk, target=tmp_path / "file"))
    (tmp_path / "small").touch()
    await hard(asked(open_many_files, tmp_path / "small"))


async def test_a_crash_is_survived() -> None:
    await hard(asked(read_nothing))
    await hard(asked(leave))
    assert await run_limited(asked(add, answer=Sum, one=1)) == Sum(1)


async def test_a_cancelled_task_leaves_no_child(tmp_path: Path) -> None:
    task = asyncio.create_task(run_limited(asked(sleep_for_ever, target=tmp_path / "note")))
    process = await written(tmp_path / "note")
    task.cancel()
    with pytest.raises(asyncio.CancelledError):
        await task
    assert await gone(process)


async def test_a_bug_and_a_missing_file_are_not_the_persons_fault(tmp_path: Path) -> None:
    with pytest.raises(ChildError, match="a bug"):
        await run_limited(asked(raise_a_bug))
    with pytest.raises(FileNotFoundError):
        await run_limited(asked(read_a_file, tmp_path / "nowhere", answer=str))


async def test_a_file_that_is_not_whole_is_not_there(tmp_path: Path) -> None:
    target = tmp_path / "target"
    with pytest.raises(MediaError):
        await run_limited(asked(write_and_refuse, target=target))
    assert not target.exists()
    await run_limited(asked(write_two_words, target=target, answer=type(None)))
    assert target.read_text() == "two words"
    assert target.stat().st_mode & 0o777 == 0o600


POISON: dict[str, Any] = {
    "no JSON": "(dp0",
    "a list": [],
    "nothing": {},
    "two answers": {"result": {"total": 1}, "bug": "no"},
    "another type": {"result": 3},
    "a missing part": {"result": {}},
    "a part too many": {"result": {"total": 1, "path": "/etc/passwd"}},
    "a word for a number": {"result": {"total": "1"}},
    "a truth for a number": {"result": {"total": True}},
    "a negative number": {"result": {"total": -1}},
    "a number that no column holds": {"result": {"total": 2**31}},
    "a fraction": {"result": {"total": 1.5}},
    "not a number": {"result": {"total": float("nan")}},
    "a deep nest": "[" * 60_000,
    "an unknown reason": {"unfit": "because", "facts": {}},
    "a reason without its facts": {"unfit": "voice_too_long", "facts": {}},
    "a reason with a word": {"unfit": "voice_silent", "facts": {"loudness": "/etc/passwd"}},
    "a reason with endless facts": {"unfit": "voice_silent", "facts": {"loudness": float("inf")}},
    "a reason with a fact of its own": {"unfit": "voice_silent", "facts": {"reason": 1}},
    "a strange error": {"system": 99_999},
}


@pytest.mark.parametrize("said", POISON.values(), ids=POISON)
def test_a_poisoned_answer_is_an_error(said: Any) -> None:
    with pytest.raises(ChildError):
        read_answer((said if isinstance(said, str) else json.dumps(said)).encode(), Sum)


@pytest.mark.parametrize("extension", ["../../link-secrets", "png", "", None, ["jpg"]])
def test_a_child_does_not_choose_where_a_file_is_kept(extension: object) -> None:
    facts = {"extension": extension, "width": 1, "height": 1, "enlarged": False, "size": 1}
    with pytest.raises(ChildError):
        read_answer(json.dumps({"result": facts}).encode(), FitPortrait)


def test_an_honest_answer_is_read() -> None:
    facts = {"extension": "wav", "seconds": 6, "full_seconds": 6.5, "cut": True, "size": 100}
    assert read_answer(json.dumps({"result": facts}).encode(), FitVoice) == FitVoice(
        "wav", 6.0, 6.5, cut=True, size=100
    )
    assert read_answer(b'{"result": "red"}', Colour) is Colour.RED


def test_every_reason_that_a_child_can_give_can_be_said() -> None:
    for reason, text in UNFIT.items():
        facts: dict[str, Any] = dict.fromkeys(NEEDED_FACTS.get(reason, ()), 3)
        shown = {"full": "1:15", "limit": "1:00", "cut": "0:47"} if reason is Reason.VOICE_TOO_LONG else {}
        assert text(**{**facts, **shown})


async def test_who_takes_a_child_over_cannot_talk_the_bot_round() -> None:
    with pytest.raises(ChildError):
        await run_limited(asked(say_to_the_bot, answer=Sum, said='{"result": {"total": "all"}}'))
    await hard(asked(say_to_the_bot, said="x" * (MAX_BYTES + 1)))


async def test_only_values_come_back() -> None:
    with pytest.raises(ChildError):
        await run_limited(asked(answer_with_an_object))


async def test_the_child_knows_no_secret(monkeypatch: pytest.MonkeyPatch) -> None:
    for name in SECRETS:
        monkeypatch.setenv(name, "hidden-1234")
    close_decoder_server()
    server = await run_limited(asked(parent))
    known = "".join(Path(f"/proc/{server}/{name}").read_text() for name in ("environ", "cmdline"))
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
    spans = await asyncio.gather(*(run_limited(asked(beat, answer=Span, seconds=0.2)) for _ in range(6)))
    ticking.cancel()
    most = max(sum(span.start <= other.start < span.end for span in spans) for other in spans)
    assert most == min(6, os.cpu_count() or 1)
    assert ticks > 10


async def test_a_killed_decoder_server_is_replaced() -> None:
    os.kill(await run_limited(asked(parent)), signal.SIGKILL)
    assert await run_limited(asked(add, answer=Sum, one=2)) == Sum(2)


async def test_a_child_costs_little() -> None:
    spent = [await run_limited(asked(processor_seconds, answer=float)) for _ in range(15)]
    assert sorted(spent)[7] < 0.05  # with this module's imports; without, some 3 ms


async def test_nothing_is_left_when_the_bot_is_killed(tmp_path: Path) -> None:
    script = (
        "import asyncio, sys; from pathlib import Path\n"
        "from bot.media.child import run_limited\n"
        "from tests.media.asked import asked\n"
        "from tests.media.in_child import sleep_for_ever\n"
        "asyncio.run(run_limited(asked(sleep_for_ever, target=Path(sys.argv[1]))))\n"
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


async def test_what_a_child_mutters_does_not_come_into_the_bots_log(capfd: pytest.CaptureFixture[str]) -> None:
    close_decoder_server()  # so that the next one has this test's standard error
    await run_limited(asked(mutter, answer=type(None)))
    assert capfd.readouterr().err == ""
