"""Runs every benchmark of this folder, one after the other, each in a process of its own, and prints one table.

`make bench ARGS="links voice"` runs those alone.
"""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.table import ROWS, read_rows, report


def main() -> int:
    """Run them all, or those that are named; returns 1 when one of them missed its goal, or broke."""
    every = {path.stem.removeprefix("bench_"): path for path in sorted(Path(__file__).parent.glob("bench_*.py"))}
    if unknown := set(sys.argv[1:]) - set(every):
        print(f"no benchmark is called {' or '.join(sorted(unknown))}; there are: {', '.join(every)}", file=sys.stderr)
        return 2
    worst = 0
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "rows"
        for name in sys.argv[1:] or every:
            began = time.monotonic()
            print(f"\n== {name}", flush=True)
            command = [sys.executable, "-m", f"benchmarks.bench_{name}"]
            worst |= subprocess.run(command, env={**os.environ, ROWS: str(kept)}, check=False).returncode
            print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
        print("\n== all", flush=True)
        report(read_rows(kept))
    return 1 if worst else 0


if __name__ == "__main__":
    sys.exit(main())
