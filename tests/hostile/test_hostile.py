"""A small run of hostile files; `python -m tests.hostile` plays large ones. And: a breach is seen."""

from dataclasses import replace
from pathlib import Path

import pytest

from tests.hostile.draw import Hostile, draw
from tests.hostile.pointers import Targets
from tests.hostile.report import MOST_BOT, Aftermath, FileAnswer, write_report
from tests.hostile.run import run
from tests.hostile.watch import Memory, Watch
from tests.still_renderer import still_engine

TARGETS = Targets("http://127.0.0.1:9", "/tmp/secret.ogg")
FILE = Hostile(1, "harmed", "jpg cut", b"\xff\xd8", "document")
FINE = FileAnswer(FILE, "image_damaged", 0.1)


async def test_hostile_files_are_answered_and_nothing_else_happens(tmp_path: Path) -> None:
    report = await run(3, range(60), tmp_path, engine=still_engine())
    assert report.broken == [], f"\n{report}\n{(tmp_path / 'bot.log').read_text()[-20_000:]}"


def test_a_seed_draws_the_same_files_every_time() -> None:
    drawn = [[draw(seed, number, TARGETS) for number in range(15)] for seed in (3, 3, 4)]
    assert drawn[0] == drawn[1] != drawn[2]


def after(*answers: FileAnswer, **found: object) -> Aftermath:
    return replace(Aftermath(1.0, Watch(1), answers=list(answers)), **found)  # type: ignore[arg-type]


def test_a_good_run_has_nothing_broken() -> None:
    assert write_report(after(FINE)).broken == []


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (after(replace(FINE, name=None)), "no answer came"),
        (after(replace(FINE, name="went wrong")), "it was answered with"),
        (after(replace(FINE, seconds=20.1)), "the answer took"),
        (after(FileAnswer(replace(FILE, kind="pointer"), "voice taken", 0.1)), "what it points to was opened"),
        (after(FINE, visits=["/voice.ogg"]), "the canary was asked"),
        (after(FINE, leaks=["data/x"]), "it is in the data"),
        (after(FINE, log="Traceback (most recent call last):"), "in the log"),
        (after(FINE, decoders=1), "decoders are left"),
        (after(FINE, scratch=1), "temporary folders are left"),
        (after(FINE, video=False), "became no video"),
        (after(FINE, faults=["the bot died"]), "the bot died"),
        (after(FINE, watch=Watch(1, peak=Memory(bot=MOST_BOT + 1))), "the bot's memory"),
        (after(FINE, watch=Watch(1, last=Memory(bot=300))), "the bot's growth"),
    ],
)
def test_a_breach_is_reported(found: Aftermath, said: str) -> None:
    [broken] = write_report(found).broken
    assert said in broken
