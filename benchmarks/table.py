"""What every benchmark ends with: a row for each figure, beside its baseline, its ratio and its goal."""

from dataclasses import dataclass

from rich.console import Console
from rich.table import Table


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
    Console(width=120).print(table)
    return 0 if all(row.met for row in rows) else 1
