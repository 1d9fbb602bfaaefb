"""`python -m tests.stories.brisk_bot`: the bot as a process, with the pauses of the stories."""

import sys
from dataclasses import replace

from bot import app
from bot.__main__ import main
from tests.stories.conftest import BRISK

TIMING = replace(BRISK, look_out=0.5, cut_off=8.0, unlisted=60.0)
"""Of a bot among others: these hear of what it misses within two signs of life, that is four seconds."""

if __name__ == "__main__":
    vars(app)["Timing"] = lambda: TIMING
    sys.exit(main(["run"]))
