"""Who takes a decoder over gets nothing: no file, no socket, no process, no signal; and decoders still work."""

import asyncio
import os
import platform
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

from bot.media import decoder_process, jobs
from bot.media.child import run_limited
from bot.media.errors import ChildError, MediaError, Reason
from bot.media.facts import Confinement, Kind
from bot.media.landlock import landlock_version
from tests.media import intruder
from tests.media.asked import asked
from tests.media.in_child import loaded_by
from tests.media.samples import filmed, packed, picture, recorded, speech
from tests.media.test_child import gone

ROOT = Path(__file__).parents[2]
FULL = landlock_version()

pytestmark = pytest.mark.skipif(sys.platform != "linux", reason="other systems confine in other ways")
needs_landlock = pytest.mark.skipif(not FULL, reason="this kernel has no Landlock")

KERNELS = {
    "this kernel": None,
    "no Landlock": (0, 1),
    **({"the first Landlock": (1, 1)} if FULL else {}),
    "neither": (0, 0),
}


@pytest.fixture
def kernel(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A decoder server of its own, on a kernel that offers so much."""
    decoder_process.close_decoder_server()
    if (offered := KERNELS[request.param]) is not None:
        words = ("-P", "-m", "tests.media.lesser_kernel", *map(str, offered))
        monkeypatch.setattr(decoder_process, "SERVER", words)
    yield
    decoder_process.close_decoder_server()


@pytest.fixture
def victim() -> Iterator[int]:
    """Another program of the same user."""
    process = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(1000)"])
    yield process.pid
    assert process.poll() is None
    process.kill()
    process.wait()


async def broken_out(tmp_path: Path, victim: int, *only: str) -> list[str]:
    """What works of all that an intruder tries."""
    data = tmp_path / "data"
    data.mkdir()
    for name in ("database", "link-secrets", ".env"):
        (data / name).write_text("secret")
    (tmp_path / "work").mkdir()
    source = tmp_path / "work" / "source"
    source.write_text("sent")
    job = asked(
        intruder.break_out,
        source,
        target=tmp_path / "work" / "target",
        answer=str,
        bot=os.getpid(),
        victim=victim,
        folder=str(data),
        secrets=[str(data / name) for name in ("database", "link-secrets", ".env")],
        only=list(only),
    )
    worked: str = await run_limited(job)
    return worked.splitlines()


@needs_landlock
async def test_who_takes_a_decoder_over_gets_nothing(tmp_path: Path, victim: int) -> None:
    held = await run_limited(jobs.read_confinement())
    assert held == Confinement(landlock=FULL, seccomp=True)
    assert await broken_out(tmp_path, victim) == []
    assert sorted(path.name for path in (tmp_path / "work").iterdir()) == ["source", "target"]
    assert (tmp_path / "work" / "source").read_text() == "sent"


@pytest.mark.parametrize("kernel", ["no Landlock"], indirect=True)
async def test_without_landlock_the_rest_still_holds(kernel: None, tmp_path: Path, victim: int) -> None:
    held = await run_limited(jobs.read_confinement())
    assert held == Confinement(landlock=0, seccomp=True)
    kinds = {attempt.partition(":")[0] for attempt in await broken_out(tmp_path, victim)}
    assert kinds <= {"read", "read-by-thread", "list", "write", "append"}


@needs_landlock
@pytest.mark.parametrize("kernel", ["the first Landlock"], indirect=True)
async def test_an_early_landlock_hides_the_files(kernel: None, tmp_path: Path, victim: int) -> None:
    assert await broken_out(tmp_path, victim) == []


@pytest.mark.parametrize("kernel", ["neither"], indirect=True)
async def test_the_attempts_work_where_nothing_stands_in_their_way(kernel: None, tmp_path: Path, victim: int) -> None:
    worked = await broken_out(tmp_path, victim, "read", "list", "socket", "signal", "memory", "kernel")
    assert len(worked) > 40
    assert {"read:/etc/passwd", "signal:bot", "signal:tgkill:victim", "memory:read:bot"} <= {*worked}


async def test_a_call_by_the_gate_of_another_processor_ends_the_child() -> None:
    if platform.machine() != "x86_64":
        pytest.skip("there is one gate only")
    with pytest.raises(MediaError) as caught:
        await run_limited(asked(intruder.call_as_32_bits))
    assert caught.value.reason is Reason.TOO_HARD


@pytest.mark.parametrize("kernel", ["neither"], indirect=True)
async def test_a_link_in_place_of_the_result_is_not_followed(kernel: None, tmp_path: Path) -> None:
    (tmp_path / "secret").write_text("hidden")
    job = asked(
        intruder.point_elsewhere, target=tmp_path / "target", answer=type(None), secret=str(tmp_path / "secret")
    )
    with pytest.raises(ChildError, match="something else"):
        await run_limited(job)
    assert [path.name for path in tmp_path.iterdir()] == ["secret"]


async def test_nothing_goes_on_after_the_answer(tmp_path: Path) -> None:
    process = await run_limited(asked(intruder.go_on_in_secret, target=tmp_path / "target"))
    assert await gone(process)


async def test_decoders_have_threads(tmp_path: Path) -> None:
    (tmp_path / "source").write_text("sent")
    assert await run_limited(asked(intruder.be_in_many_threads, tmp_path / "source")) == 8


@pytest.fixture(scope="module")
def sent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A photo, a voice, and two films."""
    folder = tmp_path_factory.mktemp("sent")
    (folder / "photo").write_bytes(packed(picture(), "HEIF"))
    recorded(speech(2.0), folder / "voice", "libopus", kind="ogg")
    for name in ("film", "other"):
        filmed(folder / name, 1.0, (320, 240), speech(1.0))
    return folder


@pytest.mark.parametrize("kernel", [name for name in KERNELS if name != "neither"], indirect=True)
async def test_every_job_is_done_on_every_kernel(kernel: None, sent: Path, tmp_path: Path) -> None:
    photo, voice, film, other = (sent / name for name in ("photo", "voice", "film", "other"))

    async def done(job: "jobs.Job[Any]") -> Any:
        result = await run_limited(job, seconds=60)
        assert job.target is None or job.target.stat().st_size > 500, job.name
        return result

    target = tmp_path / "target"
    assert await done(jobs.tell_kind(photo)) is Kind.PICTURE
    assert (await done(jobs.fit_portrait(photo, target))).width == 480
    await done(jobs.shrink_portrait(target, tmp_path / "shown"))
    assert (await done(jobs.fit_voice(voice, target, limit=60.0, stated_seconds=2.0))).seconds == pytest.approx(
        2.0, abs=0.1
    )
    mark = jobs.Mark("zh", always=True)
    for each in (jobs.Mark(), mark):
        assert (await done(jobs.finish_video(film, target, each, 10_000_000))).has_sound
    await done(jobs.make_thumbnail(film, target))
    assert (await done(jobs.finish_video(film, target, mark, 100_000))).size <= 100_000
    assert (await done(jobs.make_note(film, target, mark))).width == 384
    assert (await done(jobs.make_sticker(film, target, mark))).width == 512
    assert (await done(jobs.make_loop(film, target, mark))).width == 320
    for side_by_side in (True, False):
        joined = await done(jobs.join_videos(film, other, target, mark, 10_000_000, side_by_side=side_by_side))
        assert joined.seconds == pytest.approx(2.0, abs=0.3)


async def test_a_child_has_what_it_needs_for_common_jobs_before_it_is_forked(sent: Path, tmp_path: Path) -> None:
    """To load a module is work that each child would do anew: for a short voice it was a third of all."""
    photo, voice, film = (sent / name for name in ("photo", "voice", "film"))
    target, mark = tmp_path / "target", jobs.Mark()
    common: tuple[jobs.Job[Any], ...] = (
        jobs.tell_kind(photo),
        jobs.fit_portrait(photo, target),
        jobs.tell_likeness(target),
        jobs.shrink_portrait(target, tmp_path / "shown"),
        jobs.draw_sheet({1: target}, tmp_path / "sheet", tiles=1),
        jobs.fit_voice(voice, tmp_path / "wav", limit=60.0),
        jobs.inspect_video(film),
        jobs.finish_video(film, tmp_path / "finished", mark, 10_000_000),
        jobs.make_thumbnail(film, tmp_path / "thumbnail"),
        jobs.make_note(film, tmp_path / "note", mark),
        jobs.make_sticker(film, tmp_path / "sticker", mark),
        jobs.make_loop(film, tmp_path / "loop", mark),
    )
    for job in common:
        await run_limited(job, seconds=60)
        again = asked(loaded_by, *job.sources, target=job.target, answer=str, job=job.name, options=dict(job.options))
        assert (job.name, await run_limited(again, seconds=60)) == (job.name, "")


def test_the_bot_loads_no_decoder() -> None:
    code = (
        "import sys, bot.app, bot.process, bot.cli.local_engine\n"
        "print(*{name.partition('.')[0] for name in sys.modules} & {'av', 'numpy', 'PIL', 'pillow_heif', 'cv2'})"
    )
    said = subprocess.run([sys.executable, "-c", code], cwd=ROOT, capture_output=True, text=True, check=True)
    assert said.stdout.strip() == ""


@pytest.mark.parametrize("kernel", ["neither"], indirect=True)
async def test_the_memory_of_the_bot_is_its_own(kernel: None, tmp_path: Path) -> None:
    """Also where the kernel confines nothing: it is no longer the user's to look into."""
    code = "from bot.process import hide_memory; hide_memory(); print(); input()"
    bot = await asyncio.create_subprocess_exec(
        sys.executable, "-c", code, cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE
    )
    assert bot.stdin is not None
    assert bot.stdout is not None
    await bot.stdout.readline()
    for name in ("environ", "mem", "maps"):
        with pytest.raises(PermissionError):
            await run_limited(asked(intruder.open_file, answer=int, path=f"/proc/{bot.pid}/{name}"))
    bot.stdin.close()
    await bot.wait()
