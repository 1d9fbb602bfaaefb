"""`python -m tests.answers --count 100000`: read that many spoilt answers, and tell which promise was broken."""

import argparse
import time

from tests.answers.check import check


def main() -> int:
    """Read them; 0 when every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.answers", description=__doc__)
    parser.add_argument("--count", type=int, default=100_000)
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args()
    began = time.monotonic()
    broken = [line for number in range(options.count) if (line := check(options.seed, number))]
    print("\n".join(broken[:20]))
    print(f"{options.count} answers read in {time.monotonic() - began:.0f} s, {len(broken)} broke a promise")
    return 1 if broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
