"""A chart of what was spent a day: bars, their figures, and a line for the budget."""

from collections.abc import Sequence
from pathlib import Path

from PIL import Image, ImageDraw, ImageFont

WIDTH, HEIGHT = 960, 560
LEFT, RIGHT, TOP, BOTTOM = 30, 30, 70, 60
SMALL, LARGE = 30, 36
"""Letters that a phone, which shows the picture at a third of its size, leaves legible."""
PAPER, INK, PALE, BAR, LATEST, LINE = "#ffffff", "#222222", "#777777", "#8fb4d8", "#2f6fab", "#c0392b"


def draw_chart(target: Path, *, days: Sequence[str], amounts: Sequence[float], budget: float, title: str) -> None:
    """Write a PNG.

    Args:
        days: what stands below each bar, such as `26`.
        amounts: CNY of each day, the latest last.
        budget: CNY of a day; 0: none.
        title: of the chart, in letters that the built-in font has.
    """
    picture = Image.new("RGB", (WIDTH, HEIGHT), PAPER)
    draw, small, large = ImageDraw.Draw(picture), ImageFont.load_default(SMALL), ImageFont.load_default(LARGE)
    top = max(*amounts, budget if budget <= 4 * max(amounts) else 0.0, 0.01)
    floor, step = HEIGHT - BOTTOM, (WIDTH - LEFT - RIGHT) / len(amounts)
    scale = (floor - TOP - 40) / top
    draw.text((LEFT, 16), title, INK, large)
    for number, (day, amount) in enumerate(zip(days, amounts, strict=True)):
        left, middle = LEFT + number * step, LEFT + (number + 0.5) * step
        height = amount * scale
        colour = LATEST if number == len(amounts) - 1 else BAR
        if amount:
            draw.rectangle((left + step * 0.15, floor - max(height, 1), left + step * 0.85, floor), colour)
            draw.text((middle, floor - height - 6), short(amount), INK, small, anchor="ms")
        draw.text((middle, floor + 12), day, PALE, small, anchor="mt")
    draw.line((LEFT, floor, WIDTH - RIGHT, floor), PALE, 1)
    if budget and budget <= top:
        height = floor - budget * scale
        for start in range(LEFT, WIDTH - RIGHT, 16):
            draw.line((start, height, start + 8, height), LINE, 2)
        draw.text((WIDTH - RIGHT, height - 6), short(budget), LINE, small, anchor="rs")
    picture.save(target, "PNG")


def short(amount: float) -> str:
    """Return an amount in few figures."""
    return f"{amount:.0f}" if amount >= 10 else f"{amount:.1f}" if amount >= 1 else f"{amount:.2f}"
