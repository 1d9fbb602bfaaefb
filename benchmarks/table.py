"""What every benchmark ends with: a row for each figure, beside its baseline, its ratio and its goal."""

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from rich.console import Console
from rich.table import Table

ROWS = "EMOBOT_BENCH_ROWS"
"""Names the file, in the environment, to which each benchmark adds its rows for the table of all."""


@dataclass(frozen=True)
class Row:
    """One measured thing.

    Args:
        what: is measured.
        ours: the figure with its unit.
        baseline: what it is held against, with its figure.
        ratio: ours to the baseline's.
        goal: the bound of the ratio; None for one that is only told.
        at_least: whether the ratio should be above it, not below.
    """

    what: str
    ours: str
    baseline: str
    ratio: float
    goal: float | None = None
    at_least: bool = False

    @property
    def met(self) -> bool:
        """Whether the goal is reached."""
        if self.goal is None:
            return True
        return self.ratio >= self.goal if self.at_least else self.ratio <= self.goal


def report(rows: list[Row]) -> int:
    """Print the rows; 1 when a goal was missed."""
    table = Table("what", "ours", "against", "ratio", "goal")
    for row in rows:
        sign, word = "≥" if row.at_least else "≤", "met" if row.met else "missed"
        goal = "" if row.goal is None else f"{sign} {row.goal:g} {word}"
        table.add_row(row.what, row.ours, row.baseline, f"{row.ratio:.2f}", goal)
    Console(width=130).print(table)
    if path := os.environ.get(ROWS):
        with Path(path).open("a") as file:
            file.writelines(json.dumps(asdict(row)) + "\n" for row in rows)
    return 0 if all(row.met for row in rows) else 1


def read_rows(path: Path) -> list[Row]:
    """The rows that benchmarks have added to a file."""
    return [Row(**json.loads(line)) for line in path.read_text().splitlines()] if path.exists() else []
