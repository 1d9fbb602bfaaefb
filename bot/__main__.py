"""The command line: run, demo, make, sandbox, backup, restore, move, doctor.

Only argparse is imported before a command is known, so that `--help` answers at once.
"""

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NoReturn

from bot.cli.arguments import STATUSES, bot_token, month, port, readable
from bot.cli.commands import (
    back_up,
    bring_back,
    make_video,
    move_away,
    open_sandbox,
    run_bot,
    see_doctor,
    show_demo,
    show_report,
    show_trace,
)

FAILED, USAGE, INTERRUPTED = 1, 2, 130


def main(arguments: Sequence[str] | None = None) -> int:
    """Run one command and return the exit status: 0 done, 1 failed, 2 wrong usage or settings, 130 interrupted."""
    options = parser().parse_args(arguments)
    command: Callable[[argparse.Namespace], int] = options.function
    try:
        return command(options)
    except KeyboardInterrupt:
        return INTERRUPTED
    except BrokenPipeError:  # the reader of our output went away, as `| head` does
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        return FAILED
    except Exception as error:
        return explain(error)


def parser() -> argparse.ArgumentParser:
    """Return the description of the command line."""
    top = argparse.ArgumentParser(
        prog="emobot",
        description="A Telegram bot that makes a portrait speak: a photo and a voice in, a talking video out.",
    )
    top.add_argument("--version", action=Version, help="print the version and stop")
    commands = top.add_subparsers(title="commands", metavar="COMMAND", required=True)

    run = commands.add_parser("run", help="the bot, for real; settings come from the environment and .env")
    run.set_defaults(function=run_bot)

    demo = commands.add_parser("demo", help="the bot with a stand-in for everything outside: no account, no key")
    demo.add_argument("--once", action="store_true", help="end after the first video and print its path last")
    demo.add_argument("--port", type=int, help="of the chat page; default: the first free one from 8081 on")
    demo.add_argument(
        "--engine", choices=["emo", "s2v"], default="emo", help="whose place the puppet takes; default: emo"
    )
    demo.set_defaults(function=show_demo)

    add_make(commands)

    sandbox = commands.add_parser("sandbox", help="the stand-ins of the demo alone, for any bot to be pointed at")
    for name, number in (("telegram", 8081), ("emo", 8082), ("page", 8083)):
        sandbox.add_argument(f"--{name}-port", type=port, default=number, help="0: any; default: %(default)s")
    sandbox.add_argument("--token", type=bot_token, help="of the bot; default: a new one at random")
    sandbox.add_argument("--api-key", help="of the EMO service; default: a new one at random")
    sandbox.set_defaults(function=open_sandbox)

    add_keeping(commands)
    doctor = commands.add_parser("doctor", help="check every setting and everything outside, and say what to mend")
    doctor.set_defaults(function=see_doctor)
    return top


def add_make(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the command that makes videos from files."""
    make = commands.add_parser(
        "make",
        help="videos from photos and voices, without a chat",
        usage="emobot make PORTRAIT VOICE [-o OUT.mp4] [options]\n"
        "       emobot make PORTRAIT VOICE PORTRAIT VOICE ... [-o FOLDER] [options]\n"
        "       emobot make FOLDER [-o FOLDER] [options]",
        description="PORTRAIT is an image with one face, VOICE any sound or a video with sound. In a FOLDER, files of "
        "one name belong together; a single portrait says every voice, and every portrait says a single voice. "
        "Videos of several pairs are made one after the other; one that is there already is not made again.",
        epilog=STATUSES,
    )
    make.add_argument("files", nargs="+", metavar="FILE", help=argparse.SUPPRESS)
    make.add_argument(
        "-o", "--output", metavar="OUT", help="the video, or a folder for several; default: out.mp4, or videos"
    )
    make.add_argument("--ratio", choices=["1:1", "3:4"], default="1:1", help="default: %(default)s")
    make.add_argument("--style", choices=["normal", "calm", "active"], default="normal", help="default: %(default)s")
    make.add_argument("--cut", action="store_true", help="take a voice that is too long up to a pause")
    make.add_argument("--yes", action="store_true", help="pay also what costs more, all together, than ASK_ABOVE")
    make.add_argument("--json", action="store_true", help="print what became of each pair as JSON, a line each")
    make.set_defaults(function=make_video, refuse=make.error)


def add_keeping(commands: "argparse._SubParsersAction[argparse.ArgumentParser]") -> None:
    """Add the commands on what a bot keeps: its ledger, and all of it."""
    report = commands.add_parser("report", help="what was spent in a month")
    report.add_argument("--month", type=month, help="such as 2026-11; default: this one")
    ways = ["day", "chat", "person", "account", "model"]
    report.add_argument("--by", choices=ways, default="day", help="default: %(default)s")
    report.add_argument("--csv", action="store_true", help="for a spreadsheet, with whole hashes")
    report.set_defaults(function=show_report)

    trace = commands.add_parser("trace", help="what happened to one video")
    trace.add_argument("id", metavar="ID", help="of its render, as the log and /admin have it")
    trace.set_defaults(function=show_trace)

    backup = commands.add_parser("backup", help="all that a bot keeps, in one file; it may run meanwhile")
    backup.add_argument("file", type=Path, metavar="FILE", help="a new one")
    backup.set_defaults(function=back_up)

    restore = commands.add_parser("restore", help="put a backup into an empty DATA_DIR")
    restore.add_argument("file", type=readable, metavar="FILE", help="that `backup` wrote")
    restore.set_defaults(function=bring_back)

    moving = commands.add_parser("move", help="what is in DATA_DIR to the PostgreSQL and the bucket of the settings")
    moving.set_defaults(function=move_away)


class Version(argparse.Action):
    """Prints the version, looked up only then."""

    def __init__(self, option_strings: Sequence[str], dest: str, help: str | None = None) -> None:  # noqa: A002
        super().__init__(option_strings, dest, nargs=0, default=argparse.SUPPRESS, help=help)

    def __call__(self, *_: object) -> NoReturn:
        """Print `emobot` and its version, and stop."""
        from importlib.metadata import version

        print("emobot", version("emobot"))  # noqa: T201
        raise SystemExit(0)


def explain(error: Exception) -> int:
    """Say in a line why a command ended; what nobody foresaw goes to the log with its traceback."""
    from bot.errors import OperatorError
    from bot.logs import redactor
    from bot.settings import SettingsError

    if isinstance(error, SettingsError):
        for problem in error.problems:
            say(problem)
        say("nothing was started; `emobot doctor` checks the rest once these are mended")
        return USAGE
    if isinstance(error, OperatorError):
        say(redactor()(" ".join(str(error).split())))
    elif isinstance(error, OSError) and error.strerror:
        where = f": {error.filename}" if error.filename else ""
        say(redactor()(f"{error.strerror}{where}"))
    else:
        log_unforeseen(error)
        say(f"stopped by an error that nobody foresaw ({type(error).__name__}); its traceback is in the log")
    return FAILED


def log_unforeseen(error: Exception) -> None:
    """Log an error with its traceback."""
    import logging

    from bot.logs import configure_logs
    from bot.settings import Settings

    if not logging.getLogger().handlers:
        configure_logs(Settings())
    logging.getLogger("bot").critical("stopped by an error that nobody foresaw", exc_info=error)


def say(line: str) -> None:
    """Print a line for the operator."""
    print(f"emobot: {line}", file=sys.stderr)  # noqa: T201


if __name__ == "__main__":
    sys.exit(main())
