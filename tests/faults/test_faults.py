"""Small runs of the fault harness; `python -m tests.faults` plays large ones."""

from pathlib import Path

from tests.faults.keeper import AT_MIDNIGHT
from tests.faults.plan import Plan
from tests.faults.run import run
from tests.still_renderer import still_engine

PLAN = Plan(seed=3, renders=12, kills=2, rate=0.05, stops=1, locks=1, clock=2)


async def test_kills_and_mishaps_cost_nobody_a_video_nor_a_second_payment(tmp_path: Path) -> None:
    report = await run(PLAN, tmp_path, running=1, engine=still_engine())
    assert report.broken == [], f"\n{report}\n{(tmp_path / 'bot.log').read_text()[-20_000:]}"
    assert report.blows == {"kill": 2, "stop": 1, "lock": 1, "clock": 2}, f"\n{report}"
    assert report.mishaps > 3


async def test_budgets_are_kept_to_the_last_coin_over_midnights_and_a_month_s_end(tmp_path: Path) -> None:
    plan = Plan(seed=4, renders=9, kills=1, rate=0.03, budgets=True)
    report = await run(plan, tmp_path, running=2, at_once=4, engine=still_engine())
    assert report.broken == [], f"\n{report}\n{(tmp_path / 'bot.log').read_text()[-20_000:]}"
    assert report.blows[AT_MIDNIGHT] >= 2, f"\n{report}"
