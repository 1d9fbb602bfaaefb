"""What each command of the command line does; imports wait until one is called, so that `--help` answers at once."""

import argparse
import os
import sys
from typing import TYPE_CHECKING, NoReturn

if TYPE_CHECKING:
    from bot.settings import Command, Settings


def run_bot(_: argparse.Namespace) -> NoReturn:
    """Run the bot until it is told to stop."""
    os.umask(0o077)
    # structlog loads rich, and that a parser of Python, for coloured tracebacks, which are not wanted: 5 MB.
    sys.modules.setdefault("rich", None)  # type: ignore[arg-type]
    settings = prepare("run")
    from bot.app import run
    from bot.process import exit_process

    if settings.engine != "local":
        exit_process(run(settings))
    from pydantic import SecretStr

    from bot.cli.local_engine import local_engine

    with local_engine(settings.log_level) as local:
        place = {"dashscope_base_url": local.url, "dashscope_api_key": SecretStr(local.api_key)}
        status = run(settings.model_copy(update=place))
    exit_process(status)


def show_demo(options: argparse.Namespace) -> int:
    """Play the demo."""
    from bot.cli.local_engine import check_installed

    check_installed()
    from bot.cli.demo import demo

    return demo(once=options.once, port=options.port, engine=options.engine)


def make_video(options: argparse.Namespace) -> int:
    """Make one video, or several."""
    from bot.cli.make.pairs import WrongUsage, pairs_of

    try:
        pairs = pairs_of(options.files, options.output)
    except WrongUsage as error:
        options.refuse(str(error))
    settings = prepare("make")
    from bot.cli.make.making import Wish, make

    chosen = {name: getattr(options, name) for name in ("ratio", "style", "cut")}
    return make(settings, Wish(pairs, **chosen, may_be_dear=options.yes, as_json=options.json))


def open_sandbox(options: argparse.Namespace) -> int:
    """Serve the stand-ins until told to stop."""
    from bot.cli.sandbox import Ports, sandbox

    ports = Ports(options.telegram_port, options.emo_port, options.page_port)
    return sandbox(ports, options.token, options.api_key)


def back_up(options: argparse.Namespace) -> int:
    """Write a backup."""
    settings = prepare("backup")
    from bot.cli.backup import backup

    return backup(settings, options.file)


def bring_back(options: argparse.Namespace) -> int:
    """Put a backup back."""
    os.umask(0o077)
    settings = prepare("restore")
    from bot.cli.backup import restore

    return restore(settings, options.file)


def move_away(_: argparse.Namespace) -> int:
    """Move rows and files to where the settings say."""
    os.umask(0o077)
    settings = prepare("move")
    from bot.cli.move import move

    return move(settings)


def see_doctor(_: argparse.Namespace) -> int:
    """Check everything."""
    from bot.cli.doctor import doctor
    from bot.settings import SettingsError, load_settings

    try:
        return doctor(load_settings("doctor"))
    except SettingsError as error:
        return doctor(error.settings, error.problems)


def show_report(options: argparse.Namespace) -> int:
    """Print what was spent."""
    from bot.cli.report import report

    sys.stdout.write(report(prepare("report"), options.month, options.by, options.csv))
    return 0


def show_trace(options: argparse.Namespace) -> int:
    """Print what happened to a video."""
    from bot.cli.trace import tell_trace

    sys.stdout.write(tell_trace(prepare("report"), options.id))
    return 0


def prepare(command: "Command") -> "Settings":
    """Read the settings, set up the logs, and warn of what looks like a mistake."""
    from bot.process import hide_memory
    from bot.settings import load_settings, odd_settings

    hide_memory()
    settings = load_settings(command)
    if command == "make" and "log_level" not in settings.model_fields_set:
        settings = settings.model_copy(update={"log_level": "WARNING"})  # its progress bar says the rest
    import structlog

    from bot.logs import configure_logs

    configure_logs(settings)
    for line in odd_settings(settings):
        structlog.get_logger("bot.settings").warning(line)
    return settings
