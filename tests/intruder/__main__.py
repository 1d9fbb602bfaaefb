"""`python -m tests.intruder`: try every promise of docs/security.md, and tell which are kept.

`--only WORD` tries the areas with that word, `--write` brings the tables of the page up to date.
"""

import argparse
import sys
from collections import defaultdict

import pytest

from tests.intruder.page import PAGE, ROOT, with_tables
from tests.intruder.promises import PROMISES, Promise


class Outcomes:
    """Hears what became of each test, by its node id without parameters."""

    def __init__(self) -> None:
        self.of: defaultdict[str, list[str]] = defaultdict(list)

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" or report.outcome != "passed":
            name = report.nodeid.partition("[")[0].removeprefix("tests/")
            self.of[name].append("failed" if report.failed else report.outcome)

    def judge(self, promise: Promise) -> str:
        """Say how a promise fares: kept with so many attempts, broken, or not tried here."""
        found = [
            outcome
            for name, outcomes in self.of.items()
            if any(name == tried or name.startswith(f"{tried}::") for tried in promise.tried)
            for outcome in outcomes
        ]
        if "failed" in found:
            return "BROKEN"
        tried = found.count("passed")
        skipped = f", {found.count('skipped')} not tried here" if "skipped" in found else ""
        return f"kept, {tried} attempts{skipped}" if tried else "NOT TRIED"


def main() -> int:
    """Try them; 0 when every one is kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.intruder", description=__doc__)
    parser.add_argument("--only", default="", metavar="WORD", help="areas with this word")
    parser.add_argument("--write", action="store_true", help="write the tables of docs/security.md, and try nothing")
    options = parser.parse_args()
    if options.write:
        PAGE.write_text(with_tables(PAGE.read_text("utf-8")), "utf-8")
        return 0
    promises = [promise for promise in PROMISES if options.only.lower() in promise.area.lower()]
    tests = sorted({f"{ROOT}/tests/{tried}" for promise in promises for tried in promise.tried})
    outcomes = Outcomes()
    status = pytest.main(["-q", "-p", "no:cacheprovider", "--tb=short", *tests], plugins=[outcomes])
    judged = [(promise, outcomes.judge(promise)) for promise in promises]
    for promise, verdict in judged:
        print(f"{verdict:<34} {promise.area}: {promise.promised}")
    kept = all(verdict.startswith("kept") for _, verdict in judged)
    return 0 if kept and promises and status == pytest.ExitCode.OK else 1


if __name__ == "__main__":
    sys.exit(main())
