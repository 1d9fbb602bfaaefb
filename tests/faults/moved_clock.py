"""`python -m tests.faults.moved_clock FILE`: the bot, with its wall clock so many hours off as the file says.

On SIGUSR1 the file is read again, and the clock set. What is no wall clock, such as asyncio's own, goes on as it was.
"""

import signal
import sys
import time
from pathlib import Path
from types import FrameType

import time_machine

from bot.__main__ import main as run_bot


def main(file: Path) -> int:
    """Run it until SIGTERM."""
    with time_machine.travel(time.time()) as clock:

        def set_clock(_number: int, _frame: FrameType | None) -> None:
            clock.move_to(time_machine.escape_hatch.time.time() + 3600 * float(file.read_text()))

        signal.signal(signal.SIGUSR1, set_clock)
        set_clock(signal.SIGUSR1, None)  # what was said while nobody listened yet
        return run_bot(["run"])


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1])))
