"""What is written after a command: checked, and said in words what to write instead."""

import argparse
import os
from pathlib import Path

STATUSES = (
    "exit status: 0 every video is there; 1 the service, the network or this machine failed, and nothing was paid for "
    "what is missing; 2 wrong usage or settings, nothing was begun; 3 a photo or a voice cannot be used; 4 it would "
    "cost more than ASK_ABOVE, nothing was paid; 5 a video was paid, or may have been, and is not there; "
    "130 interrupted. Of several, the highest."
)
"""Of `make`; see `bot.cli.make.words`."""


def readable(text: str) -> Path:
    """Return the path of a file that can be read."""
    path = Path(text)
    if not path.is_file():
        raise argparse.ArgumentTypeError(f"there is no file {text}")
    if not os.access(path, os.R_OK):
        raise argparse.ArgumentTypeError(f"the file {text} may not be read")
    return path


def port(text: str) -> int:
    """Return a port's number."""
    if not (text.isascii() and text.isdecimal() and int(text) <= 65_535):
        raise argparse.ArgumentTypeError(f"{text} is no port; write a number up to 65535, 0 for any free one")
    return int(text)


def month(text: str) -> str:
    """Return a month."""
    year, dash, number = text.partition("-")
    sound = dash and len(year) == 4 and len(number) == 2 and (year + number).isdecimal() and text.isascii()
    if not sound or not 1 <= int(number) <= 12:
        raise argparse.ArgumentTypeError(f"{text} is no month; write it like 2026-11")
    return text


def bot_token(text: str) -> str:
    """Return a token that bots would take for one."""
    number, colon, rest = text.partition(":")
    sound = number.isascii() and number.isdecimal() and colon and len(rest) >= 30
    if not sound or not all(sign.isascii() and (sign.isalnum() or sign in "_-") for sign in rest):
        raise argparse.ArgumentTypeError("a token is a number, a colon and at least 30 letters, digits, - or _")
    return text
