"""Runs every benchmark of this folder, one after the other, each in a process of its own."""

import subprocess
import sys
from pathlib import Path


def main() -> int:
    """Run them all; returns 1 when one of them missed its goal."""
    missed = 0
    for path in sorted(Path(__file__).parent.glob("bench_*.py")):
        print(f"\n== {path.stem.removeprefix('bench_')}", flush=True)
        missed |= subprocess.run([sys.executable, "-m", f"benchmarks.{path.stem}"], check=False).returncode
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
