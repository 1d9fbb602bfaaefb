"""The chart of what was spent is drawn in a confined child."""

from pathlib import Path

from PIL import Image

from bot.media.chart import BAR, LATEST, LINE
from bot.media.child import run_limited
from bot.media.jobs import draw_chart

DAYS = [str(day) for day in range(13, 27)]


def colours(path: Path) -> set[str]:
    with Image.open(path) as picture:
        assert picture.format == "PNG"
        pixels = picture.convert("RGB").tobytes()
    return {f"#{pixels[start : start + 3].hex()}" for start in range(0, len(pixels), 3)}


async def test_a_chart_has_bars_todays_in_its_own_colour_and_the_budgets_line(tmp_path: Path) -> None:
    amounts = [0.0, 1.5, 3.25, 0.004, 12.0, 0, 0, 0, 2, 4, 8, 16, 32, 24.5]
    await run_limited(draw_chart(tmp_path / "chart.png", days=DAYS, amounts=amounts, budget=48, title="CNY a day"))
    assert {BAR, LATEST, LINE} <= colours(tmp_path / "chart.png")


async def test_nothing_spent_and_no_budget_is_a_chart_too(tmp_path: Path) -> None:
    await run_limited(draw_chart(tmp_path / "chart.png", days=DAYS, amounts=[0] * 14, budget=0, title="CNY a day"))
    assert not {BAR, LATEST, LINE} & colours(tmp_path / "chart.png")
