"""`python -m tests.hostile --seed 3 --files 5000`: send the bot that many hostile files, and tell what came of it."""

import argparse
import asyncio
import tempfile
from pathlib import Path

from bot.sandbox.emo import Engine
from tests.hostile.run import run
from tests.still_renderer import detect_centre, render_still


def main() -> int:
    """Send them; 0 when every promise was kept."""
    parser = argparse.ArgumentParser(prog="python -m tests.hostile", description=__doc__)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--files", type=int, default=500)
    parser.add_argument("--only", type=int, metavar="N", help="the N-th file alone, once more")
    parser.add_argument("--at-once", type=int, default=6, help="files at a time")
    options = parser.parse_args()
    numbers = range(options.files) if options.only is None else range(options.only, options.only + 1)
    folder = Path(tempfile.mkdtemp(prefix=f"hostile-{options.seed}-"))
    print(f"seed {options.seed}; data, log and failed files in {folder}", flush=True)
    engine = Engine(detect_centre, render_still, 1)
    try:
        report = asyncio.run(run(options.seed, numbers, folder, at_once=options.at_once, engine=engine))
    finally:
        engine.close()
    print(report)
    return 1 if report.broken else 0


if __name__ == "__main__":
    raise SystemExit(main())
