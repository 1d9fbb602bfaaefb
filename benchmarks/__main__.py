"""Runs every benchmark of this folder, one after the other, each in a process of its own, and prints one table."""

import os
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.table import ROWS, read_rows, report


def main() -> int:
    """Run them all; returns 1 when one of them missed its goal, or broke."""
    worst = 0
    with tempfile.TemporaryDirectory() as folder:
        kept = Path(folder) / "rows"
        for path in sorted(Path(__file__).parent.glob("bench_*.py")):
            name, began = path.stem.removeprefix("bench_"), time.monotonic()
            print(f"\n== {name}", flush=True)
            command = [sys.executable, "-m", f"benchmarks.{path.stem}"]
            worst |= subprocess.run(command, env={**os.environ, ROWS: str(kept)}, check=False).returncode
            print(f"{name}: {time.monotonic() - began:.0f} s", flush=True)
        print("\n== all", flush=True)
        report(read_rows(kept))
    return 1 if worst else 0


if __name__ == "__main__":
    sys.exit(main())
