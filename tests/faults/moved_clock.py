"""`python -m tests.faults.moved_clock FILE [all]`: the bot, with its wall clock so many hours off as the file says.

On SIGUSR1 the file is read again, and the clock set. What is no wall clock, such as asyncio's own, goes on as it was.
With `all` it stands for everybody's clock: the bot does not hear what that of the database says.
What is usually said once a minute is said each time, and handled updates are kept: a day may be a few seconds here.
"""

import signal
import sys
import time
from pathlib import Path
from types import FrameType

import time_machine

from bot.__main__ import main as run_bot
from handlers.transport import seldom
from storage import inbox, machines

YEARS = 10 * 365 * 24 * 3600


def main(file: Path, whose: str = "") -> int:
    """Run it until SIGTERM."""
    if whose == "all":
        machines.hear = lambda *_: None  # type: ignore[attr-defined]
    seldom.QUIET_SECONDS, inbox.KEPT_SECONDS = 0.0, YEARS
    with time_machine.travel(time.time()) as clock:

        def set_clock(_number: int, _frame: FrameType | None) -> None:
            clock.move_to(time_machine.escape_hatch.time.time() + 3600 * float(file.read_text()))

        signal.signal(signal.SIGUSR1, set_clock)
        set_clock(signal.SIGUSR1, None)  # what was said while nobody listened yet
        return run_bot(["run"])


if __name__ == "__main__":
    raise SystemExit(main(Path(sys.argv[1]), *sys.argv[2:]))
