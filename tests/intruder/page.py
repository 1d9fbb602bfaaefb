"""The tables of `docs/security.md`, made of the promises."""

from itertools import groupby
from pathlib import Path

from tests.intruder.promises import PROMISES, Promise

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "security.md"
BEGIN, END = "<!-- made by python -m tests.intruder --write -->\n", "<!-- until here -->\n"


def with_tables(page: str) -> str:
    """Return the page with the tables of today."""
    before, _, rest = page.partition(BEGIN)
    _, _, after = rest.partition(END)
    return f"{before}{BEGIN}{_tables()}\n{END}{after}"


def _tables() -> str:
    return "".join(
        f"\n### {area}\n\n| promised | tried by | left |\n|---|---|---|\n{''.join(map(_row, promises))}"
        for area, promises in groupby(PROMISES, lambda promise: promise.area)
    )


def _row(promise: Promise) -> str:
    return f"| {promise.promised} | {', '.join(map(_link, promise.tried))} | {promise.left} |\n"


def _link(tried: str) -> str:
    file, _, name = tried.partition("::")
    words = name.removeprefix("test_").replace("_", " ") or f"all of {Path(file).stem}"
    return f"[{words}](../tests/{file})"
